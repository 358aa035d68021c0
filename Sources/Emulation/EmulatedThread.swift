internal import Architecture
internal import CEmulation
internal import Glibc
internal import Synchronization

/// A registered receiver as others see it. Its UPID lives as long as a UITT entry names it.
final class Target: Sendable {
    let id: UInt64
    /// 64-byte aligned. Shared: changed by atomics only.
    nonisolated(unsafe) let upid: UnsafeMutableRawPointer

    /// By id. None is used again, so a descriptor cannot come to name another receiver.
    private static let registry = Mutex<(last: UInt64, live: [UInt64: Target])>((0, [:]))

    /// For the calling thread: NDST names the CPU that it stands for.
    init() {
        id = Target.registry.withLock {
            $0.last += 1
            return $0.last
        }
        upid = .allocate(byteCount: Int(UPID.alignment), alignment: Int(UPID.alignment))
        let initial = UPID(nv: Processor.notificationVector, ndst: emulation_thread_id()).octaword
        upid.storeBytes(of: initial.low, as: UInt64.self)
        upid.storeBytes(of: initial.high, toByteOffset: 8, as: UInt64.self)
        Target.registry.withLock { $0.live[id] = self }
    }

    deinit { upid.deallocate() }

    static func find(_ id: UInt64) -> Target? { registry.withLock { $0.live[id] } }

    /// The receiver is gone. Senders that are connected still post, and notify nobody.
    func end() {
        _ = emulation_fetch_or(upid, UPID.snMask)
        _ = Target.registry.withLock { $0.live.removeValue(forKey: id) }
    }
}

/// What ordinary code of a thread has and the signal has not: the owners of memory. Made on first use, freed as the thread ends.
final class EmulatedThread {
    let processor = UnsafeMutablePointer<Processor>.allocate(capacity: 1)
    /// A table of the thread as in the first series, of the 256 entries that every kernel so far has.
    private let uitt = UnsafeMutableBufferPointer<(UInt64, UInt64)>.allocate(capacity: 256)
    /// The owners of the UPIDs that the table names.
    private var connections = [Target?](repeating: nil, count: 256)
    private(set) var target: Target?
    /// Registered with a waiting flag: user interrupts end a wait.
    private(set) var isWoken = false

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key) { if let thread = $0 { Unmanaged<EmulatedThread>.fromOpaque(thread).release() } }
        precondition(failure == 0, "the process has used all of its pthread keys")
        precondition(emulation_forget_in_child(), "no memory for a fork handler")
        return key
    }()

    static func current() -> EmulatedThread {
        // In the child of a fork what the key holds is a copy, without a processor. It is left alone: to end it would need locks
        // whose owners are not there.
        if emulation_processor() != nil, let thread = pthread_getspecific(key) { return Unmanaged.fromOpaque(thread).takeUnretainedValue() }
        let thread = EmulatedThread()
        pthread_setspecific(key, Unmanaged.passRetained(thread).toOpaque())
        emulation_set_processor(thread.processor)
        return thread
    }

    private init() {
        uitt.initialize(repeating: (0, 0))
        processor.initialize(to: Processor(uittsz: UInt32(uitt.count - 1)))
    }

    deinit {
        stop()
        // A signal that comes from now on finds nobody.
        emulation_set_processor(nil)
        processor.deallocate()
        uitt.deallocate()
    }

    func start(_ handler: @escaping emulation_handler, _ context: UnsafeMutableRawPointer?, isWoken: Bool) {
        let target = Target()
        (self.target, self.isWoken) = (target, isWoken)
        // Delivers one user interrupt to a handler that does nothing, and takes a notification, to have run it all once.
        processor.inSection { cpu in
            cpu.uintr.uihandler = UInt64(UInt(bitPattern: unsafeBitCast(handler, to: Int.self)))
            cpu.uintr.uistackadjust = 128
            cpu.uintr.uinv = Processor.notificationVector
            cpu.uintr.upidaddr = UInt64(UInt(bitPattern: target.upid))
            cpu.uintr.uirr = 1
        }
        processor.pointee.deferred = true
        _ = (processor.execute(.stui), processor.execute(.clui), processor.execute(.testui))
        (processor.pointee.handler, processor.pointee.context) = (handler, context)
        _ = emulation_signal_block(false)
    }

    /// Ends the receiver, if there is one. A signal on its way finds UINV = 0.
    func stop() {
        target?.end()
        processor.inSection { cpu in cpu.uintr = UserInterruptState(uittsz: cpu.uintr.uittsz, uitt: cpu.uintr.uitt) }
        processor.settle(nil)
        // Another receiver may start on this thread: `start` delivers once before it has set its own.
        (processor.pointee.handler, processor.pointee.context) = ({ _, _, _ in }, nil)
        target = nil
    }

    /// Fills the lowest free entry; -ENOSPC if there is none.
    func connect(to target: Target, vector: UInt64) -> CInt {
        guard let index = connections.firstIndex(where: { $0 == nil }) else { return -ENOSPC }
        connections[index] = target
        set(index, UITTEntry(uv: UInt8(vector), upidaddr: UInt64(UInt(bitPattern: target.upid))))
        return CInt(index)
    }

    func disconnect(_ index: Int) -> CInt {
        guard connections.indices.contains(index), connections[index] != nil else { return -EINVAL }
        set(index, UITTEntry())
        connections[index] = nil
        return 0
    }

    /// SENDUIPI is enabled from the first connection on.
    private func set(_ index: Int, _ entry: UITTEntry) {
        uitt[index] = (entry.control, entry.upidaddr)
        let table = UInt64(UInt(bitPattern: uitt.baseAddress)) | 1
        processor.inSection { cpu in cpu.uintr.uitt = table }
        processor.settle(nil)
    }
}
