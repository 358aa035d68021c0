/// Where a case's memory lies, in linear addresses: the same on the core, on bare metal and in a process.
public enum Layout {
    /// The instruction under test; user, executable. One page.
    public static var code: UInt64 { 0x1000_0000 }
    /// UIHANDLER's usual value: inside the code page.
    public static var handler: UInt64 { code + 0x800 }
    /// The user stack: four pages, writable, from here up.
    public static var stack: UInt64 { 0x1001_0000 }
    /// RSP at the start of a case: 16-byte aligned, with room on both sides.
    public static var stackTop: UInt64 { stack + 0x3000 }
    /// An alternate user stack: one page; its top is at +1000H.
    public static var altStack: UInt64 { 0x1002_0000 }
    public static var altStackTop: UInt64 { altStack + 0x1000 }
    /// A page of UPIDs, supervisor, writable.
    public static var upids: UInt64 { 0x1003_0000 }
    /// A page for the UITT, supervisor, writable.
    public static var uitt: UInt64 { 0x1004_0000 }
    /// An XSAVE area, supervisor, writable, 64-byte aligned; two pages.
    public static var xsave: UInt64 { 0x1005_0000 }
    /// User, not writable; one page.
    public static var readOnlyUser: UInt64 { 0x1007_0000 }
    /// Supervisor, not writable; one page.
    public static var readOnlySupervisor: UInt64 { 0x1008_0000 }
    /// A user shadow stack; one page.
    public static var shadowStack: UInt64 { 0x1009_0000 }
    /// A supervisor shadow stack; one page.
    public static var supervisorShadowStack: UInt64 { 0x100B_0000 }
    /// Nothing is mapped here.
    public static var absent: UInt64 { 0x100A_0000 }

    /// The address of UPID `index`, 0–63.
    public static func upid(_ index: Int) -> UInt64 { upids + UInt64(index) * 64 }
    /// The address of UITT entry `index`, 0–255.
    public static func uittEntry(_ index: Int) -> UInt64 { uitt + UInt64(index) * 16 }
    /// A non-canonical address under 4-level and under 5-level paging alike.
    public static var nonCanonical: UInt64 { 0x8000_0000_0000_0000 }
    /// Canonical under 5-level paging only.
    public static var canonical57: UInt64 { 0x0000_8000_0000_0000 }
}
