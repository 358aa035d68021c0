import Conformance
import Report
import Testing

@Suite("KTAP")
struct KTAPTests {
    @Test("a run is the version, the header, the plan, a line for each case and the totals of kselftest")
    func wholeDocument() {
        #expect(
            Sample.mixed.ktap == """
                KTAP version 1
                # backend: emulation
                # abi: none
                # kernel: Linux 6.1.0 x86_64
                # cpu: Example <CPU> & "Sons"
                # reason: CPUID has no user interrupts.
                # reason: So the backend is the emulation.
                1..3
                ok 1 testui.cf # TESTUI sets CF to UIF, or raises #UD.
                # senduipi.index: step 3, expect uirr 0x8: expected 0x8, found 0x0
                # source: SDM Vol. 2, SENDUIPI
                # next: uintr check --filter senduipi.index --format json
                not ok 2 senduipi.index # An index above UITTSZ raises #GP.
                ok 3 apic.eoi # SKIP no CPL 0 here
                # Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:0

                """)
    }

    @Test("a claim that begins like a directive is not taken for one", arguments: ["SKIP", "skip", "TODO", "XFAIL", "Timeout", "ERROR"])
    func noFalseDirective(_ word: String) {
        let report = Sample.report([Sample.result("a.b", .passed, claim: "\(word) is a word.")])
        #expect(report.ktap.contains("ok 1 a.b # claim: \(word) is a word.\n"))
    }

    @Test("a message with a line break cannot forge a result")
    func noForgedLine() {
        let report = Sample.report([Sample.result("a.b", .failed(step: 0, "found\nok 2 forged"))])
        #expect(!report.ktap.split(separator: "\n").contains { $0.hasPrefix("ok ") })
    }
}
