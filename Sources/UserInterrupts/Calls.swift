public import CUserInterrupts
internal import Glibc

/// What runs when a user interrupt is delivered: the context given at registration, the frame that delivery pushed, and the
/// vector, 0–63.
///
/// It runs between two instructions of the receiver's thread, with UIF = 0, and must be async-signal-safe: no allocation,
/// no lock, no Swift runtime call that may do either, no overflow that traps; and it leaves `errno` as it found it, which
/// nothing else saves. What it has to say leaves through atomics
/// reached from `context`. It must return, and may call ``Sender/send()``.
public typealias Handler =
    @convention(c) (_ context: UnsafeMutableRawPointer?, _ frame: UnsafeMutablePointer<InterruptFrame>?, _ vector: UInt64) -> Void

/// RIP, RFLAGS and RSP of the interrupted code (SDM Vol. 3A 9.4.2). Changes take effect at UIRET. The emulation's entry lies
/// 1 KiB below the frame: RSP may go down by 512 bytes, up as far as one likes, and to another stack.
public typealias InterruptFrame = uintr_frame

/// The system calls and instructions of one backend, for the calling thread.
///
/// Every call returns what a kernel does: 0 or above, or the negated errno. This is the seam between the API and what is
/// below it: a test scripts the kernel here.
protocol Calls: Sendable {
    /// `nil` on the emulation, which answers as `project` does.
    var abi: ABI? { get }
    /// The longest time that one ``wait(microseconds:)`` takes, in microseconds; 0 where it takes none.
    var longestWait: UInt64 { get }

    func registerHandler(_ handler: @escaping Handler, context: UnsafeMutableRawPointer?, flags: UInt32) -> CInt
    func unregisterHandler() -> CInt
    /// uintr_create_fd or uintr_vector_fd, whichever the ABI has. Returns a descriptor.
    func descriptor(vector: UInt8) -> CInt
    /// Returns an index of the UITT.
    func registerSender(descriptor: CInt) -> CInt
    /// Takes both, as the ABIs differ; the one that the ABI does not name is ignored.
    func unregisterSender(descriptor: CInt, index: CInt) -> CInt
    func registerSelf(vector: UInt8) -> CInt
    func alternateStack(top: UnsafeMutableRawPointer?, size: Int) -> CInt
    /// 0 after the full time, -EINTR if woken earlier. `nil` where the ABI's wait takes no time.
    func wait(microseconds: UInt64?) -> CInt

    func clui()
    func stui()
    func testui() -> Bool
    func senduipi(_ index: UInt64)
}

extension Calls {
    /// Makes a call that does nothing when it answers EINTR, until it answers otherwise.
    func retrying(_ call: () -> CInt) -> CInt {
        while true {
            let result = call()
            if result != -EINTR { return result }
        }
    }
}
