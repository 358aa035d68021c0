import Glibc

/// `bench-spin search …` is one search, measured from outside; `bench-spin compare …` runs such searches and SPIN's in turn.
@main
struct BenchSpin {
    static func main() {
        do throws(Complaint) {
            var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
            switch arguments.next() {
            case "search": try searchOnce(&arguments)
            case "compare": exit(try compare(&arguments) ? 0 : 1)
            default: throw .usage("bench-spin search|compare …; Benchmarks/spin/run small|medium|large is the usual way in")
            }
        } catch {
            print("bench-spin: \(error.message)", to: &standardError)
            exit(error.status)
        }
    }
}

/// What went wrong, and what to do about it.
struct Complaint: Error {
    var message: String
    /// 1: a check failed; 64: wrong usage.
    var status: Int32

    static func usage(_ message: String) -> Complaint { Complaint(message: "usage: " + message, status: 64) }
    static func failed(_ message: String) -> Complaint { Complaint(message: message, status: 1) }
}

/// The words of the command line, taken from the front.
struct Arguments {
    private var words: ArraySlice<String>

    init(_ words: [String]) { self.words = words[...] }

    mutating func next() -> String? { words.popFirst() }

    mutating func number(after option: String, in range: ClosedRange<Int>) throws(Complaint) -> Int {
        guard let word = next(), let value = Int(word), range ~= value else {
            throw .usage("\(option) takes a number \(range.lowerBound)–\(range.upperBound)")
        }
        return value
    }
}

struct StandardError: TextOutputStream {
    func write(_ string: String) {
        var string = string
        string.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, rest.count > 0 {
                let written = Glibc.write(2, base, rest.count)
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }
}

nonisolated(unsafe) var standardError = StandardError()
