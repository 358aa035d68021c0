public import Glibc
public import UserInterrupts

/// The exit statuses of all commands here, as in kselftest.
public enum Status {
    public static let passed: CInt = 0
    public static let failed: CInt = 1
    public static let skipped: CInt = 4
    public static let usage: CInt = 64
}

/// Prints a sentence to standard error and ends the process.
public func end(_ sentence: String, _ status: CInt) -> Never {
    var line = sentence + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(status)
}

/// The backend of a choice by name, on this machine with its environment's `UINTR_ABI` and `UINTR_CALLS`.
public func selectBackend(_ name: String) throws(UserInterruptError) -> Backend {
    var environment: [String: String] = [:]
    for variable in ["UINTR_ABI", "UINTR_CALLS"] {
        if let value = getenv(variable) { environment[variable] = String(cString: value) }
    }
    return try Backend.select(BackendChoice(named: name), on: Detection.detect(environment: environment))
}

/// How an error ends the process: 64 for a name that is none, 4 where the hardware that was asked for is missing.
public func status(of error: any Error) -> CInt {
    switch (error as? UserInterruptError)?.code {
    case .unknownABI, .unknownBackend: Status.usage
    case .hardwareUnavailable: Status.skipped
    default: Status.failed
    }
}

/// Nanoseconds of a clock.
public func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// Starts a thread that nobody needs to be awaited by a task; it cannot be cancelled.
public func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(body))
    let failure = pthread_create(&thread, nil, { argument in
        if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
    }, job.toOpaque())
    guard failure == 0 else { end("no thread could be made: look at \"ulimit -u\"", Status.failed) }
    return thread
}

/// The words after the command's name, as `--name value` or `--name`.
public struct Options {
    private var values: [String: String] = [:]

    /// Ends the process for a word that is none of these.
    public init(_ words: [String], valued: [String], usage: String) {
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), valued.contains(String(word.dropFirst(2))), let value = rest.popFirst() else {
                end("usage: \(usage)", Status.usage)
            }
            values[String(word.dropFirst(2))] = value
        }
    }

    public subscript(name: String, default standard: String) -> String { values[name] ?? standard }

    public func number(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = values[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            end("--\(name) takes a number from \(range.lowerBound) to \(range.upperBound)", Status.usage)
        }
        return number
    }
}
