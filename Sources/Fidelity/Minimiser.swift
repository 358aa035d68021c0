import Cases

/// Makes a case smaller, as long as it shows the same: drops steps, and puts 0 for values.
///
/// Asking a machine means booting it, so it asks in bulk: every single edit first, then the edits that held, more and more of them
/// together.
public struct Minimiser {
    /// One change to the steps of a case.
    public enum Edit: Equatable, Sendable {
        case drop(Int)
        case replace(Int, Step)

        var index: Int {
            switch self {
            case .drop(let index), .replace(let index, _): index
            }
        }
    }

    /// How often each kind of round is repeated at most.
    static let rounds = 6

    /// Every single edit that makes the case simpler, those that drop most first.
    public static func edits(of testCase: Case) -> [Edit] {
        let drops = testCase.steps.indices.reversed().map { Edit.drop($0) }
        let zeros = testCase.steps.enumerated().compactMap { index, step -> Edit? in
            simpler(step).map { .replace(index, $0) }
        }
        return drops + zeros
    }

    private static func simpler(_ step: Step) -> Step? {
        switch step {
        case .set(let field, let value) where field == .rflags: value == 2 ? nil : .set(field, 2)
        case .set(let field, let value): value == 0 ? nil : .set(field, 0)
        case .store(let address, let value): value == 0 ? nil : .store(address, 0)
        case .wrmsr(let register, let value): value == 0 ? nil : .wrmsr(register, 0)
        default: nil
        }
    }

    /// The case with all `edits` made; of two edits of one step the first counts.
    public static func apply(_ edits: [Edit], to testCase: Case) -> Case {
        var byIndex: [Int: Edit] = [:]
        for edit in edits where byIndex[edit.index] == nil { byIndex[edit.index] = edit }
        var smaller = testCase
        smaller.steps = testCase.steps.enumerated().compactMap { index, step in
            switch byIndex[index] {
            case nil: step
            case .drop: nil
            case .replace(_, let other): other
            }
        }
        return smaller
    }

    /// - Parameter holds: says of each of several cases whether it still shows what is to be shown.
    public static func minimise<Failure: Error>(
        _ testCase: Case, holds: ([Case]) async throws(Failure) -> [Bool]
    ) async throws(Failure) -> Case {
        var smallest = testCase
        for _ in 0..<rounds {
            let edits = edits(of: smallest)
            if edits.isEmpty { break }
            let alone = try await holds(edits.map { apply([$0], to: smallest) })
            let good = zip(edits, alone).filter(\.1).map(\.0)
            if good.isEmpty { break }
            if good.count == 1 {
                smallest = apply(good, to: smallest)
                continue
            }
            // Edits that hold alone need not hold together: the longest beginning of them that does.
            let beginnings = (1...good.count).map { apply(Array(good.prefix($0)), to: smallest) }
            let together = try await holds(beginnings)
            guard let best = together.lastIndex(of: true) else { break }
            smallest = beginnings[best]
        }
        return smallest
    }
}
