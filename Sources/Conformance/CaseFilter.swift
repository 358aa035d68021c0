public import Cases

/// A pattern that picks cases: a part of the id, a glob over the whole id where it holds `*` or `?`, or an id of the thread.
public struct CaseFilter: Equatable, Sendable {
    public var pattern: String

    public init(_ pattern: String) { self.pattern = pattern }

    public func matches(_ testCase: Case) -> Bool {
        if testCase.ids.contains(pattern) { return true }
        let isGlob = pattern.contains("*") || pattern.contains("?")
        return isGlob ? Self.glob(Array(pattern.utf8), Array(testCase.id.utf8)) : testCase.id.contains(pattern)
    }

    /// `*` stands for any run of characters, `?` for one. It goes back to the last `*` only, so it never takes longer than
    /// the product of the lengths.
    private static func glob(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        let star = UInt8(ascii: "*")
        let any = UInt8(ascii: "?")
        var p = 0
        var t = 0
        var retry: (p: Int, t: Int)?
        while t < text.count {
            if p < pattern.count && pattern[p] == star {
                retry = (p + 1, t)
                p += 1
            } else if p < pattern.count && (pattern[p] == any || pattern[p] == text[t]) {
                p += 1
                t += 1
            } else if let last = retry {
                retry = (last.p, last.t + 1)
                p = last.p
                t = last.t + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }

    /// The cases that any of `filters` picks, in their order; all of them if there is no filter.
    /// - Throws: `NothingMatches` for the first filter that picks none: a name that is misspelt must not shrink a run.
    public static func select(_ filters: [CaseFilter], from cases: [Case]) throws(NothingMatches) -> [Case] {
        for filter in filters where !cases.contains(where: filter.matches) {
            throw NothingMatches(pattern: filter.pattern, near: nearest(to: filter.pattern, among: cases.map(\.id)))
        }
        return filters.isEmpty ? cases : cases.filter { testCase in filters.contains { $0.matches(testCase) } }
    }

    public struct NothingMatches: Error, Equatable, Sendable {
        public var pattern: String
        /// Up to three ids that are spelt alike, the nearest first; none if nothing is near.
        public var near: [String]

        public init(pattern: String, near: [String]) {
            self.pattern = pattern
            self.near = near
        }
    }

    private static func nearest(to pattern: String, among ids: [String]) -> [String] {
        let wanted = Array(pattern.utf8.filter { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") })
        let rated = ids.enumerated().map { (distance: distance(wanted, Array($1.utf8)), index: $0, id: $1) }
        return rated.filter { $0.distance <= max(wanted.count / 3, 1) }.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(3).map(\.id)
    }

    /// How many characters must be put in, left out or replaced so that `pattern` stands somewhere in `text`.
    private static func distance(_ pattern: [UInt8], _ text: [UInt8]) -> Int {
        var row = [Int](repeating: 0, count: text.count + 1)
        for (i, p) in pattern.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, t) in text.enumerated() {
                let replaced = diagonal + (p == t ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row.min() ?? 0
    }
}
