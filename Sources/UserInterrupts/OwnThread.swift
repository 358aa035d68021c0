internal import Glibc
internal import SystemPackage

/// What crosses to the new thread. The creating thread does not touch it between pthread_create and pthread_join, which
/// order all accesses.
private class ThreadBody {
    func run() {}
}

private final class ThreadResult<R: ~Copyable & Sendable>: ThreadBody {
    let body: @Sendable () throws -> R
    var result: Result<R, any Error>?

    init(_ body: @escaping @Sendable () throws -> R) { self.body = body }

    override func run() {
        do {
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
    }
}

/// Runs `body` on a new thread and waits for it. Not a task: what happens in `body` stays on one thread.
func runOnOwnThread<R: ~Copyable & Sendable>(_ body: @escaping @Sendable () throws -> R) throws -> R {
    let job = ThreadResult(body)
    var thread = pthread_t()
    let held = Unmanaged<ThreadBody>.passRetained(job)
    let failure = pthread_create(&thread, nil, { argument in
        if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
    }, held.toOpaque())
    guard failure == 0 else {
        held.release()
        throw UserInterruptError(
            code: .thread, operation: "pthread_create", errno: Errno(rawValue: failure),
            advice: "The process or the user has as many threads as allowed, or memory is short. Look at \"ulimit -u\" and at the control group's pids.max.")
    }
    pthread_join(thread, nil)
    guard let result = job.result.take() else {
        // pthread_exit from the body: it left no answer.
        throw UserInterruptError(
            code: .thread, operation: "running a receiver",
            advice: "Its body ended the thread instead of returning. Return from the body or throw.")
    }
    return try result.get()
}
