import Dispatch
import Lab
import Synchronization

/// The commands are synchronous: an asynchronous root opens descriptors of its own before anything else happens, and where
/// standard output is closed one of them takes its place.
enum Waiting {
    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, LabError>?>(nil)
    }

    /// Runs `body` to its end, while this thread waits. Not to be called from an asynchronous function.
    static func `for`<Value: Sendable>(_ body: @escaping @Sendable () async throws(LabError) -> Value) throws(LabError) -> Value {
        let outcome = Outcome<Value>()
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            let result: Result<Value, LabError>
            do throws(LabError) { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.result.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        // Set before the signal.
        guard let result = outcome.result.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
        return try result.get()
    }
}
