/// A fixed, physical-destination interrupt on its way between local APICs.
public struct InterruptMessage: Equatable, Hashable, Sendable {
    /// 8 bits; below 16 it is illegal.
    public var vector: UInt8
    /// A physical APIC ID, or the broadcast ID of the sender's mode.
    public var destination: UInt32
    /// True from a sender in x2APIC mode: all 32 bits of `destination` count, and FFFFFFFFH is broadcast. In xAPIC mode 8 bits
    /// count, and FFH is broadcast.
    public var isX2APIC: Bool

    @inlinable public init(vector: UInt8, destination: UInt32, isX2APIC: Bool) {
        self.vector = vector
        self.destination = destination
        self.isX2APIC = isX2APIC
    }

    @inlinable public var isBroadcast: Bool { destination == (isX2APIC ? 0xFFFF_FFFF : 0xFF) }
}

extension LocalAPIC {
    /// What this local APIC sends for a notification: SENDUIPI's step 6 (SDM Vol. 2).
    ///
    /// - Returns: nil where nothing leaves: the APIC is disabled, or the vector is illegal, which ESR[5] records.
    @inlinable public mutating func message(for notification: Notification) -> InterruptMessage? {
        guard mode != .disabled else { return nil }
        guard notification.vector >= LocalAPIC.lowestLegalVector else {
            sentIllegalVector = true
            return nil
        }
        if mode == .x2APIC {
            return InterruptMessage(vector: notification.vector, destination: notification.ndst, isX2APIC: true)
        }
        return InterruptMessage(
            vector: notification.vector, destination: notification.ndst &>> 8 & 0xFF, isX2APIC: false)
    }

    /// True if the message is meant for this local APIC.
    @inlinable public func isAddressed(by message: InterruptMessage) -> Bool {
        switch mode {
        case .disabled: false
        case .xAPIC: message.isBroadcast || message.destination == id & 0xFF
        case .x2APIC: message.isBroadcast || message.destination == id
        }
    }

    /// The message arrives. A vector that is already in IRR merges with it.
    ///
    /// - Returns: false where it is dropped: not addressed, disabled, or an illegal vector, which ESR[6] records.
    @inlinable @discardableResult public mutating func accept(_ message: InterruptMessage) -> Bool {
        guard isAddressed(by: message), softwareEnabled else { return false }
        guard message.vector >= LocalAPIC.lowestLegalVector else {
            receivedIllegalVector = true
            return false
        }
        irr[message.vector] = true
        return true
    }
}

/// Interrupt messages in flight, at most 32: each arrives at some later time, in any order.
public struct MessagesInFlight: Equatable, Sendable {
    @usableFromInline var storage = InlineArray<32, InterruptMessage>(
        repeating: InterruptMessage(vector: 0, destination: 0, isX2APIC: false))
    /// 0–32.
    public private(set) var count: UInt8 = 0

    public init() {}

    public static var capacity: UInt8 { 32 }

    public subscript(index: UInt8) -> InterruptMessage { storage[Int(truncatingIfNeeded: index & 31)] }

    /// - Returns: false if 32 are in flight already: the sender has to wait until one has arrived.
    public mutating func append(_ message: InterruptMessage) -> Bool {
        guard count < MessagesInFlight.capacity else { return false }
        storage[Int(truncatingIfNeeded: count)] = message
        count &+= 1
        return true
    }

    /// Takes one out. The order of the others stays.
    public mutating func remove(at index: UInt8) -> InterruptMessage? {
        guard index < count else { return nil }
        let message = self[index]
        var next = index
        while next &+ 1 < count {
            storage[Int(truncatingIfNeeded: next)] = self[next &+ 1]
            next &+= 1
        }
        count &-= 1
        return message
    }

    public static func == (a: MessagesInFlight, b: MessagesInFlight) -> Bool {
        guard a.count == b.count else { return false }
        for index in 0..<a.count where a[index] != b[index] { return false }
        return true
    }
}
