/// A situation that an exploration is confined to, beside its bounds.
public enum Scenario: String, CaseIterable, Codable, Hashable, Sendable {
    /// Everything that the bounds allow.
    case any
    /// The mail's: nothing is posted until the receiver sleeps and its CPU goes offline.
    case hotplug
    /// The UPID of receiver A has a reserved bit set that is not the kernel's own: every SENDUIPI to it faults.
    case badUPID = "bad-upid"
}
