public import KernelModel

extension JoinedResults {
    /// Of the questions that differ in nothing but their bounds: the bounds within which the claim holds, without those that lie
    /// within others, and the bounds that take in all that was asked.
    public struct Coverage: Equatable, Sendable {
        /// With the bounds of the first of its questions.
        public var question: Question
        public var holds: [Bounds]
        /// Without those that take in others: the least that it takes.
        public var violated: [Bounds]
        /// Without those that a complete run has taken in.
        public var incomplete: [Bounds]
        public var union: Bounds
        /// Where the claim holds within some bounds and is violated within others.
        public var comparisons: [Comparison]
    }

    /// A violation beside bounds within which the same claim holds.
    public struct Comparison: Equatable, Sendable {
        public enum Meaning: Equatable, Sendable {
            /// The smaller bounds only forbid events that the larger allow: every execution within the smaller is one within the
            /// larger. One of the two runs is wrong.
            case contradiction
            /// The smaller bounds are those of a smaller system, with the named parts fewer. What happens there need not happen in the
            /// larger one, where a further sender can wake whom the first left asleep. Both may be right.
            case smallerSystem(parts: [String])
            /// It takes more of what is named than the claim was shown to hold with. Both may be right.
            case beyond(names: [String])
        }

        public var violated: Bounds
        public var holds: Bounds
        public var meaning: Meaning
    }

    /// One for each design and claim, with its repairs, scenario and user side, in the order in which they first appear.
    public var coverage: [Coverage] {
        var result: [Coverage] = []
        var places: [Question: Int] = [:]
        for group in groups {
            var subject = group.question
            subject.bounds = Bounds()
            let bounds = group.question.bounds
            let place = places[subject] ?? result.count
            if place == result.count {
                places[subject] = place
                result.append(
                    Coverage(question: group.question, holds: [], violated: [], incomplete: [], union: bounds, comparisons: []))
            }
            result[place].union = result[place].union.union(bounds)
            switch group.verdict {
            case .holds: result[place].holds.append(bounds)
            case .violated: result[place].violated.append(bounds)
            case .incomplete: result[place].incomplete.append(bounds)
            }
        }
        for place in result.indices { result[place].settle() }
        return result
    }
}

extension JoinedResults.Coverage {
    fileprivate mutating func settle() {
        let (allHolds, allViolated) = (holds, violated)
        holds = allHolds.filter { one in !allHolds.contains { $0 != one && one.isWithin($0) } }
        violated = allViolated.filter { one in !allViolated.contains { $0 != one && $0.isWithin(one) } }
        // Only bounds that forbid events of the larger ones: a smaller system has not been searched by searching a larger one.
        incomplete = incomplete.filter { one in !allHolds.contains { one.forbidsMore(than: $0) } }
        for one in allViolated {
            let larger = allHolds.filter { one.isWithin($0) }
            if let first = larger.first(where: { one.forbidsMore(than: $0) }) {
                comparisons.append(.init(violated: one, holds: first, meaning: .contradiction))
            } else if violated.contains(one), let first = larger.first {
                let parts = first.differences(from: one).filter { !$0.isEvent }.map(\.name)
                comparisons.append(.init(violated: one, holds: first, meaning: .smallerSystem(parts: parts)))
            } else if violated.contains(one), let nearest = nearest(to: one) {
                let names = BoundKey.all.filter { one[keyPath: $0.path] > nearest[keyPath: $0.path] }.map(\.name)
                comparisons.append(.init(violated: one, holds: nearest, meaning: .beyond(names: names)))
            }
        }
    }

    /// Of the bounds that hold, those that `bounds` exceeds in the fewest names.
    private func nearest(to bounds: Bounds) -> Bounds? {
        holds.min { a, b in
            func excess(_ other: Bounds) -> Int { BoundKey.all.count { bounds[keyPath: $0.path] > other[keyPath: $0.path] } }
            return excess(a) < excess(b)
        }
    }
}

extension BoundKey {
    /// True if the bound says how often something may happen that need not: what is possible with less of it is possible with more.
    /// The others are the parts of a system.
    public var isEvent: Bool { ["preemptions", "offline", "signals", "timeouts", "kthreads"].contains(name) }
}

extension Bounds {
    fileprivate func differences(from other: Bounds) -> [BoundKey] {
        BoundKey.all.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }
    }

    /// True if `self` is the same system as `other` with fewer events: all that it can do, `other` can.
    fileprivate func forbidsMore(than other: Bounds) -> Bool {
        self != other && isWithin(other) && differences(from: other).allSatisfy(\.isEvent)
    }
}
