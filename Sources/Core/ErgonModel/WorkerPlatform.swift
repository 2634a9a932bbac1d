/// What a worker's tasks run on, as it found it when it started. Two workers that differ in none of
/// it should leave the same bytes of the same task.
package struct WorkerPlatform: Hashable, Sendable {
    /// What `python3` on the tasks' path says of itself.
    package struct Python: Hashable, Sendable {
        /// `3.11.2`.
        package var version: String
        /// SHA-256 of its packages, `name==version`, ascending, a line each.
        package var packages: Digest

        package init(version: String, packages: Digest) {
            self.version = version
            self.packages = packages
        }
    }

    /// Name, release and machine, as `uname` has them: `Linux 6.1.0-18-amd64 x86_64`.
    package var kernel: String
    /// Hardware threads of the whole machine, of which a worker may have been given some.
    package var threads: Int
    /// SHA-256 of what the processor can do, as `/proc/cpuinfo` says, ascending, a line each.
    package var features: Digest
    /// `nil` if there is none that answers.
    package var python: Python?

    package init(kernel: String, threads: Int, features: Digest, python: Python?) {
        self.kernel = kernel
        self.threads = threads
        self.features = features
        self.python = python
    }
}
