import Fidelity
import Testing

@Suite("What the image prints")
struct TranscriptTests {
    private func read(_ lines: [String]) -> Transcript {
        var transcript = Transcript()
        for line in lines { transcript.read(line) }
        return transcript
    }

    @Test("the machine's line names its processor")
    func machine() {
        let transcript = read([
            "KTAP version 1",
            "# processors: 2; linear addresses: 48 bits; UIRET: sets UIF; CET: yes; local APIC: x2APIC", "1..3",
        ])
        #expect(transcript.machine == MachineDescription(processors: 2, linearAddressWidth: 48, flexibleUIRET: false))
    }

    @Test("verdicts, with the sentence of the line before a failure and the reason of a skip")
    func verdicts() {
        let transcript = read([
            "@ 1 4 done uirr=0x8", "ok 1 a.one", "# step 3, expect uirr 0x8: uirr: expected 0x8, found 0x0", "not ok 2 a.two",
            "ok 3 a.three # SKIP it needs 2 processors, and 1 answered", "# end: 1 failed",
        ])
        #expect(transcript.verdicts[1] == .passed)
        #expect(transcript.verdicts[2] == .failed(step: 2, "uirr: expected 0x8, found 0x0"))
        #expect(transcript.verdicts[3] == .skipped("it needs 2 processors, and 1 answered"))
        #expect(transcript.steps == [1: ["@ 1 4 done uirr=0x8"]])
        #expect(transcript.isComplete)
    }

    @Test("a refusal is kept, and a run that stops is not complete")
    func refusal() {
        let transcript = read(["KTAP version 1", "1..0 # SKIP CPUID.(7,0):EDX[5] = 0: this processor has no user interrupts"])
        #expect(transcript.refusal == "CPUID.(7,0):EDX[5] = 0: this processor has no user interrupts")
        #expect(!transcript.isComplete)
        let stopped = read(["ok 1 a.one", "= 7 #0x1"])
        #expect(stopped.lastCase == 7)
        #expect(!stopped.isComplete)
    }

    @Test("lines of no meaning change nothing")
    func noise() {
        #expect(read(["", "@", "= x", "ok", "not ok", "# step", "SeaBIOS"]) == Transcript())
    }
}
