import ModelChecker
import Testing

@testable import Architecture
@testable import KernelModel

@Suite("What the model's processors do is what the core does") struct ProcessorTests {
    /// The bytes of one UPID, or of one XSAVE area.
    struct Bytes: Memory {
        var words: [UInt64: UInt64] = [:]
        mutating func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 { words[address] ?? 0 }
        mutating func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) { words[address] = value }
        mutating func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword { try loadForUpdate(address) }
        mutating func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
            Octaword(low: words[address] ?? 0, high: words[address + 8] ?? 0)
        }
        mutating func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
            let old = try loadForUpdate(address)
            if old == expected {
                words[address] = desired.low
                words[address + 8] = desired.high
            }
            return old
        }
        mutating func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 {
            let old = words[address] ?? 0
            words[address] = old & mask
            return old
        }
        mutating func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 {
            let old = words[address] ?? 0
            words[address] = value
            return old
        }
    }

    @Test("XSAVES clears UINV and keeps UIRR in memory; XRSTORS loads both, and faults while UINV is not 0")
    func xsaves() throws {
        let model = try KernelModel(design: "rfc-v1", bounds: Bounds())
        for uirr: UInt64 in 0..<4 {
            for loaded in [false, true] {
                var s = model.initialStates[0]
                s[cpu: 1].uirr = uirr
                s[cpu: 1].uinv = loaded

                var processor = LogicalProcessor(features: Features())
                processor.cpl = 0
                processor.cr4 |= CR4.osxsave | CR4.uintr
                processor.xss = XSAVEArea.uintrComponent
                processor.uintr.uirr = uirr
                processor.uintr.uinv = loaded ? 0xEC : 0
                var memory = Bytes()
                try processor.xsaves(0x1000, mask: .max, memory: &memory)
                model.xsaves(&s, 0, 1)
                #expect(s[cpu: 1].uinv == (processor.uintr.uinv != 0))

                // A second XRSTORS finds UINV as the first one left it.
                for expectation in [false, loaded] {
                    var broken: PropertySet = 0
                    var fault: Fault?
                    do throws(Fault) { try processor.xrstors(0x1000, mask: .max, memory: &memory) } catch { fault = error }
                    model.xrstors(&s, 0, 1, &broken)
                    #expect((broken != 0) == (fault != nil))
                    #expect((fault != nil) == expectation)
                    if fault == nil {
                        #expect(s[cpu: 1].uirr == processor.uintr.uirr)
                        #expect(s[cpu: 1].uinv == (processor.uintr.uinv != 0))
                    }
                    s[receiver: 0].savedUIRR = uirr
                    s[receiver: 0].savedUINV = loaded
                }
            }
        }
    }

    @Test("SENDUIPI posts, notifies and faults as the core does, for every UPID")
    func senduipi() throws {
        let model = try KernelModel(design: "fault", bounds: Bounds())
        for bits: UInt64 in 0..<64 {
            var s = model.initialStates[0]
            s[receiver: 0].on = bits & 1 != 0
            s[receiver: 0].sn = bits & 2 != 0
            s[receiver: 0].armed = bits & 4 != 0
            s[receiver: 0].foreignReserved = bits & 8 != 0
            s[receiver: 0].pir = bits >> 4 & 3
            var upid = UPIDMemory(s).upid(0)
            var notifies = false
            var faults = false
            do throws(Fault) { notifies = try upid.post(0) } catch { faults = true }
            var broken: PropertySet = 0
            model.senduipi(&s, sender: 0, cpu: 0, &broken)
            #expect((s[sender: 0].pc > 1) == faults)
            #expect((s[sender: 0].pc == 1) == notifies)
            #expect(UPIDMemory(s).upid(0) == upid)
        }
    }
}
