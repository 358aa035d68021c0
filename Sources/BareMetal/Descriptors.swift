import CBareMetal

/// GDT, TSS and IDT (SDM Vol. 3A, ch. 3, 6 and 8).
///
/// Every vector goes through an interrupt gate to IST1, so that nothing depends on a case's RSP. Only #BP may come from an INT3 at
/// CPL 3.
enum Descriptors {
    private static let taskSegment = 9
    nonisolated(unsafe) private static var gdt: UnsafeMutablePointer<UInt64>?
    nonisolated(unsafe) private static var idt: UnsafeMutablePointer<UInt64>?
    private static let gdtCount = taskSegment + 2 * Int(bm_cpus)

    static func codeSelector(_ cpl: UInt8) -> UInt64 { UInt64(1 + 2 * cpl) << 3 | UInt64(cpl) }
    static func stackSelector(_ cpl: UInt8) -> UInt64 { UInt64(2 + 2 * cpl) << 3 | UInt64(cpl) }

    static func prepare() {
        let gdt = UnsafeMutablePointer<UInt64>.allocate(capacity: gdtCount)
        let idt = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
        gdt[0] = 0
        for cpl in 0..<4 {
            gdt[1 + 2 * cpl] = 0x0020_9A00_0000_0000 | UInt64(cpl) << 45
            gdt[2 + 2 * cpl] = 0x0000_9200_0000_0000 | UInt64(cpl) << 45
        }
        for cpu in 0..<Int(bm_cpus) {
            // 104 bytes of task-state segment, of which IST1 (bytes 36–43) and the I/O map's base (102–103) are used.
            let segment = UnsafeMutableRawPointer.allocate(byteCount: 104, alignment: 16)
            segment.initializeMemory(as: UInt8.self, repeating: 0, count: 104)
            let top = bm_fault_stack_top(UInt64(cpu))
            segment.storeBytes(of: UInt32(truncatingIfNeeded: top), toByteOffset: 36, as: UInt32.self)
            segment.storeBytes(of: UInt32(truncatingIfNeeded: top >> 32), toByteOffset: 40, as: UInt32.self)
            segment.storeBytes(of: 104, toByteOffset: 102, as: UInt16.self)
            let base = bm_address(segment)
            let baseLow: UInt64 = (base & 0xFF_FFFF) << 16
            let baseHigh: UInt64 = (base >> 24 & 0xFF) << 56
            gdt[taskSegment + 2 * cpu] = 0x0000_8900_0000_0067 | baseLow | baseHigh
            gdt[taskSegment + 2 * cpu + 1] = base >> 32
        }
        for vector in 0..<256 {
            let stub = bm_stub_address(UInt32(vector))
            let dpl: UInt64 = vector == 3 ? 3 : 0
            let stubLow: UInt64 = stub & 0xFFFF | (stub >> 16 & 0xFFFF) << 48
            // Present, interrupt gate, IST1.
            idt[2 * vector] = 0x0000_8E01_0000_0000 | stubLow | codeSelector(0) << 16 | dpl << 45
            idt[2 * vector + 1] = stub >> 32
        }
        Descriptors.gdt = gdt
        Descriptors.idt = idt
    }

    /// Loads them into this processor.
    static func load(_ cpu: UnsafeMutablePointer<bm_cpu>) {
        let pointers = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 16)
        defer { pointers.deallocate() }
        pointers.storeBytes(of: UInt16(gdtCount * 8 - 1), as: UInt16.self)
        pointers.storeBytes(of: UInt16(4095), toByteOffset: 16, as: UInt16.self)
        for byte in 0..<8 {
            let shift = UInt64(byte * 8)
            pointers.storeBytes(
                of: UInt8(truncatingIfNeeded: bm_address(gdt) >> shift), toByteOffset: 2 + byte, as: UInt8.self)
            pointers.storeBytes(
                of: UInt8(truncatingIfNeeded: bm_address(idt) >> shift), toByteOffset: 18 + byte, as: UInt8.self)
        }
        bm_load_descriptors(pointers, pointers + 16, UInt64(taskSegment + 2 * Int(cpu.pointee.index)) << 3)
    }
}
