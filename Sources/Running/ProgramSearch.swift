internal import CRunning
internal import Glibc

/// Finds a program by its name, as execvp(3) and shells do.
enum ProgramSearch {
    /// - Parameters:
    ///   - name: with a slash, the file itself; without one, looked for in `path`.
    ///   - path: the variable PATH; `nil` where it is not set.
    static func find(_ name: String, path: String?) throws(Refusal) -> String {
        guard !name.isEmpty else { throw Refusal(.notFound, "the program's name is empty. Name a program.") }
        guard !name.contains("/") else {
            try check(name)
            return name
        }
        var found: Refusal?
        for folder in (path ?? "/bin:/usr/bin").split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = folder.isEmpty ? "./\(name)" : "\(folder)/\(name)"
            do throws(Refusal) {
                try check(candidate)
                return candidate
            } catch {
                if error.kind == .notExecutable, found == nil { found = error }
            }
        }
        throw found
            ?? Refusal(
                .notFound,
                "\(name): there is no such program in PATH. With a slash in its name it is taken as a file: uintr run -- ./\(name)")
    }

    private static func check(_ path: String) throws(Refusal) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Refusal(errno == EACCES ? .notExecutable : .notFound, "\(path): \(errnoText).") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(.notExecutable, "\(path) is not a file that can be executed\(status.st_mode & S_IFMT == S_IFDIR ? ", but a folder" : "").")
        }
        guard access(path, X_OK) == 0 else {
            throw Refusal(.notExecutable, "\(path): \(errnoText). If it is a program: chmod +x \(path)")
        }
    }

    /// The library is not loaded into a program that gains privileges (ld.so(8), "Secure-execution mode").
    static func checkPrivileges(_ path: String) throws(Refusal) {
        var status = stat()
        var system = statvfs()
        guard stat(path, &status) == 0, statvfs(path, &system) == 0, system.f_flag & UInt(ST_NOSUID) == 0,
            !running_gains_no_privileges()
        else { return }
        let mode = status.st_mode
        var gained: String?
        if mode & S_ISUID != 0, status.st_uid != getuid() { gained = "is set-user-ID" }
        if mode & S_ISGID != 0, mode & S_IXGRP != 0, status.st_gid != getgid() { gained = "is set-group-ID" }
        if geteuid() != 0, running_has_capabilities(path) { gained = "has file capabilities" }
        guard let gained else { return }
        throw Refusal(
            .cannot,
            "\(path) \(gained): no library is loaded into such a program. Run a copy of it that has no privileges, or run it as its owner.")
    }
}
