// States that cannot be told apart. CPUs differ in what they do and not in their numbers, except CPU 0, which never goes offline;
// senders of one vector to one receiver differ in nothing (Ip & Dill 1996). A field that is written before it is next read is dead.

extension KernelModel {
    @inlinable public func canonical(_ state: KernelState) -> KernelState {
        var s = state
        if ndstIsDead(state) {
            for r in 0..<receivers where s[receiver: r].sn {
                s[receiver: r].ndst = 0
                s[receiver: r].on = false
            }
        }
        if senders > 1 { sortSenders(&s) }
        guard cpus > 1 else { return s }
        var least = s
        if cpus == 2 {
            if cpuZeroIsAlike { consider(&least, s, 1, 0, 2) }
        } else {
            consider(&least, s, 0, 2, 1)
            if cpuZeroIsAlike {
                consider(&least, s, 1, 0, 2)
                consider(&least, s, 1, 2, 0)
                consider(&least, s, 2, 0, 1)
                consider(&least, s, 2, 1, 0)
            }
        }
        return least
    }

    /// Scenario hotplug reads NDST until it lets the senders begin (`sleepsWithCPUOffline`).
    @inlinable func ndstIsDead(_ s: KernelState) -> Bool {
        program.suppressedNDSTIsDead && (scenario != .hotplug || s.mayPost)
    }

    @inlinable var cpuZeroIsAlike: Bool { configuration.bounds.offline == 0 }

    /// Keeps the lesser of `least` and `s` with its CPUs renumbered: what was CPU 0 is CPU `a` then, and so on.
    @inlinable func consider(_ least: inout KernelState, _ s: KernelState, _ a: Int, _ b: Int, _ c: Int) {
        var t = renumbered(s, a, b, c)
        if senders > 1 { sortSenders(&t) }
        if (t.w0, t.w1, t.w2, t.w3) < (least.w0, least.w1, least.w2, least.w3) { least = t }
    }

    @inlinable func renumbered(_ s: KernelState, _ a: Int, _ b: Int, _ c: Int) -> KernelState {
        @inline(__always) func new(_ cpu: Int) -> Int { cpu == 0 ? a : cpu == 1 ? b : cpu == 2 ? c : cpu }
        var t = s
        t[cpu: a] = s[cpu: 0]
        t[cpu: b] = s[cpu: 1]
        if cpus == 3 { t[cpu: c] = s[cpu: 2] }
        if s.hotplugPhase != 0 { t.hotplugCPU = new(s.hotplugCPU) }
        // A UPID's NDST counts where it is not dead; where it is, 0 stands for nothing and stays.
        for r in 0..<receivers {
            let task = s[receiver: r]
            if !(ndstIsDead(s) && task.sn) { t[receiver: r].ndst = new(task.ndst) }
        }
        for index in 0..<senders where s[sender: index].pc == 1 { t[sender: index].ndst = new(s[sender: index].ndst) }
        let flights = s.w3 &>> 36
        var moved: UInt64 = 0
        for cpu in 0..<cpus { moved |= (flights &>> UInt64(cpu &* 4) & 15) &<< UInt64(new(cpu) &* 4) }
        t.w3 = s.w3 & ~(0xFFF &<< 36) & ~0xF_FFFF_FFFF | t.w3 & 0xF_FFFF_FFFF | moved &<< 36
        return t
    }

    /// Sorts senders of the same vector to the same receiver by what they are at and on which CPU.
    @inlinable func sortSenders(_ s: inout KernelState) {
        for i in 0..<(senders - 1) {
            for j in (i + 1)..<senders where target(of: i) == target(of: j) && vector(of: i) == vector(of: j) {
                let (a, b) = (s[sender: i], s[sender: j])
                let (onA, onB) = (cpu(running: i + 3, s), cpu(running: j + 3, s))
                let keyA = a.bits &<< 2 | UInt64(onA ?? 3)
                let keyB = b.bits &<< 2 | UInt64(onB ?? 3)
                guard keyB < keyA else { continue }
                s[sender: i] = b
                s[sender: j] = a
                if let onA { s[cpu: onA].current = j + 3 }
                if let onB { s[cpu: onB].current = i + 3 }
            }
        }
    }
}
