import Synchronization
@testable import UserInterrupts

/// A kernel that answers what it is told, call by call, and notes what it was asked.
final class ScriptedKernel: Calls {
    let abi: ABI?
    var longestWait: UInt64 { abi?.longestWait ?? 1_000_000_000 }
    private let script: Mutex<[CInt]>
    private let log = Mutex<[String]>([])
    private let uif = Mutex(false)

    /// - Parameter script: the answers in their order; 0 when they have run out.
    init(_ abi: ABI?, _ script: [CInt]) {
        self.abi = abi
        self.script = Mutex(script)
    }

    var asked: [String] { log.withLock { $0 } }
    var backend: Backend { Backend(kind: .hardware, calls: self) }

    private func answer(_ question: String) -> CInt {
        log.withLock { $0.append(question) }
        return script.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
    }

    func registerHandler(_ handler: @escaping Handler, context: UnsafeMutableRawPointer?, flags: UInt32) -> CInt {
        answer("register_handler \(flags)")
    }
    func unregisterHandler() -> CInt { answer("unregister_handler") }
    func descriptor(vector: UInt8) -> CInt { answer("fd \(vector)") }
    func registerSender(descriptor: CInt) -> CInt { answer("register_sender \(descriptor)") }
    func unregisterSender(descriptor: CInt, index: CInt) -> CInt { answer("unregister_sender \(index)") }
    func registerSelf(vector: UInt8) -> CInt { answer("register_self \(vector)") }
    func alternateStack(top: UnsafeMutableRawPointer?, size: Int) -> CInt { answer("alt_stack \(size)") }
    func wait(microseconds: UInt64?) -> CInt { answer("wait \(microseconds.map(String.init) ?? "-")") }
    func clui() { uif.withLock { $0 = false } }
    func stui() { uif.withLock { $0 = true } }
    func testui() -> Bool { uif.withLock { $0 } }
    func senduipi(_ index: UInt64) { _ = answer("senduipi \(index)") }
}

let ignoring: Handler = { _, _, _ in }
