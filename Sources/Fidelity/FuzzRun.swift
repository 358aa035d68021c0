import Cases
import Conformance
import Lab
import Synchronization
import SystemPackage

/// Random cases on the core and on the machine: differential fuzzing.
public struct FuzzRun: Sendable {
    /// Disagreements of one signature and explanation.
    public struct Finding: Sendable {
        /// The first one; minimised where nothing explains it.
        public var comparison: CaseComparison
        /// All of them, the first included.
        public var ids: [String]

        public init(comparison: CaseComparison, ids: [String]) {
            self.comparison = comparison
            self.ids = ids
        }
    }

    public var seed: UInt64
    public var count: Int
    public var machine: MachineDescription
    /// How each case ended that ended alike on both: the hash of `Observed`, by the case's number.
    public var agreed: [Int: String] = [:]
    /// How many ended alike on both.
    public var agreeing: Int { agreed.count }
    /// How many the image could not run to the end, by reason.
    public var skipped: [String: Int] = [:]
    public var findings: [Finding] = []

    public var unexplained: [Finding] { findings.filter { $0.comparison.explanation == nil } }
    /// 0: nothing that is not explained; 1: something; 4: nothing was compared.
    public var exitStatus: Int32 { !unexplained.isEmpty ? 1 : agreeing + findings.count == 0 ? 4 : 0 }

    public init(seed: UInt64, count: Int, machine: MachineDescription) {
        self.seed = seed
        self.count = count
        self.machine = machine
    }

    /// What both said, as text: the seed, then the number and the hash of each case that ended alike.
    public var record: String {
        "seed \(seed)\n" + agreed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    public func write(to path: FilePath) throws(LabError) {
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.closeAfter { _ = try file.writeAll(record.utf8) }
        } catch {
            throw LabError("\(path) cannot be written: \(error)", next: "name a file in a folder that you can write to: --record")
        }
    }

    /// Cases in one boot: a boot takes about as long as 500 of them.
    static let batch = 5000
    /// Unexplained findings that are minimised: some ten boots each.
    static let minimised = 6
    private static let ends: BinaryCases.Options = [.free, .observeEnd, .hashEnd]

    public enum Progress: Sendable {
        case cases(Int)
        case minimising(String)
    }

