import ArgumentParser
import Cases
import Conformance
import Report
import UserInterrupts

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Run the conformance suite on this machine, or on the emulator core.",
        discussion: "Exit status: 0 passed, 1 failed, 4 all skipped, 64 wrong usage.")

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, ktap, junit, json }

    @Option(help: "auto, hardware or emulation. The hardware never falls back to the emulation.")
    var backend = BackendChoice.auto

    @OptionGroup var abi: ABIOption

    @Option(help: "What standard output carries.")
    var format = Format.table

    @Option(
        name: .customLong("filter"),
        help: ArgumentHelp(
            "Only cases whose id holds this text, or matches it where it has * or ?, or that name this claim of the thread (S-8). May be given several times.",
            valueName: "pattern"))
    var filters: [String] = []

    @Flag(help: "List the cases in place of running them; with --format json, with their steps.")
    var list = false

    @Flag(help: "With --backend hardware: exit 1, not 4, where the hardware is missing.")
    var require = false

    func validate() throws {
        if require && backend != .hardware {
            throw ValidationError("--require says what becomes of missing hardware. Give it with --backend hardware.")
        }
        if list && format != .table && format != .json {
            throw ValidationError("--list prints text or JSON. Leave --format out, or give --format json.")
        }
    }

    func run() throws {
        let cases = try selectedCases()
        let detection = try abi.detect()
        if list {
            let list = CaseList(cases)
            return try Output.write(format == .json ? list.json : list.text(Terminal.layout))
        }
        var report: RunReport
        var status: Int32
        do throws(UserInterruptError) {
            let chosen = try Backend.select(backend, on: detection)
            report = run(cases, on: chosen, numbers: detection.calls, header: header(detection, chosen.kind))
            status = report.exitStatus
        } catch {
            report = skipped(cases, header: header(detection, .hardware))
            status = require ? 1 : report.exitStatus
        }
        try Output.write(render(report))
        throw ExitCode(status)
    }

    private func selectedCases() throws -> [Case] {
        do {
            return try CaseFilter.select(filters.map(CaseFilter.init), from: Case.all)
        } catch {
            let near = error.near.isEmpty ? "" : " Did you mean \(error.near.joined(separator: ", "))?"
            throw Output.usage("--filter \(error.pattern): no case matches.\(near) \"uintr check --list\" lists them all.")
        }
    }

    /// A run that did not take place, since the hardware is missing: every case is skipped, and the reasons are said aloud.
    private func skipped(_ cases: [Case], header: RunHeader) -> RunReport {
        // On a terminal the table below says the same.
        if format != .table || !Terminal.isStandardOutput || !Terminal.isStandardError {
            Output.note("\(header.reasons.joined(separator: " ")) \"--backend emulation\" runs here; \"uintr probe\" says more.")
        }
        let reason = header.reasons.dropLast().last ?? "The hardware backend is not available."
        return RunReport(header: header, results: cases.map { CaseResult($0, .skipped(reason)) }, duration: .zero)
    }

    private func header(_ detection: Detection, _ kind: Backend.Kind) -> RunHeader {
        detection.header(kind, choice: backend, requestedABI: abi.requested)
    }

    private func run(_ cases: [Case], on backend: Backend, numbers: CallNumbers?, header: RunHeader) -> RunReport {
        var progress = ProgressLine(total: cases.count, unit: "cases")
        var results: [CaseResult] = []
        results.reserveCapacity(cases.count)
        for testCase in cases {
            switch (backend.kind, backend.abi) {
            case (.emulation, _): results.append(CoreSuite.run(testCase))
            case (.hardware, let abi?): results.append(HardwareSuite.run(testCase, abi: abi, numbers: numbers))
            case (.hardware, nil): results.append(CaseResult(testCase, .skipped("no ABI is known")))
            }
            progress.update(results.count)
        }
        progress.erase()
        return RunReport(header: header, results: results, duration: progress.elapsed)
    }

    private func render(_ report: RunReport) -> String {
        switch format {
        case .table: report.table(Terminal.layout)
        case .ktap: report.ktap
        case .junit: report.junit
        case .json: report.json
        }
    }
}
