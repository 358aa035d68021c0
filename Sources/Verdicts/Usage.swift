/// A question that cannot be asked: what was given, what is allowed, and what is nearest.
public struct UsageError: Error, Equatable, Sendable {
    public var sentence: String

    public init(_ sentence: String) { self.sentence = sentence }
}

/// The names among `names` that a misspelt `name` can have meant, the likeliest first: at most three.
func nearest(to name: String, among names: [String]) -> [String] {
    let wanted = Array(name.lowercased().utf8)
    let rated = names.enumerated().map { index, candidate in
        let text = Array(candidate.utf8)
        let isPart = wanted.count > 2 && (candidate.contains(name.lowercased()) || name.lowercased().contains(candidate))
        return (distance: isPart ? 0 : editDistance(wanted, text), index: index, limit: max(text.count, wanted.count) / 2, name: candidate)
    }
    return rated.filter { $0.distance <= $0.limit }.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(3).map(\.name)
}

/// Levenshtein's: characters put in, left out or replaced.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let replaced = diagonal + (x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}

/// ` Did you mean cpus?`, or nothing.
func suggestion(for name: String, among names: [String]) -> String {
    let near = nearest(to: name, among: names)
    return near.isEmpty ? "" : " Did you mean \(near.joined(separator: " or "))?"
}

/// Reads a number of bytes: `4G`, `512M`, `65536`, with K, M, G and T as powers of 1024.
///
/// - Throws: a sentence that says how to write it.
public func bytes(of text: String, option: String) throws(UsageError) -> UInt64 {
    let shift: UInt64
    switch text.last {
    case "K", "k": shift = 10
    case "M", "m": shift = 20
    case "G", "g": shift = 30
    case "T", "t": shift = 40
    default: shift = 0
    }
    let digits = shift == 0 ? Substring(text) : text.dropLast()
    guard let number = UInt64(digits), number > 0, number <= UInt64(Int64.max) >> shift else {
        throw UsageError("\(option) \(text): this is no number of bytes. Write for example \(option) 4G or \(option) 512M.")
    }
    return number << shift
}
