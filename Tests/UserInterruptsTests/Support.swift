import Glibc
import Synchronization
import SystemPackage
import Testing
@testable import UserInterrupts

/// Every suite of the API runs on these. A machine without the hardware says so once, loudly, with the reason.
enum Backends {
    static let all: [Backend] = {
        do {
            let found = try Detection.detect(environment: environment)
            guard found.backend == .hardware else {
                print("SKIP: the API suite does not run on the hardware here. " + found.reasons.joined(separator: " "))
                return [.emulation]
            }
            print("The API suite runs on the hardware too: ABI \(found.abi?.rawValue ?? "?"), \(found.cpu), \(found.kernel).")
            return [.emulation, try Backend.select(.hardware, on: found)]
        } catch {
            print("SKIP: the API suite does not run on the hardware here. \(error)")
            return [.emulation]
        }
    }()

    private static var environment: [String: String] {
        var environment: [String: String] = [:]
        for variable in ["UINTR_ABI", "UINTR_CALLS"] { environment[variable] = getenv(variable).map { String(cString: $0) } }
        return environment
    }
}

extension Backend: CustomTestStringConvertible {
    public var testDescription: String { kind == .hardware ? "hardware \(abi?.rawValue ?? "")" : "emulation" }
}

/// Counters that handlers and bodies share, in memory that does not move.
final class Cells: @unchecked Sendable {
    typealias Cell = Atomic<UInt64>
    let base: UnsafeMutablePointer<Cell>
    let count: Int

    init(_ count: Int) {
        self.count = count
        base = .allocate(capacity: count)
        for index in 0..<count { (base + index).initialize(to: Cell(0)) }
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    var context: UnsafeMutableRawPointer { UnsafeMutableRawPointer(base) }

    subscript(index: Int) -> UInt64 {
        get { base[index].load(ordering: .sequentiallyConsistent) }
        set { base[index].store(newValue, ordering: .sequentiallyConsistent) }
    }
}

/// Counts deliveries in the cell of the vector.
let counting: Handler = { context, _, vector in
    let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
    cells[Int(truncatingIfNeeded: vector)].wrappingAdd(1, ordering: .sequentiallyConsistent)
}

/// Appends the vector to a list: cell 0 is its length.
let listing: Handler = { context, _, vector in
    let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
    let place = cells[0].wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
    cells[Int(truncatingIfNeeded: place)].store(vector, ordering: .sequentiallyConsistent)
}

/// A thread of a test; an error of its body is recorded as an issue.
final class TestThread: @unchecked Sendable {
    private var thread = pthread_t()
    private let body: @Sendable () throws -> Void

    init(_ body: @escaping @Sendable () throws -> Void) {
        self.body = body
        let failure = pthread_create(&thread, nil, { argument in
            let thread = Unmanaged<TestThread>.fromOpaque(argument!).takeRetainedValue()
            do { try thread.body() } catch { Issue.record(error) }
            return nil
        }, Unmanaged.passRetained(self).toOpaque())
        precondition(failure == 0)
    }

    func join() { pthread_join(thread, nil) }
}

/// Spins until `condition`; the deadline only turns a hang into a failure.
func spin(_ what: String, until condition: () -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        if ContinuousClock.now > deadline { throw Hang(what: what) }
        sched_yield()
    }
}

struct Hang: Error { let what: String }

/// Waits masked until `condition`, as a receiver is meant to.
func waitMasked(_ receiver: borrowing Receiver, _ what: String, until condition: () -> Bool) throws {
    while true {
        receiver.mask()
        if condition() {
            receiver.unmask()
            return
        }
        let timed = receiver.backend.hasTimedWait
        let result = try receiver.wait(timeout: timed ? .seconds(60) : nil)
        receiver.unmask()
        // Nothing takes a minute here: what has come to be meanwhile was pending, and did not end the wait.
        if result == .timedOut { throw Hang(what: what) }
    }
}
