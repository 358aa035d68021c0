import Architecture
import Cases

// Setting and checking the core's state, by the names of `Field`.

extension CoreMachine {
    func value(_ field: Field) -> UInt64 {
        let p = machine[cpu]
        func bit(_ condition: Bool) -> UInt64 { condition ? 1 : 0 }
        switch field {
        case .rip: return p.rip
        case .rflags: return p.rflags.rawValue
        case .cpl: return UInt64(p.cpl)
        case .cr0AM: return bit(p.alignmentMask)
        case .cr4UINTR: return bit(p.cr4 & CR4.uintr != 0)
        case .cr4OSXSAVE: return bit(p.cr4 & CR4.osxsave != 0)
        case .cr4LA57: return bit(p.cr4 & CR4.la57 != 0)
        case .cr4CET: return bit(p.cr4 & CR4.cet != 0)
        case .eferLMA: return bit(p.longModeActive)
        case .csL: return bit(p.codeSegment64)
        case .enclave: return bit(p.inEnclave)
        case .activity: return UInt64(p.activity.rawValue)
        case .shadow: return UInt64(p.shadow.rawValue)
        case .uirr: return p.uintr.uirr
        case .uihandler: return p.uintr.uihandler
        case .uistackadjust: return p.uintr.uistackadjust
        case .uittsz: return UInt64(p.uintr.uittsz)
        case .uinv: return UInt64(p.uintr.uinv)
        case .upidaddr: return p.uintr.upidaddr
        case .uitt: return p.uintr.uitt
        case .uif: return bit(p.uintr.uif)
        case .xcr0: return p.xcr0
        case .xss: return p.xss
        case .userCET: return p.userCET.rawValue
        case .supervisorCET: return p.supervisorCET.rawValue
        case .ssp: return p.ssp
        case .apicMode: return UInt64(p.apic.mode.rawValue)
        case .apicID: return UInt64(p.apic.id)
        case .apicEnabled: return bit(p.apic.softwareEnabled)
        case .apicTPR: return UInt64(p.apic.taskPriority)
        case .apicPPR: return UInt64(p.apic.processorPriority)
        case .apicSentIllegal: return bit(p.apic.sentIllegalVector)
        case .apicReceivedIllegal: return bit(p.apic.receivedIllegalVector)
        case .apicIRR: return UInt64(p.apic.irr.highest ?? 0)
        case .apicISR: return UInt64(p.apic.isr.highest ?? 0)
        default: return field.registerNumber.map { p.gpr[$0] } ?? 0
        }
    }

    /// CR4 and IA32_XSS are written as software writes them, and fault as they do; everything else is simply set.
    mutating func set(_ field: Field, _ value: UInt64) -> StepOutcome {
        let bit = value != 0
        do throws(Fault) {
            switch field {
            case .cr4UINTR: try setCR4(CR4.uintr, bit)
            case .cr4OSXSAVE: try setCR4(CR4.osxsave, bit)
            case .cr4LA57: try setCR4(CR4.la57, bit)
            case .cr4CET: try setCR4(CR4.cet, bit)
            case .xss: try machine[cpu].writeXSS(value)
            default: return setPlain(field, value, bit)
            }
            return .done
        } catch {
            return .fault(error)
        }
    }

    private mutating func setCR4(_ mask: UInt64, _ bit: Bool) throws(Fault) {
        let cr4 = machine[cpu].cr4
        try machine[cpu].writeCR4(bit ? cr4 | mask : cr4 & ~mask)
    }

