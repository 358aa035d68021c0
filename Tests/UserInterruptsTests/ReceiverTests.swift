import Glibc
import Synchronization
import SystemPackage
import Testing
@testable import UserInterrupts

@Suite("Receivers and senders mean the same on every backend")
struct ReceiverTests {
    @Test("the handler runs once for each send while the receiver spins", arguments: Backends.all)
    func spinning(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            receiver.unmask()
            let descriptor = try receiver.makeDescriptor(for: UserVector(7))
            let sender = TestThread { [number = dup(descriptor.rawValue)] in
                let sender = try Sender(to: VectorDescriptor(adopting: number, on: backend))
                for n in 1...1000 as ClosedRange<UInt64> {
                    sender.send()
                    try spin("delivery \(n)") { cells[7] >= n }
                    #expect(cells[7] == n)
                }
            }
            try spin("1000 deliveries") { cells[7] == 1000 }
            sender.join()
        }
        #expect(cells[7] == 1000)
        #expect((0..<64).allSatisfy { $0 == 7 || cells[$0] == 0 })
    }

    @Test("a body starts with UIF = 0; mask and unmask are seen by isUnmasked", arguments: Backends.all)
    func startsMasked(backend: Backend) throws {
        let seen = try Receiver.run(on: backend, handler: ignoring) { receiver in
            var seen = [receiver.isUnmasked]
            receiver.unmask()
            seen.append(receiver.isUnmasked)
            receiver.withMasked { seen.append(receiver.isUnmasked) }
            seen.append(receiver.isUnmasked)
            receiver.mask()
            seen.append(receiver.isUnmasked)
            return seen
        }
        #expect(seen == [false, true, false, true, false])
    }

    @Test("masked interrupts stay pending and are then delivered, the highest vector first", arguments: Backends.all)
    func highestFirst(backend: Backend) throws {
        let cells = Cells(128)
        try Receiver.run(on: backend, handler: listing, context: cells.context) { receiver in
            for vector in [3, 63, 0, 17, 40] {
                try Sender(to: receiver.makeDescriptor(for: UserVector(vector))).send()
            }
            #expect(cells[0] == 0)
            receiver.unmask()
            try spin("five deliveries") { cells[0] == 5 }
        }
        #expect((1...5).map { cells[$0] } == [63, 40, 17, 3, 0])
    }

    @Test("requests of one vector that are not yet delivered merge into one", arguments: Backends.all)
    func coalescing(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            let sender = try Sender(to: receiver.makeDescriptor(for: UserVector(5)))
            for _ in 0..<100 { sender.send() }
            receiver.unmask()
            try spin("the delivery") { cells[5] > 0 }
            receiver.mask()
            sender.send()
            receiver.unmask()
            try spin("the next delivery") { cells[5] > 1 }
        }
        #expect(cells[5] == 2)
    }

    @Test("all 64 vectors work and vector 64 is refused", arguments: Backends.all)
    func allVectors(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            for vector in UserVector.all {
                try Sender(to: receiver.makeDescriptor(for: vector)).send()
            }
            receiver.unmask()
            try spin("64 deliveries") { (0..<64).allSatisfy { cells[$0] == 1 } }
        }
        for number in [-1, 64, 100, 256, 1 << 40] {
            let error = #expect(throws: UserInterruptError.self) { try UserVector(number) }
            #expect(error?.code == .invalidVector)
            #expect(error?.description.contains("\(number)") == true)
        }
        #expect(try UserVector(63).rawValue == 63)
    }

    @Test("an interrupt that is pending before the wait ends it at once, with UIF = 0 too", arguments: Backends.all)
    func pendingBeforeWait(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            let sender = try Sender(to: receiver.makeDescriptor(for: UserVector(9)))
            sender.send()
            let longest: Duration? = backend.hasTimedWait ? .seconds(60) : nil
            let result1 = try receiver.wait(timeout: longest)
            #expect(result1 == .interrupted)
            let result2 = try receiver.wait(timeout: longest)
            #expect(result2 == .interrupted)
            #expect(cells[9] == 0)
            receiver.unmask()
            try spin("the delivery") { cells[9] == 1 }
        }
    }

    @Test("a wait with nothing pending ends when its time is over", arguments: Backends.all)
    func timeout(backend: Backend) throws {
        guard backend.hasTimedWait else {
            print("SKIP: the wait of \(backend.testDescription) takes no time.")
            return
        }
        for masked in [true, false] {
            try Receiver.run(on: backend, handler: ignoring) { receiver in
                if !masked { receiver.unmask() }
                let start = ContinuousClock.now
                let result3 = try receiver.wait(timeout: .milliseconds(20))
                #expect(result3 == .timedOut)
                #expect(ContinuousClock.now - start >= .milliseconds(20))
                let result4 = try receiver.wait(timeout: .zero)
                #expect(result4 == .timedOut)
            }
        }
    }

    @Test("an interrupt ends the wait of a blocked receiver, and the handler has run by then if UIF = 1", arguments: Backends.all)
    func blocked(backend: Backend) throws {
        let cells = Cells(65)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            let descriptor = try receiver.makeDescriptor(for: UserVector(1))
            receiver.unmask()
            let number = dup(descriptor.rawValue)
            let thread = TestThread {
                let sender = try Sender(to: VectorDescriptor(adopting: number, on: backend))
                // It cannot be known from outside that the receiver sleeps: send until it has come out.
                try spin("the end of the wait") {
                    sender.send()
                    usleep(1000)
                    return cells[64] == 1
                }
            }
            let result5 = try receiver.wait(timeout: backend.hasTimedWait ? .seconds(60) : nil)
            #expect(result5 == .interrupted)
            #expect(cells[1] >= 1)
            cells[64] = 1
            thread.join()
        }
    }

    @Test("a handler may send to its own thread, and what it sends is delivered after it", arguments: Backends.all)
    func sendInHandler(backend: Backend) throws {
        // Cell 0: the index to send to; 1: deliveries; 2: the depth of handlers; 3: the greatest depth.
        let cells = Cells(4)
        let handler: Handler = { context, _, _ in
            let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
            let depth = cells[2].wrappingAdd(1, ordering: .relaxed).newValue
            if depth > cells[3].load(ordering: .relaxed) { cells[3].store(depth, ordering: .relaxed) }
            if cells[1].wrappingAdd(1, ordering: .relaxed).newValue < 10 {
                let backend = Shared.backend.pointee
                backend.calls.senduipi(cells[0].load(ordering: .relaxed))
            }
            cells[2].wrappingSubtract(1, ordering: .relaxed)
        }
        Shared.lock.withLock { _ in
            Shared.backend.pointee = backend
            do {
                try Receiver.run(on: backend, handler: handler, context: cells.context) { receiver in
                    let sender = try Sender(to: receiver.makeDescriptor(for: UserVector(2)))
                    cells[0] = UInt64(sender.index)
                    receiver.unmask()
                    sender.send()
                    try spin("10 deliveries") { cells[1] == 10 }
                }
            } catch { Issue.record(error) }
        }
        #expect(cells[1] == 10)
        #expect(cells[3] == 1)
    }

    @Test("STUI in a handler lets other interrupts nest in it", arguments: Backends.all)
    func nesting(backend: Backend) throws {
        // 0: index of vector 2's sender; 1: depth; 2: greatest depth; 3, 4: deliveries of vectors 1 and 2.
        let cells = Cells(5)
        let handler: Handler = { context, _, vector in
            let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
            let depth = cells[1].wrappingAdd(1, ordering: .relaxed).newValue
            if depth > cells[2].load(ordering: .relaxed) { cells[2].store(depth, ordering: .relaxed) }
            let calls = Shared.backend.pointee.calls
            if vector == 1 {
                calls.stui()
                calls.senduipi(cells[0].load(ordering: .relaxed))
                while cells[4].load(ordering: .sequentiallyConsistent) == 0 {}
                calls.clui()
            }
            cells[vector == 1 ? 3 : 4].wrappingAdd(1, ordering: .sequentiallyConsistent)
            cells[1].wrappingSubtract(1, ordering: .relaxed)
        }
        Shared.lock.withLock { _ in
            Shared.backend.pointee = backend
            do {
                try Receiver.run(on: backend, handler: handler, context: cells.context) { receiver in
                    let second = try Sender(to: receiver.makeDescriptor(for: UserVector(2)))
                    let first = try Sender(to: receiver.makeDescriptor(for: UserVector(1)))
                    cells[0] = UInt64(second.index)
                    receiver.unmask()
                    // Once from the signal, once from STUI.
                    first.send()
                    try spin("vector 1") { cells[3] == 1 }
                    cells[4] = 0
                    receiver.mask()
                    first.send()
                    receiver.unmask()
                    try spin("vector 1 again") { cells[3] == 2 }
                    let unmasked = receiver.isUnmasked
                    #expect(unmasked)
                }
            } catch { Issue.record(error) }
        }
        #expect(cells[2] == 2)
        #expect(cells[4] == 1)
    }

    @Test("the frame names an instruction of the interrupted thread and a place in its stack", arguments: Backends.all)
    func frame(backend: Backend) throws {
        let cells = Cells(4)
        let handler: Handler = { context, frame, _ in
            let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
            cells[0].store(frame!.pointee.rip, ordering: .relaxed)
            cells[1].store(frame!.pointee.rflags, ordering: .relaxed)
            cells[2].store(frame!.pointee.rsp, ordering: .relaxed)
            cells[3].wrappingAdd(1, ordering: .sequentiallyConsistent)
        }
        try Receiver.run(on: backend, handler: handler, context: cells.context) { receiver in
            let sender = try Sender(to: receiver.makeDescriptor(for: UserVector(2)))
            for masked in [false, true] {
                if masked { receiver.mask() } else { receiver.unmask() }
                sender.send()
                receiver.unmask()
                try spin("the delivery") { cells[3] == (masked ? 2 : 1) }
                var here = 0
                let stack = withUnsafePointer(to: &here) { UInt64(UInt(bitPattern: $0)) }
                #expect(cells[0] != 0)
                #expect(cells[1] & 0x202 == 0x202)
                let distance = cells[2] > stack ? cells[2] - stack : stack - cells[2]
                #expect(distance < 1 << 20)
            }
        }
    }

    @Test("what a body returns or throws comes back, and the thread is another one", arguments: Backends.all)
    func result(backend: Backend) throws {
        struct Mine: Error {}
        let own = pthread_self()
        #expect(try Receiver.run(on: backend, handler: ignoring) { _ in pthread_self() } != own)
        #expect(try Receiver.run(on: backend, handler: ignoring) { _ in "said" } == "said")
        #expect(throws: Mine.self) { try Receiver.run(on: backend, handler: ignoring) { _ in throw Mine() } }
    }
}

/// The backend of the one test at a time whose handler executes instructions itself.
enum Shared {
    static let lock = Mutex(0)
    nonisolated(unsafe) static let backend = {
        let place = UnsafeMutablePointer<Backend>.allocate(capacity: 1)
        place.initialize(to: .emulation)
        return place
    }()
}
