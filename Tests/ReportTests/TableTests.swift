import Conformance
import Report
import Testing

@Suite("The table")
struct TableTests {
    @Test("no line is wider than the terminal, but where one word is", arguments: [40, 60, 80, 120])
    func fits(_ width: Int) {
        let long = Sample.result(
            "delivery.frame", .failed(step: 0, "step 1, deliver: " + String(repeating: "expected 0x10, found 0x20; ", count: 9)))
        let text = Sample.report([Sample.passed, long, Sample.failed, Sample.skipped]).table(TextLayout(width: width))
        for line in text.split(separator: "\n") where line.count > width {
            #expect(line.split(separator: " ").contains { $0.count > width - 12 }, "\(line.count) columns: \(line)")
        }
    }

    @Test("colour codes appear only where colour is asked for, and change no text")
    func colour() {
        let plain = Sample.mixed.table(TextLayout(width: 80))
        let coloured = Sample.mixed.table(TextLayout(width: 80, colour: true))
        #expect(!plain.contains("\u{1B}"))
        #expect(coloured.contains("\u{1B}["))
        #expect(coloured.replacing(/\u{1B}\[\d+m/, with: "") == plain)
    }

    @Test("a failure is spelled out: claim, what was found, source, next command")
    func failure() {
        let text = Sample.mixed.table(TextLayout(width: 100))
        #expect(text.contains("FAILED  senduipi.index"))
        #expect(text.contains("An index above UITTSZ raises #GP."))
        #expect(text.contains("expected 0x8, found 0x0"))
        #expect(text.contains("SDM Vol. 2, SENDUIPI; S-8"))
        #expect(text.contains("uintr check --filter senduipi.index --format json"))
        #expect(text.contains("1 of 3 cases failed on the emulator core in 0.412 s."))
    }

    @Test("a run on the emulation says that it says nothing of a processor; one on hardware does not")
    func caution() {
        let emulated = Sample.report([Sample.passed]).table(TextLayout())
        #expect(emulated.contains("emulation") && emulated.contains("This says nothing about a processor or a kernel."))
        var header = Sample.header
        header.backend = "hardware"
        let hardware = Sample.report([Sample.passed], header: header).table(TextLayout())
        #expect(hardware.contains("on the hardware") && !hardware.contains("This says nothing"))
    }

    @Test("skipped cases of one reason are one entry, with their number")
    func skips() {
        let skipped = (0..<40).map { Sample.result("apic.n\($0)", .skipped("no CPL 0 here")) }
        let text = Sample.report([Sample.passed] + skipped).table(TextLayout())
        #expect(text.contains("SKIPPED  40 cases"))
        #expect(text.contains("apic.n0, apic.n1, apic.n2 and 37 more"))
    }

    @Test("the exit status is 1 with a failure, 4 with nothing but skips, else 0")
    func exitStatus() {
        #expect(Sample.mixed.exitStatus == 1)
        #expect(Sample.report([Sample.skipped, Sample.skipped]).exitStatus == 4)
        #expect(Sample.report([Sample.skipped, Sample.passed]).exitStatus == 0)
        #expect(Sample.report([Sample.passed]).exitStatus == 0)
    }
}