    private mutating func setPlain(_ field: Field, _ value: UInt64, _ bit: Bool) -> StepOutcome {
        switch field {
        case .rip: machine[cpu].rip = value
        case .rflags: machine[cpu].rflags = RFLAGS(rawValue: value)
        case .cpl: machine[cpu].cpl = UInt8(truncatingIfNeeded: value)
        case .cr0AM: machine[cpu].alignmentMask = bit
        case .eferLMA: machine[cpu].longModeActive = bit
        case .csL: machine[cpu].codeSegment64 = bit
        case .enclave: machine[cpu].inEnclave = bit
        case .activity:
            guard let activity = LogicalProcessor.Activity(rawValue: UInt8(truncatingIfNeeded: value)) else {
                return .failure("activity is 0–3")
            }
            machine[cpu].activity = activity
        case .shadow:
            guard let shadow = LogicalProcessor.Shadow(rawValue: UInt8(truncatingIfNeeded: value)) else {
                return .failure("shadow is 0–2")
            }
            machine[cpu].shadow = shadow
        case .uirr: machine[cpu].uintr.uirr = value
        case .uihandler: machine[cpu].uintr.uihandler = value
        case .uistackadjust: machine[cpu].uintr.uistackadjust = value
        case .uittsz: machine[cpu].uintr.uittsz = UInt32(truncatingIfNeeded: value)
        case .uinv: machine[cpu].uintr.uinv = UInt8(truncatingIfNeeded: value)
        case .upidaddr: machine[cpu].uintr.upidaddr = value
        case .uitt: machine[cpu].uintr.uitt = value
        case .uif: machine[cpu].uintr.uif = bit
        case .xcr0: machine[cpu].xcr0 = value
        case .userCET: machine[cpu].userCET.rawValue = value
        case .supervisorCET: machine[cpu].supervisorCET.rawValue = value
        case .ssp: machine[cpu].ssp = value
        case .apicMode:
            guard let mode = LocalAPIC.Mode(rawValue: UInt8(truncatingIfNeeded: value)) else {
                return .failure("apic.mode is 0–2")
            }
            machine[cpu].apic.mode = mode
        case .apicID: machine[cpu].apic.id = UInt32(truncatingIfNeeded: value)
        case .apicEnabled: machine[cpu].apic.softwareEnabled = bit
        case .apicTPR: machine[cpu].apic.taskPriority = UInt8(truncatingIfNeeded: value)
        default:
            guard let number = field.registerNumber else { return .failure("\(field.rawValue) cannot be set") }
            machine[cpu].gpr[number] = value
        }
        return .done
    }

    /// The steps that expect something.
    mutating func check(_ step: Step) -> StepOutcome {
        switch step {
        case .expect(let field, let expected): return compare(field.rawValue, expected, value(field))
        case .expectMemory(let address, let expected):
            guard let found = machine.memory.peek(address) else {
                return .failure("nothing is mapped at \(hex(address))")
            }
            return compare("memory at \(hex(address))", expected, found)
        case .expectResult(let expected): return compare("the result", expected, result)
        case .expectCPUID(let register, let mask, let expected):
            return cpuid.check(register, mask, expected)
        case .expectNotification: return expectTaken(.notification)
        case .expectOrdinary(let vector): return expectTaken(.ordinary(vector: vector))
        case .expectNoInterrupt: return expectTaken(nil)
        case .expectDelivered, .expectFrameRSP, .expectFrameRFLAGS, .expectEntryRSP:
            return deliveries.check(step) ?? .failure("the core cannot take this step")
        case .expectInFlight(let expected):
            return compare("messages in flight", UInt64(expected), UInt64(machine.inFlight.count))
        case .expectMessage(let vector, let destination):
            guard machine.inFlight.count > 0 else { return .failure("no message is in flight") }
            let message = machine.inFlight[machine.inFlight.count - 1]
            guard message.vector == vector, message.destination == destination else {
                return .failure("found vector \(hex(UInt64(message.vector))) to \(hex(UInt64(message.destination)))")
            }
            return .done
        default: return .failure("the core cannot take this step")
        }
    }

    private func expectTaken(_ expected: TakenInterrupt?) -> StepOutcome {
        taken == expected ? .done : .failure("found \(taken.map { "\($0)" } ?? "no interrupt")")
    }
}

/// `.done` where both are equal, else a sentence with both.
func compare(_ what: String, _ expected: UInt64, _ found: UInt64) -> StepOutcome {
    expected == found ? .done : .failure("\(what): expected \(hex(expected)), found \(hex(found))")
}
