/// What agreement with Bochs is worth, by the topic of a case.
///
/// In Bochs an IPI arrives at once and a read-modify-write is never split; and the rules that lab/bochs restores were put into it by
/// this project, so that on those it is no second opinion.
public enum Falsifiability {
    /// Where nothing is said: a rule of one instruction, which Bochs' authors wrote down from the manual themselves.
    public static let usual = "yes"

    public static let words: [String: String] = [
        "senduipi": """
            checks, faults and what is posted: yes, with any register since patch 0001 only. That the read-modify-write of the UPID is \
            atomic: no
            """,
        "user-senduipi": """
            checks, faults and what is posted: yes. What happens while the IPI is in flight: no, it arrives at once
            """,
        "notification": "yes; that EFER.LMA is asked for, and not 64-bit mode, is patch 0006",
        "processing": """
            what is read, written and left behind: yes. That ON is cleared and PIR is taken in two atomic steps, between which a sender \
            may come: no, the two are never apart
            """,
        "delivery": "yes, but for RFLAGS.IF, CR4.UINTR and the RIP of a faulting handler, which are patches 0008, 0010 and 0011",
        "uiret": "yes; where the frame lies and that #CP keeps SSP are patches 0002 and 0015",
        "user-uiret": "yes; where the frame lies is patch 0002",
        "xsaves": "yes; that UINV is cleared last is patch 0013",
        "xrstors": """
            offsets, values and the live UINV: no, they are patches 0003 to 0005. The header and the order of #UD, #GP and #PF: yes. What a \
            fault leaves of the registers: the manual leaves it open
            """,
        "apic": "yes; that a software-disabled local APIC accepts nothing is patch 0016",
        "message": """
            which local APIC a message reaches in x2APIC mode: yes, but for the broadcast, which is patch 0014. In xAPIC mode: yes, but \
            for NDST's place, which is patch 0012, and for the way into that mode, 0017. What happens while a message is in flight, and the order of two: no
            """,
        "thread": "what one processor does by itself: yes. Windows that an IPI in flight opens: no",
    ]
}
