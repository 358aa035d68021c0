internal import Emulation
internal import Glibc

/// The software machine, which answers as intel-6.0 does.
struct EmulationCalls: Calls {
    var abi: ABI? { nil }
    var longestWait: UInt64 { SoftwareMachine.longestWait }

    func registerHandler(_ handler: @escaping Handler, context: UnsafeMutableRawPointer?, flags: UInt32) -> CInt {
        // The same C function type, but that the emulation does not know the shim's frame: there the pointer is untyped.
        typealias Untyped = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt64) -> Void
        return SoftwareMachine.registerHandler(unsafeBitCast(handler, to: Untyped.self), context: context, flags: flags)
    }

    func unregisterHandler() -> CInt { SoftwareMachine.unregisterHandler() }
    func descriptor(vector: UInt8) -> CInt { SoftwareMachine.descriptor(vector: UInt64(vector)) }
    func registerSender(descriptor: CInt) -> CInt { SoftwareMachine.registerSender(descriptor: descriptor) }
    func unregisterSender(descriptor: CInt, index: CInt) -> CInt { SoftwareMachine.unregisterSender(index: index) }
    func registerSelf(vector: UInt8) -> CInt { SoftwareMachine.registerSelf(vector: UInt64(vector)) }

    /// The handler is called on the stack of the signal, so there is no such call.
    func alternateStack(top: UnsafeMutableRawPointer?, size: Int) -> CInt { -ENOSYS }

    /// Always called with a time: ``longestWait`` is not 0.
    func wait(microseconds: UInt64?) -> CInt { SoftwareMachine.wait(microseconds: microseconds ?? longestWait) }

    func clui() { SoftwareMachine.clui() }
    func stui() { SoftwareMachine.stui() }
    func testui() -> Bool { SoftwareMachine.testui() }
    func senduipi(_ index: UInt64) { SoftwareMachine.senduipi(index) }
}
