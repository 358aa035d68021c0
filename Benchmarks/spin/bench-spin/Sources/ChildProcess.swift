import Glibc

/// What a child process used, from wait4.
struct Usage {
    var wallSeconds: Double
    /// User and system time.
    var cpuSeconds: Double
    /// Peak resident set, bytes.
    var peakBytes: Int
    var exitStatus: Int32
    /// Standard output and standard error.
    var output: String
}

enum ChildProcess {
    /// Runs `arguments[0]`, found on PATH, in `folder`, and waits for it.
    static func run(_ arguments: [String], in folder: String) throws(Complaint) -> Usage {
        let outputPath = folder + "/output"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        // env goes to the folder and becomes the program. posix_spawnp wants a null-terminated array of C strings; each is freed below, after the child has its copy.
        var words = (["env", "-C", folder] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let start = monotonicSeconds()
        let error = posix_spawnp(&pid, "env", &actions, nil, &words, environ)
        guard error == 0 else { throw .failed("cannot run env: \(String(cString: strerror(error)))") }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw .failed("wait4 for \(arguments[0]): \(String(cString: strerror(errno)))") }
        }
        let wall = monotonicSeconds() - start
        let exited = status & 0x7f == 0
        return Usage(
            wallSeconds: wall, cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakBytes: usage.ru_maxrss * 1024,
            exitStatus: exited ? status >> 8 & 0xff : -(status & 0x7f), output: try contents(of: outputPath))
    }

    static func monotonicSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    static func contents(of path: String) throws(Complaint) -> String {
        guard let file = fopen(path, "r") else { throw .failed("cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = fread(buffer.baseAddress, 1, buffer.count, file)
            }
            if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece
        }
    }
}
