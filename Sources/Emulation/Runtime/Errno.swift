internal import CEmulationRuntime

/// Negated errnos, as a system call returns them (x86-64 Linux).
enum Failure {
    static var interrupted: Int { -4 }  // EINTR
    static var descriptor: Int { -9 }  // EBADF
    static var memory: Int { -12 }  // ENOMEM
    static var address: Int { -14 }  // EFAULT
    static var busy: Int { -16 }  // EBUSY
    static var invalid: Int { -22 }  // EINVAL
    static var space: Int { -28 }  // ENOSPC
    static var noCall: Int { -38 }  // ENOSYS
    static var notSupported: Int { -95 }  // EOPNOTSUPP
    static var connected: Int { -106 }  // EISCONN
    static var shutdown: Int { -108 }  // ESHUTDOWN
    static var timedOut: Int { -110 }  // ETIMEDOUT
}
