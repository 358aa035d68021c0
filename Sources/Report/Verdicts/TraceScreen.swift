public import Verdicts

/// A trace on a terminal, stepped through by keys: what is drawn after each, and what a key does.
public struct TraceScreen: Sendable {
    public enum Move: Equatable, Sendable { case next, back, first, last, quit }

    private let trace: Trace
    /// How many steps have been taken: 0 is the beginning.
    public private(set) var place = 0

    public init(_ trace: Trace) { self.trace = trace }

    /// Follows a key. False: the reader is done.
    public mutating func follow(_ move: Move) -> Bool {
        switch move {
        case .next: place = min(place + 1, trace.steps.count)
        case .back: place = max(place - 1, 0)
        case .first: place = 0
        case .last: place = trace.steps.count
        case .quit: return false
        }
        return true
    }

    /// The keys in what was read from the terminal. A terminal sends the arrows and their kin as ESC [ and more.
    public static func moves(_ bytes: [UInt8]) -> [Move] {
        var moves: [Move] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "n"), UInt8(ascii: "j"), 0x0A, 0x0D: moves.append(.next)
            case UInt8(ascii: "b"), UInt8(ascii: "k"), 0x7F, 0x08: moves.append(.back)
            case UInt8(ascii: "g"): moves.append(.first)
            case UInt8(ascii: "G"): moves.append(.last)
            // Control-C and control-D end it too, where the terminal sends them as keys.
            case UInt8(ascii: "q"), 0x03, 0x04: moves.append(.quit)
            case 0x1B:
                guard rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O") else { continue }
                rest.removeFirst()
                let parameters = rest.prefix { $0 < 0x40 }
                rest = rest.dropFirst(parameters.count)
                switch rest.popFirst() {
                case UInt8(ascii: "C"), UInt8(ascii: "B"): moves.append(.next)
                case UInt8(ascii: "D"), UInt8(ascii: "A"): moves.append(.back)
                case UInt8(ascii: "H"): moves.append(.first)
                case UInt8(ascii: "F"): moves.append(.last)
                case UInt8(ascii: "~"):
                    switch parameters.first {
                    case UInt8(ascii: "1"), UInt8(ascii: "7"): moves.append(.first)
                    case UInt8(ascii: "4"), UInt8(ascii: "8"): moves.append(.last)
                    case UInt8(ascii: "5"): moves.append(.back)
                    case UInt8(ascii: "6"): moves.append(.next)
                    default: break
                    }
                default: break
                }
            default: break
            }
        }
        return moves
    }

    /// The lines of the whole screen: the steps so far, as many as fit, the state after the last of them, and the keys.
    ///
    /// - Parameter height: Lines of the terminal: never more are returned.
    public func lines(_ layout: TextLayout, height: Int) -> [String] {
        let columns = TraceColumns(trace, layout)
        var below = [layout.styled(String(repeating: "─", count: layout.width), .dim)]
        let state = place == 0 ? trace.initial : trace.steps[place - 1].state
        let column = (state.map(\.name.count).max() ?? 0) + 2
        for value in state {
            let isNew = place > 0 && value.changed
            below += layout.wrapped(value.text, lead: (isNew ? "▸ " : "  ") + padded(oneLine(value.name), column), style: isNew ? .bold : nil)
        }
        let flight = place == 0 ? [] : trace.steps[place - 1].inFlight
        let words = flight.isEmpty ? "none" : flight.map { "\(oneLine($0.vector)) to CPU \($0.to)" }.joined(separator: ", ")
        below += layout.wrapped(words, lead: "  " + padded("in flight", column), style: flight.isEmpty ? .dim : .yellow)
        if place == trace.steps.count { below += layout.wrapped(trace.conclusion, style: .red) }
        below += layout.wrapped(
            "step \(place) of \(trace.steps.count)   space, n: on   b: back   g, G: to the ends   q: leave", style: .dim)

        let head = Array(layout.wrapped(trace.title, style: .bold).prefix(2)) + columns.header
        let room = max(height - head.count - below.count, 1)
        var steps: [String] = []
        for index in 0..<place { steps += columns.block(index) }
        steps = Array(steps.suffix(room))
        let blank = [String](repeating: "", count: max(room - steps.count, 0))
        return Array((head + steps + blank + below).prefix(max(height, 1)))
    }
}
