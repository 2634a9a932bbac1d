/// A number and what there are so many of, for people: `1 task`, `2 tasks`.
/// - Parameter many: where it is not `one` and an `s`.
package func counted(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
}

extension IntervalSet {
    /// Which of them, for people: `task 2`, `tasks 0-3,7`.
    package var taskText: String { "\(count == 1 ? "task" : "tasks") \(self)" }
}
