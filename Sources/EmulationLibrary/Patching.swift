internal import CEmulationLibrary
internal import CEmulationRuntime

// An instruction is patched where it stands: first to INT3, whose trap is cheaper than that of #UD, then to a jump into a stub.
// The jump has five bytes and most of the instructions four, so the first byte of the next instruction serves, unchanged, as the
// highest byte of the displacement: the stub must lie in the 16 MiB that this leaves.

/// Patches the instruction, as far as the mode says and the address space allows. What cannot be patched goes on trapping.
/// - Returns: true if a patch stands there now.
func patch(at address: UInt64, _ instruction: Instruction) -> Bool {
    guard let sites = runtime_sites, runtime_exchange(&sites.pointee.lock, 1) == 0 else { return false }
    defer { runtime_store(&sites.pointee.lock, 0) }
    // With LOCK it is #UD for ever.
    guard instruction.length <= 8, !instruction.lock else { return false }
    var bytes: UInt64 = 0
    for index in 0..<UInt64(instruction.length) {
        var byte: UInt8 = 0
        guard runtime_user_byte(address &+ index, &byte) else { return false }
        bytes |= UInt64(byte) &<< (index &* 8)
    }
    // Another thread may have patched it while this one was on its way here.
    guard Decoded(bytes, length: instruction.length) == .instruction(instruction) else { return false }
    // A site that is there already is one of code that the program has replaced since.
    guard let site = findSite(address) ?? sites.newSite(address) else { return false }
    if site.pointee.bytes != bytes { site.pointee.stub = 0 }
    (site.pointee.bytes, site.pointee.length) = (bytes, UInt32(instruction.length))
    site.pointee.state = RUNTIME_SITE_INT3.rawValue

    // A jump right before this one has this instruction's first byte in its displacement.
    let before = patchedSite(address &- 4)
    let isPunned = before.map { $0.pointee.length == 4 && $0.pointee.state == RUNTIME_SITE_JUMP.rawValue } ?? false
    if isPunned, let before { guard before.writeInt3() else { return false } }

    // From here on a trap at the address is this site's.
    runtime_store(&site.pointee.address, address)
    let isPatched = site.writeInt3()
    if isPatched, runtime_mode == RUNTIME_STUB.rawValue { sites.jump(from: site, instruction.operation) }
    if isPunned, let before, case .instruction(let instruction) = before.decoded {
        sites.jump(from: before, instruction.operation)
    }
    return isPatched
}

extension UnsafeMutablePointer<runtime_site> {
    fileprivate func writeInt3() -> Bool {
        var int3: UInt8 = 0xCC
        guard runtime_code_write(pointee.address, &int3, 1) else { return false }
        pointee.state = RUNTIME_SITE_INT3.rawValue
        runtime_event(RUNTIME_PATCHED_INT3, 0, pointee.address)
        return runtime_code_synchronize()
    }
}

extension UnsafeMutablePointer<runtime_sites> {
    /// The site has an INT3. Its tail is written while nobody can execute it, then the first byte.
    fileprivate func jump(from site: Site, _ operation: Operation) {
        let address = site.pointee.address
        var lowest: UInt64 = 0x1_0000
        var highest: UInt64 = 0x7FFF_FFFF_0000
        let next = address &+ 5
        if site.pointee.length == 4 {
            var top: UInt8 = 0
            guard runtime_user_byte(address &+ 4, &top) else { return }
            let start = next &+ UInt64(bitPattern: Int64(Int8(bitPattern: top)) &<< 24)
            lowest = start
            highest = start &+ 0xFF_FFFF
        } else {
            lowest = next > 0x7000_0000 ? max(lowest, next &- 0x7000_0000) : lowest
            highest = min(highest, next &+ 0x7000_0000)
        }
        // Wrapped, or not the user's.
        guard lowest >= 0x1_0000, lowest < highest, highest < 0x7FFF_FFFF_0000 else { return }
        if site.pointee.stub < lowest || site.pointee.stub > highest {
            guard let stub = allocate(lowest, highest), emit(operation, at: stub, for: site) else { return }
        }
        var tail = UInt32(truncatingIfNeeded: site.pointee.stub &- next)
        guard runtime_code_write(address &+ 1, &tail, site.pointee.length == 4 ? 3 : 4), runtime_code_synchronize() else { return }
        var jmp: UInt8 = 0xE9
        guard runtime_code_write(address, &jmp, 1), runtime_code_synchronize() else { return }
        site.pointee.state = RUNTIME_SITE_JUMP.rawValue
        runtime_event(RUNTIME_PATCHED_JUMP, 0, address)
    }

