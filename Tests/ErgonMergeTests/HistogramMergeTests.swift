import ErgonMerge
import ErgonModel
import Testing
import SeededRandom

/// A histogram of one axis with a bin for each value, and no flow bins.
private func histogram(_ storage: String, bins: Int, extra: String = "") -> String {
    #"{"uhi_schema":1,"axes":[{"type":"regular","lower":0,"upper":1,"bins":\#(bins),"#
        + #""underflow":false,"overflow":false,"circular":false}],"storage":\#(storage)\#(extra)}"#
}

private func double(_ values: [Double]) -> String {
    let list = JSON.array(values.map { .number($0) }).text(numbers: .marked)
    return histogram(#"{"type":"double","values":\#(list)}"#, bins: values.count)
}

private func values(_ bytes: [UInt8], _ column: String = "values") throws -> [JSON] {
    try #require(JSON(parsing: bytes)["storage"]?[column]?.array)
}

@Suite struct `Histograms` {
    @Test func `integer storages add, and who wrote them is left out`() throws {
        let one = #"""
            {"uhi_schema":1,"writer_info":{"a":{"version":"1"}},"metadata":{"title":"mass"},"axes":[
            {"type":"variable","edges":[0,1,5.5],"underflow":true,"overflow":true,"circular":false,
             "writer_info":{"a":{"v":1}},"metadata":{}},{"type":"boolean"}],
            "storage":{"type":"int","values":[[1,2],[3,4],[5,6],[7,8]]}}
            """#
        let two = #"""
            {"uhi_schema":1,"writer_info":{"b":{"version":"2"}},"metadata":{"title":"mass"},"axes":[
            {"type":"variable","edges":[0.0,1,5.5],"underflow":true,"overflow":true,
             "circular":false},{"type":"boolean","metadata":{}}],
            "storage":{"type":"int","values":[[10,0],[0,0],[0.0,0],[0,1]]}}
            """#
        let sum =
            #"{"axes":[{"circular":false,"edges":[0.0,1.0,5.5],"overflow":true,"type":"variable","#
            + #""underflow":true},{"type":"boolean"}],"metadata":{"title":"mass"},"#
            + #""storage":{"type":"int","values":[[11,2],[3,4],[5,6],[7,9]]},"uhi_schema":1}"#
            + "\n"
        #expect(text(try flat(.histogram, pieces([one, two]))) == sum)
    }

    @Test func `a file may hold several histograms by name`() throws {
        let one = #"{"b":\#(double([1])),"a":\#(double([2]))}"#
        let two = #"{"a":\#(double([0.5])),"b":\#(double([3]))}"#
        let sum = try JSON(parsing: try flat(.histogram, pieces([one, two])))
        #expect(sum["a"]?["storage"]?["values"] == .array([.number(2.5)]))
        #expect(sum["b"]?["storage"]?["values"] == .array([.number(4)]))
        #expect(sum.object?.count == 2)
    }

    @Test func `a histogram without axes is one number`() throws {
        let piece = #"{"uhi_schema":1,"axes":[],"storage":{"type":"int","values":3}}"#
        let sum = #"{"axes":[],"storage":{"type":"int","values":6},"uhi_schema":1}"# + "\n"
        #expect(text(try flat(.histogram, pieces([piece, piece]))) == sum)
    }

    @Test func `every kind of axis has the bins the schema gives it`() throws {
        let piece = #"""
            {"uhi_schema":1,"axes":[
            {"type":"category_str","categories":["e","mu"],"flow":true},
            {"type":"category_int","categories":[13,-11],"flow":false},
            {"type":"regular","lower":-1,"upper":1,"bins":1,"underflow":true,"overflow":false,
             "circular":true}],
            "storage":{"type":"int","values":[[[1,2],[3,4]],[[5,6],[7,8]],[[9,10],[11,12]]]}}
            """#
        let sum = try JSON(parsing: try flat(.histogram, pieces([piece, piece])))
        #expect(
            sum["storage"]?["values"]?.text()
                == "[[[2,4],[6,8]],[[10,12],[14,16]],[[18,20],[22,24]]]")
        #expect(sum["axes"]?.array?[0]["categories"]?.text() == #"["e","mu"]"#)
    }

    @Test func `sparse pieces stay sparse until a dense one comes`() throws {
        let sparse = #"{"type":"weighted","index":[[4,1]],"values":[1,0.5],"variances":[1,2]}"#
        let other = #"{"type":"weighted","index":[[2,4]],"values":[8,16],"variances":[1,3]}"#
        let dense = #"{"type":"weighted","values":[1,1,1,1,1],"variances":[0,0,0,0,0]}"#
        let none = #"{"type":"weighted"}"#
        func sum(_ storages: [String]) throws -> String? {
            let texts = storages.map { histogram($0, bins: 5) }
            return try JSON(parsing: try flat(.histogram, pieces(texts)))["storage"]?.text()
        }
        #expect(
            try sum([sparse, none, other])
                == #"{"index":[[1,2,4]],"type":"weighted","values":[0.5,8,17],"variances":[2,1,4]}"#
        )
        #expect(
            try sum([sparse, dense])
                == #"{"type":"weighted","values":[1,1.5,1,1,2],"variances":[0,2,0,0,1]}"#)
        #expect(try sum([none, none]) == none)
    }

    @Test func `a sparse bin has a position on each axis`() throws {
        let axes =
            #"[{"type":"category_int","categories":[1,2,3],"flow":false},{"type":"boolean"}]"#
        func piece(_ storage: String) -> String {
            #"{"uhi_schema":1,"axes":\#(axes),"storage":\#(storage)}"#
        }
        let one = piece(#"{"type":"int","index":[[2,0],[1,1]],"values":[5,7]}"#)
        let two = piece(#"{"type":"int","index":[[2,1],[1,0]],"values":[10,1]}"#)
        let sum = try JSON(parsing: try flat(.histogram, pieces([one, two])))["storage"]
        #expect(sum?.text() == #"{"index":[[0,1,2],[1,0,1]],"type":"int","values":[7,1,15]}"#)
        let dense = piece(#"{"type":"int","values":[[0,0],[0,0],[0,0]]}"#)
        let full = try JSON(parsing: try flat(.histogram, pieces([one, dense])))["storage"]
        #expect(full?.text() == #"{"type":"int","values":[[0,7],[0,0],[0,5]]}"#)
    }

    @Test(arguments: SumVector.all)
    func `sums are exact, however they are nested`(vector: SumVector) throws {
        let texts = vector.terms.map { double([1, $0]) }
        let all = try results(.histogram, pieces(texts), shuffled: true, seed: 3)
        let sum = try #require(try values(Array(all.first?.utf8 ?? "".utf8))[1].double)
        #expect(sum.bitPattern == vector.sum.bitPattern, "\(sum), not \(vector.sum)")
        #expect(all.count == 1)
    }

    @Test(arguments: UInt64(1)...4)
    func `sparse sums are as exact as dense ones`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = (0..<12).map { _ in
            let bins = Array(0..<50).shuffled(using: &generator).prefix(9)
            let weights = bins.map { _ in
                JSON.number(Double.random(in: -1...1, using: &generator) * 1e9)
            }
            let list = JSON.array(weights).text()
            return histogram(
                #"{"type":"double","index":[\#(Array(bins))],"values":\#(list)}"#, bins: 50)
        }
        #expect(try results(.histogram, pieces(texts), shuffled: true, seed: seed).count == 1)
    }

    @Test func `what is beyond the doubles is carried below the top, and only there`() throws {
        let texts = [double([1e308, 3]), double([1, 3]), double([1e308, 3])]
        let inner = text(try merged(.histogram, pieces(texts), isTop: false))
        #expect(inner.contains(#""ergon_exact":{"values":{"0":["#))
        let back = double([-1e308, 0])
        let top = try merged(.histogram, pieces([inner, back, back]), isTop: true)
        #expect(try values(top) == [.number(1), .number(9)])
        let tenths = pieces(Array(repeating: double([0.1]), count: 3))
        #expect(text(try merged(.histogram, tenths, isTop: false)).contains("ergon_exact"))
        #expect(!text(try merged(.histogram, tenths, isTop: true)).contains("ergon_exact"))
        let exact = text(try merged(.histogram, pieces([double([1]), double([2])]), isTop: false))
        #expect(!exact.contains("ergon_exact"))
    }

    @Test func `thousands of additions to one bin are exact`() throws {
        // All 53 bits set, where they reach highest into a chunk.
        let term = Double(4).nextDown
        let many = Array(repeating: double([term]), count: 3000)
        #expect(try values(try flat(.histogram, pieces(many)))[0].double == term * 3000)
    }

    @Test(arguments: UInt64(1)...6)
    func `every order and nesting leaves the same bytes`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = (0..<21).map { task in
            let numbers = (0..<6).map { _ in
                Double.random(in: -1...1, using: &generator)
                    * (Bool.random(using: &generator) ? 1e17 : 1e-3)
            }
            let list = JSON.array(numbers.map { .number($0) }).text()
            let index = task % 3 == 0 ? #""index":[[5,0,3,1,2,4]],"# : ""
            let count = histogram(#"{"type":"int","values":[\#(task)]}"#, bins: 1)
            let storage = #"{"type":"weighted",\#(index)"values":\#(list),"variances":\#(list)}"#
            return
                #"{"m":\#(histogram(storage, bins: 6)),"n":\#(count)}"#
        }
        #expect(try results(.histogram, pieces(texts), shuffled: true, seed: seed).count == 1)
    }
}

/// The flags of a continuous axis.
private let flow = #""underflow":true,"overflow":true,"circular":false"#

/// A histogram without axes and one member more.
private func scalar(_ storage: String, _ member: String) -> String {
    #"{"uhi_schema":1,"axes":[],"storage":\#(storage),\#(member)}"#
}

@Suite struct `Histograms that do not fit` {
    private let good = histogram(#"{"type":"int","values":[1,2]}"#, bins: 2)

    @Test(arguments: [
        (#"{"type":"int","values":[1]}"#, "/storage/values: 1 bins where the axis has 2"),
        (#"{"type":"int","values":[1,0.5]}"#, "/storage/values/1: not an integer"),
        (#"{"type":"int","values":[1,null]}"#, "/storage/values/1: not an integer"),
        (#"{"type":"int","values":3}"#, "/storage/values: not an array where the axis has 2"),
        (#"{"type":"int","values":"bins.npy"}"#, "/storage/values: a reference to another file"),
        (#"{"type":"int","values":[1,2],"x":1}"#, "/storage: unknown member `x`"),
        (#"{"type":"weighted","values":[1,2]}"#, "/storage: no member `variances`"),
        (#"{"type":"double","values":["a",2]}"#, "/storage/values/0: not a number"),
        (#"{"type":"double","index":[[0]]}"#, "/storage: no member `values`"),
        (#"{"type":"double","index":[],"values":[]}"#, "/storage/index: 0 rows for 1 axes"),
        (#"{"type":"double","index":[[2]],"values":[1]}"#, "/storage/index/0/0: no bin 2"),
        (
            #"{"type":"double","index":[[1,1]],"values":[1,1]}"#,
            "/storage/index: a bin stands twice"
        ),
        (
            #"{"type":"double","index":[[1]],"values":[1,1]}"#,
            "/storage/values: 2 bins where the axis has 1"
        ),
        (#"{"type":"mean"}"#, "/storage/type: means (`mean`) cannot be added exactly"),
        (
            #"{"type":"weighted_mean"}"#,
            "/storage/type: means (`weighted_mean`) cannot be added exactly"
        ),
        (#"{"type":"fancy"}"#, "/storage/type: unknown type of storage `fancy`"),
        (#"{}"#, "/storage: no member `type`"),
    ])
    func `a storage that the schema does not know is refused`(storage: String, problem: String) {
        #expect(fault(.histogram, [histogram(storage, bins: 2)]) == "task 0: \(problem)")
    }

    @Test(arguments: [
        (#"{"type":"cone"}"#, "/axes/0/type: unknown type of axis `cone`"),
        (#"{"type":"boolean","flow":true}"#, "/axes/0: unknown member `flow`"),
        (
            #"{"type":"category_str","categories":[1],"flow":true}"#,
            "/axes/0/categories/0: not a string"
        ),
        (
            #"{"type":"category_str","categories":["a"],"flow":1}"#,
            "/axes/0/flow: neither true nor false"
        ),
        (
            #"{"type":"category_int","categories":["a"],"flow":true}"#,
            "/axes/0/categories/0: not an integer"
        ),
        (
            #"{"type":"variable","edges":[1],\#(flow)}"#,
            "/axes/0: fewer than two edges"
        ),
        (
            #"{"type":"variable","edges":"e.npy",\#(flow)}"#,
            "/axes/0/edges: not an array"
        ),
        (
            #"{"type":"regular","lower":0,"upper":1,"bins":-1,\#(flow)}"#,
            "/axes/0/bins: -1 bins"
        ),
        (
            #"{"type":"regular","lower":0,"bins":1,\#(flow)}"#,
            "/axes/0: no member `upper`"
        ),
        (#"7"#, "/axes/0: no member `type`"),
    ])
    func `an axis that the schema does not know is refused`(axis: String, problem: String) {
        let text = #"{"uhi_schema":1,"axes":[\#(axis)],"storage":{"type":"int"}}"#
        #expect(fault(.histogram, [text]) == "task 0: \(problem)")
    }

    @Test func `histograms of other axes, storage, metadata or names are refused`() {
        let wider = histogram(#"{"type":"int","values":[1,2,3]}"#, bins: 3)
        let real = histogram(#"{"type":"double","values":[1,2]}"#, bins: 2)
        let titled = histogram(#"{"type":"int"}"#, bins: 2, extra: #","metadata":{"t":1}"#)
        let retitled = histogram(#"{"type":"int"}"#, bins: 2, extra: #","metadata":{"t":1.0}"#)
        #expect(fault(.histogram, [good, wider]) == "task 1: /axes/0/bins: 3, but 2 in task 0")
        #expect(
            fault(.histogram, [good, real])
                == #"task 1: /storage/type: "double", but "int" in task 0"#)
        #expect(fault(.histogram, [good, titled]) == "task 1: the key `metadata` is not in task 0")
        #expect(
            fault(.histogram, [titled, retitled]) == "task 1: /metadata/t: 1.0, but 1 in task 0")
        #expect(
            fault(.histogram, [#"{"a":\#(good)}"#, #"{"b":\#(good)}"#])
                == "task 1: the histogram `b` is not in task 0")
        #expect(
            fault(.histogram, [#"{"a":\#(good)}"#, #"{"a":\#(wider)}"#])
                == "task 1: /a/axes/0/bins: 3, but 2 in task 0")
        #expect(
            fault(.histogram, [good, #"{"a":\#(good)}"#])
                == "task 1: an object of several histograms, but one in task 0")
        #expect(
            fault(.histogram, [#"{"a":\#(good)}"#, good])
                == "task 1: one histogram, but an object of several in task 0")
    }

    @Test func `sums that no longer fit are refused`() {
        let full = histogram(#"{"type":"int","values":[0,9223372036854775807]}"#, bins: 2)
        #expect(
            fault(.histogram, [full, good])
                == "task 1: /storage/values/1: the sum with 2 is beyond 64 bits")
        let huge = double([0, 1.7e308])
        #expect(
            fault(.histogram, [#"{"m":\#(huge)}"#, #"{"m":\#(huge)}"#])
                == "merge of task 0 to task 1: /m/storage/values/1: "
                + "the sum is beyond the largest double"
        )
    }

    @Test(arguments: [
        ("[]", "not an object"), ("{\"a\":1}", "/a: not an object"),
        (#"{"uhi_schema":2,"axes":[],"storage":{"type":"int"}}"#, "/uhi_schema: unknown version"),
        (#"{"uhi_schema":1,"storage":{"type":"int"}}"#, "no member `axes`"),
        (#"{"uhi_schema":1,"axes":[],"storage":{"type":"int"},"note":1}"#, "unknown member `note`"),
        (
            #"{"uhi_schema":1,"axes":[],"storage":{"type":"double","values":Infinity}}"#,
            "not JSON: byte 62: not a JSON value"
        ),
        (
            scalar(#"{"type":"int","values":1}"#, #""ergon_exact":{"values":{}}"#),
            "/ergon_exact: unknown member `values`"
        ),
        (
            scalar(#"{"type":"double","values":1}"#, #""ergon_exact":{"values":{"1":[1]}}"#),
            "/ergon_exact/values: no bin `1`"
        ),
    ])
    func `a file of another form is refused`(text: String, problem: String) {
        #expect(fault(.histogram, [text]) == "task 0: \(problem)")
    }

    @Test func `an absurd number of bins is refused before anything is laid out for them`() {
        let axis = #"{"type":"category_int","categories":[],"flow":false}"#
        let wide =
            #"{"type":"regular","lower":0,"upper":1,"bins":4294967296,"underflow":true,"#
            + #""overflow":true,"circular":false}"#
        let sparse = #"{"type":"int","index":[[],[]],"values":[]}"#
        let text = #"{"uhi_schema":1,"axes":[\#(wide),\#(wide)],"storage":\#(sparse)}"#
        #expect(fault(.histogram, [text]) == "task 0: /storage/index: more than 2^63 bins")
        let none = #"{"uhi_schema":1,"axes":[\#(axis)],"storage":{"type":"int","values":[]}}"#
        #expect(fault(.histogram, [none]) == nil)
    }
}
