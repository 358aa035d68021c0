import Synchronization
import UserInterrupts

/// What the handler writes and the receiver reads.
enum Shared {
    static let delivered = Atomic<UInt64>(0)
}

// The hardware if this machine has it, the emulation if not.
let detection = try Detection.detect()
let backend = try Backend.select(.auto, on: detection)
print("backend: \(backend.kind.rawValue)")

let vectors = try Receiver.run(on: backend) { _, _, vector in
    // Here nothing may allocate or lock: an atomic is how a vector gets out.
    Shared.delivered.bitwiseOr(1 &<< vector, ordering: .relaxed)
} _: { receiver in
    let low = try Sender(to: receiver.makeDescriptor(for: UserVector(3)))
    let high = try Sender(to: receiver.makeDescriptor(for: UserVector(40)))
    low.send()
    high.send()
    // UIF is 0 until now. Both are pending, and vector 40 is delivered first.
    receiver.unmask()
    receiver.mask()
    while Shared.delivered.load(ordering: .relaxed).nonzeroBitCount < 2 {
        // With UIF = 0 a pending interrupt ends the wait, and its handler runs at the next unmask().
        _ = try receiver.wait()
        receiver.unmask()
        receiver.mask()
    }
    return Shared.delivered.load(ordering: .relaxed)
}
print("delivered: \((0..<64).filter { vectors & 1 << UInt64($0) != 0 })")