    /// Room for a stub between two addresses: in a page that is there, or in a new one.
    private func allocate(_ lowest: UInt64, _ highest: UInt64) -> UInt64? {
        let size = UInt64(RUNTIME_STUB_SIZE)
        for place in 0..<pointee.pages {
            let (page, used) = (runtime_stub_page(self, place), runtime_stub_used(self, place))
            guard used &+ size <= 4096, page &+ used >= lowest, page &+ used &+ size <= highest else { continue }
            runtime_stub_set(self, place, page, used &+ size)
            return page &+ used
        }
        guard pointee.pages < UInt64(RUNTIME_STUB_PAGES) else { return nil }
        let step = (highest &- lowest) / 256 & ~0xFFF
        var page = (lowest &+ 0xFFF) & ~0xFFF
        while page &+ 4096 <= highest {
            if runtime_code_map(page) {
                runtime_stub_set(self, pointee.pages, page, size)
                pointee.pages &+= 1
                return page
            }
            page &+= max(step, 4096)
        }
        return nil
    }

    /// Puts a stub together and writes it: the gate's address, the copy, the site's, then code.
    private func emit(_ operation: Operation, at stub: UInt64, for site: Site) -> Bool {
        let resume = site.pointee.address &+ UInt64(site.pointee.length)
        let thread = runtime_thread_offset()
        let segment = runtime_thread_segment()
        let (uif, held) = (thread, thread &+ 8)
        var code = Code(sites: self, address: stub)
        // Where instructions are counted or kept, all of them go through the runtime.
        let inPlace = runtime_watched == 0
        var executes = true
        if case .stui = operation, inPlace { executes = false }
        code.quad(runtime_gate_address(executes))
        code.quad(site.pointee.bytes)
        code.quad(UInt64(UInt(bitPattern: site)))
        switch operation {
        case .clui where inPlace:
            code.bytes(segment, 0xC6, 0x04, 0x25)  // movb $0, %segment:uif
            code.long(uif)
            code.bytes(0x00)
            code.jump(to: resume)
        case .stui where inPlace:
            code.bytes(segment, 0xC6, 0x04, 0x25)  // movb $1, %segment:uif
            code.long(uif)
            code.bytes(0x01)
            code.lowerStack()
            code.bytes(0x51)  // push %rcx
            code.bytes(segment, 0x48, 0x8B, 0x0C, 0x25)  // mov %segment:held, %rcx
            code.long(held)
            code.bytes(0xE3, 15)  // jrcxz: over the call and its quadword. No flag changes.
            code.bytes(0x59)  // pop %rcx
            code.callGate()
            code.quad(resume)
            code.bytes(0x59)
            code.raiseStack()
            code.jump(to: resume)
        case .testui where inPlace:
            code.lowerStack()
            code.bytes(0x50, 0x31, 0xC0)  // push %rax; xor %eax, %eax: OF := 0
            code.bytes(segment, 0x8A, 0x24, 0x25)  // mov %segment:uif, %ah
            code.long(uif)
            code.bytes(0x9E, 0x58)  // sahf: CF := UIF, SF ZF AF PF := 0; pop %rax
            code.raiseStack()
            code.jump(to: resume)
        default:
            code.lowerStack()
            code.callGate()
            code.quad(UInt64(UInt(bitPattern: site)))
        }
        guard runtime_code_write(stub, runtime_buffer(self), code.count) else { return false }
        site.pointee.copy = stub &+ 8
        site.pointee.stub = stub &+ 24
        return true
    }
}

/// Code as it is put together in the table's buffer, to stand at `address`.
private struct Code {
    let sites: Sites
    let address: UInt64
    var count: UInt64 = 0

    init(sites: Sites, address: UInt64) {
        self.sites = sites
        self.address = address
    }

    mutating func byte(_ byte: UInt8) {
        runtime_buffer_put(sites, count, byte)
        count &+= 1
    }

    mutating func bytes(_ a: UInt8) { byte(a) }
    mutating func bytes(_ a: UInt8, _ b: UInt8) { byte(a); byte(b) }
    mutating func bytes(_ a: UInt8, _ b: UInt8, _ c: UInt8) { bytes(a, b); byte(c) }
    mutating func bytes(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) { bytes(a, b); bytes(c, d) }
    mutating func bytes(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ e: UInt8) { bytes(a, b, c, d); byte(e) }

    mutating func long(_ value: Int32) {
        let bits = UInt32(bitPattern: value)
        for index: UInt32 in 0..<4 { byte(UInt8(truncatingIfNeeded: bits &>> (index &* 8))) }
    }

    mutating func quad(_ value: UInt64) {
        for index: UInt64 in 0..<8 { byte(UInt8(truncatingIfNeeded: value &>> (index &* 8))) }
    }

    /// lea -128(%rsp), %rsp, and back: below the red zone, without a change of flags.
    mutating func lowerStack() { bytes(0x48, 0x8D, 0x64, 0x24, 0x80) }
    mutating func raiseStack() {
        bytes(0x48, 0x8D, 0xA4, 0x24, 0x80)
        bytes(0, 0, 0)
    }

    /// jmp rel32
    mutating func jump(to target: UInt64) {
        byte(0xE9)
        long(Int32(truncatingIfNeeded: target &- (address &+ count &+ 4)))
    }

    /// call *gate(%rip): the gate's address is the stub's first quadword.
    mutating func callGate() {
        bytes(0xFF, 0x15)
        long(Int32(truncatingIfNeeded: 0 &- (count &+ 4)))
    }
}
