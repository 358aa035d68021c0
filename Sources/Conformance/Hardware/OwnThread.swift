internal import Glibc

/// A thread that runs one case and is waited for.
enum OwnThread {
    /// In seconds. No case takes a hundredth of it; a kernel that runs one instruction again and again would take for ever.
    private static let limit = 60

    /// `result` is written by the new thread before it posts `done`, and read by the other one after it has waited for that.
    private final class Job: @unchecked Sendable {
        let body: @Sendable () -> CaseResult.Verdict
        let done: UnsafeMutablePointer<sem_t>
        var result: CaseResult.Verdict?

        init(_ body: @escaping @Sendable () -> CaseResult.Verdict) {
            self.body = body
            done = .allocate(capacity: 1)
            sem_init(done, 0, 0)
        }

        deinit {
            sem_destroy(done)
            done.deallocate()
        }
    }

    /// - Throws: `Unavailable` where no thread can be had, or the body does not end.
    static func run(_ body: @escaping @Sendable () -> CaseResult.Verdict) throws(Unavailable) -> CaseResult.Verdict {
        let job = Job(body)
        var thread = pthread_t()
        let held = Unmanaged.passRetained(job)
        let failure = pthread_create(&thread, nil, { argument in
            if let argument {
                let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
                job.result = job.body()
                sem_post(job.done)
            }
            return nil
        }, held.toOpaque())
        guard failure == 0 else {
            held.release()
            throw Unavailable(sentence: "no thread for the case: \(describe(errno: failure)). Look at ulimit -u.")
        }

        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += limit
        while sem_timedwait(job.done, &deadline) != 0 {
            if errno == EINTR { continue }
            pthread_detach(thread)
            throw Unavailable(
                sentence: "the case did not end in \(limit) seconds, and its thread is left behind: no further case can run in this "
                    + "process. A kernel may be running one instruction again and again; look at dmesg.")
        }
        pthread_join(thread, nil)
        guard let result = job.result else { throw Unavailable(sentence: "the case ended its thread") }
        return result
    }
}
