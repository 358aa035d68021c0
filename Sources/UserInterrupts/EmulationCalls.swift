internal import Emulation
internal import Glibc

/// The emulation, which answers as `project` does (docs/uapi.md), whose calls it makes by name.
struct EmulationCalls: Calls {
    var abi: ABI? { nil }
    var longestWait: UInt64 { ABI.project.longestWait }

    func registerHandler(_ handler: @escaping Handler, context: UnsafeMutableRawPointer?, flags: UInt32) -> CInt {
        // The same C function type, but that the emulation does not know the shim's frame: there the pointer is untyped.
        typealias Untyped = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt64) -> Void
        return EmulatedProcess.registerHandler(unsafeBitCast(handler, to: Untyped.self), context: context, flags: flags)
    }

    func unregisterHandler() -> CInt { EmulatedProcess.unregisterHandler() }
    func descriptor(vector: UInt8) -> CInt { EmulatedProcess.descriptor(vector: UInt64(vector)) }
    func registerSender(descriptor: CInt) -> CInt { EmulatedProcess.registerSender(descriptor: descriptor) }
    func unregisterSender(descriptor: CInt, index: CInt) -> CInt { EmulatedProcess.unregisterSender(index: index) }

    /// What docs/uapi.md says in the place of such a call: create_fd, register_sender, close.
    func registerSelf(vector: UInt8) -> CInt {
        let descriptor = descriptor(vector: vector)
        guard descriptor >= 0 else { return descriptor }
        defer { close(descriptor) }
        return registerSender(descriptor: descriptor)
    }

    func alternateStack(top: UnsafeMutableRawPointer?, size: Int) -> CInt {
        let base = top.map { UInt64(UInt(bitPattern: $0)) &- UInt64(size) } ?? 0
        return EmulatedProcess.alternateStack(base: base, size: UInt64(size))
    }

    func wait(microseconds: UInt64?) -> CInt {
        HardwareCalls.wakeup(EmulatedProcess.wait(until: HardwareCalls.deadline(in: microseconds)))
    }

    func clui() { EmulatedProcess.clui() }
    func stui() { EmulatedProcess.stui() }
    func testui() -> Bool { EmulatedProcess.testui() }
    func senduipi(_ index: UInt64) { EmulatedProcess.senduipi(index) }
}