    /// - Parameter jobs: how many machines run at once; the result does not depend on it.
    public static func run(
        seed: UInt64, count: Int, on oracle: Oracle, jobs: Int, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws(LabError) -> FuzzRun {
        let first = try await oracle.ask([RandomCase.make(1, seed: seed)], options: ends)
        var run = FuzzRun(seed: seed, count: count, machine: first.machine)
        let machine = first.machine
        let batches = stride(from: 1, through: count, by: batch).map { $0..<min($0 + batch, count + 1) }
        let counter = Counter()
        @Sendable func result(of numbers: Range<Int>) async -> Result<BatchResult, LabError> {
            do throws(LabError) {
                return .success(
                    try await compare(numbers, seed: seed, machine, on: oracle) { done in
                        progress(.cases(counter.sum(with: done, for: numbers.lowerBound)))
                    })
            } catch {
                return .failure(error)
            }
        }
        let outcome = await withTaskGroup(of: Result<BatchResult, LabError>.self) { group in
            var waiting = batches[...]
            var results: [BatchResult] = []
            for _ in 0..<max(jobs, 1) {
                if let numbers = waiting.popFirst() { group.addTask { await result(of: numbers) } }
            }
            while let one = await group.next() {
                switch one {
                case .success(let batch): results.append(batch)
                case .failure(let error): return Result<[BatchResult], LabError>.failure(error)
                }
                if let numbers = waiting.popFirst() { group.addTask { await result(of: numbers) } }
            }
            return .success(results)
        }
        for result in try outcome.get().sorted(by: { $0.first < $1.first }) { run.add(result) }
        try await run.minimise(on: oracle, progress)
        return run
    }

    /// How many cases each batch has done.
    private final class Counter: Sendable {
        private let counts = Mutex<[Int: Int]>([:])

        func sum(with done: Int, for batch: Int) -> Int {
            counts.withLock { counts in
                counts[batch] = done
                return counts.values.reduce(0, +)
            }
        }
    }

    struct BatchResult: Sendable {
        var first: Int
        var agreed: [Int: String] = [:]
        var skipped: [String: Int] = [:]
        var disagreeing: [CaseComparison] = []
    }

    private static func compare(
        _ numbers: Range<Int>, seed: UInt64, _ machine: MachineDescription, on oracle: Oracle,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(LabError) -> BatchResult {
        let cases = numbers.map { RandomCase.make($0, seed: seed) }
        // The core takes its turn while the machine boots and runs.
        let core = Task.detached {
            cases.enumerated().map { index, one in
                CoreObservation.lines(of: one, number: index + 1, features: machine.features, options: ends).last ?? ""
            }
        }
        let answer = try await oracle.ask(cases, options: ends, progress: progress)
        let expected = await core.value
        var result = BatchResult(first: numbers.lowerBound)
        var doubtful: [Case] = []
        for (index, one) in cases.enumerated() {
            switch answer.verdicts[index + 1] {
            case .skipped(let reason): result.skipped[general(reason), default: 0] += 1
            case nil, .passed:
                if let end = answer.ends[index + 1], end == expected[index] {
                    result.agreed[numbers.lowerBound + index] = end.split(separator: "#").last.map(String.init) ?? ""
                } else {
                    doubtful.append(one)
                }
            case .failed, .ended: doubtful.append(one)
            }
        }
        for comparison in try await inSteps(doubtful, on: oracle) {
            if comparison.disagreement != nil {
                result.disagreeing.append(comparison)
            } else if case .skipped(let reason) = comparison.machine {
                result.skipped[general(reason), default: 0] += 1
            } else {
                // The hashes differ and no step does: that itself is to be seen.
                var odd = comparison
                odd.disagreement = Disagreement(
                    step: nil, core: "the whole case ends otherwise", machine: "though every step agrees")
                result.disagreeing.append(odd)
            }
        }
        return result
    }

    /// The reason without the step's number and words.
    private static func general(_ reason: String) -> String {
        guard reason.hasPrefix("step "), let colon = reason.firstRange(of: ": ") else { return reason }
        return String(reason[colon.upperBound...])
    }

    /// Compares random cases step by step.
    static func inSteps(_ cases: [Case], on oracle: Oracle) async throws(LabError) -> [CaseComparison] {
        guard !cases.isEmpty else { return [] }
        let options: BinaryCases.Options = [.free, .observeSteps]
        let answer = try await oracle.ask(cases, options: options)
        return cases.enumerated().map { index, one in
            let lines = CoreObservation.lines(of: one, number: index + 1, features: answer.machine.features, options: options)
            // The image says nothing of a random case that went through.
            let verdict = answer.verdicts[index + 1] ?? .passed
            let disagreement = CaseComparison.compare(
                one, coreVerdict: .passed, coreLines: lines, machineVerdict: verdict, machineLines: answer.steps[index + 1] ?? [])
            return CaseComparison(
                testCase: one, core: .passed, machine: verdict, disagreement: disagreement,
                explanation: disagreement.flatMap { KnownDisagreement.explaining($0, in: one) })
        }
    }

    mutating func add(_ result: BatchResult) {
        agreed.merge(result.agreed) { first, _ in first }
        skipped.merge(result.skipped, uniquingKeysWith: +)
        for one in result.disagreeing {
            let alike = findings.firstIndex { finding in
                if let known = one.explanation { return finding.comparison.explanation == known }
                return finding.comparison.explanation == nil
                    && finding.comparison.disagreement?.signature == one.disagreement?.signature
            }
            if let alike {
                findings[alike].ids.append(one.testCase.id)
            } else {
                findings.append(Finding(comparison: one, ids: [one.testCase.id]))
            }
        }
    }

    private mutating func minimise(on oracle: Oracle, _ progress: (Progress) -> Void) async throws(LabError) {
        var left = FuzzRun.minimised
        for index in findings.indices where findings[index].comparison.explanation == nil {
            guard left > 0, let signature = findings[index].comparison.disagreement?.signature,
                findings[index].comparison.disagreement?.step != nil
            else { continue }
            left -= 1
            progress(.minimising(findings[index].ids[0]))
            let smallest = try await Minimiser.minimise(findings[index].comparison.testCase) { cases async throws(LabError) in
                try await FuzzRun.inSteps(cases, on: oracle).map { $0.disagreement?.signature == signature }
            }
            if let again = try await FuzzRun.inSteps([smallest], on: oracle).first, again.disagreement != nil {
                findings[index].comparison = again
            }
        }
    }
}
