// W and S: waiting. W is the review of patch 11; S is the design that Lutomirski's mail sets against it.

extension ThreadClaim {
    private static var tglx: String { "Thomas Gleixner" }
    private static var luto: String { "Andy Lutomirski" }
    private static var mail: String { "25ba1e1f" }

    static var waiting: [ThreadClaim] {
        [
            ThreadClaim(
                "W-1", "A vector posted just before the receiver sleeps, or while it goes to sleep, ends the sleep.",
                by: tglx, in: "87r1dedykm",
                .init(.test, "an interrupt that is pending before the wait ends it at once, with UIF = 0 too"),
                .init(.test, "a blocked receiver and its sender in lock step: every event is delivered exactly once"),
                .init(.explorer, "the claim lost-wakeup, without hotplug."),
                .init(.selftestToCome, "a vector pending before uintr_wait(), and senders that fire while it is entered.")),
            ThreadClaim(
                "W-2", "After a wakeup by a signal the waiter is off the wait list, and NV is again the vector of a running receiver.",
                by: tglx, in: "87r1dedykm",
                .init(.explorer, "a waiter woken by a signal leaves nothing behind; the wait list stays sound.")),
            ThreadClaim(
                "W-3", "uintr_wait() can be called again right after a signal ended it.",
                by: tglx, in: "87r1dedykm",
                .init(.explorer, "two waits with a signal in the bounds: the wait list stays sound."),
                .init(.selftestToCome, "uintr_wait() ended by a signal, and called again.")),
            ThreadClaim(
                "W-4", "A notification for one waiter never ends the wait of another.",
                by: tglx, in: "87r1dedykm",
                .init(.explorer, "two waiting receivers, one sent to."),
                .init(.selftestToCome, "many waiters, of which one is sent to.")),
            ThreadClaim(
                "W-5", "A SENDUIPI to a waiter whose NDST names a CPU that has gone offline loses the wakeup.",
                by: tglx, in: "87czoweu2d",
                .init(.explorer, "design rfc-v1, scenario hotplug: the claim lost-wakeup is violated, with the trace of the mail."),
                .init(.lab, "the loss reproduced on a kernel with the posted design, and absent with the others."),
                .init(.torture, "waiters whose last CPU goes offline under fire.")),
            ThreadClaim(
                "W-6", "uintr_wait() without a handler should be EINVAL; the kernels so far answer EOPNOTSUPP.",
                by: tglx, in: "874ka7csce",
                .init(.selftest, "wait without a handler is EOPNOTSUPP"),
                .init(.uapi, "the errno of the project's own call."),
                .init(.emulation, "the errno of each of the other ABIs.")),
            ThreadClaim(
                "W-7", "After a wait the handler consumes the pending vectors on the return to user mode, so that a poll would find nothing where UIF is 1.",
                by: tglx, in: "874ka7csce",
                .init(.test, "an interrupt ends the wait of a blocked receiver, and the handler has run by then if UIF = 1"),
                .init(.explorer, "every posted vector is delivered once, also the one that ended the wait."),
                .init(.uapi, "what a wait does while UIF is 0, where the vector stays pending.")),
            ThreadClaim(
                "W-8", "A notification for a sleeping receiver that reaches a CPU on which another receiver runs wakes the sleeper, and delivers nothing to the other.",
                by: luto, in: "f5a971e4",
                .init(.explorer, "no notification is consumed for another task: two receivers on one CPU."),
                .init(.selftestToCome, "a sleeping and a running receiver that share a CPU.")),
            ThreadClaim(
                "W-9", "While tasks wait, a CPU that is kept free of them sees no notification interrupt.",
                by: luto, in: "fd54f257",
                .init(.explorer, "no innocent CPU is interrupted by the wakeup of a sleeping task."),
                .init(.lab, "the counters of /proc/interrupts on an isolated CPU stay flat.")),
            ThreadClaim(
                "W-10", "A notification that is pending when its CPU goes offline, or that arrives after, harms nothing.",
                by: luto, in: "b537a890",
                .init(.explorer, "IPIs in flight over offline and online."),
                .init(.torture, "offline and online under fire; the kernel's log stays clean.")),
            ThreadClaim(
                "W-11", "A receiver that does not wait is safe when its CPU goes offline: PIR is read again on its return to user mode.",
                by: tglx, in: "87tui162am",
                .init(.explorer, "scenario hotplug with a receiver that does not wait, in every design."),
                .init(.torture, "spinning receivers whose last CPU goes offline.")),
            ThreadClaim(
                "W-12", "A receiver that exits just after it was migrated, under fire, leaves no processor that writes to its freed UPID.",
                by: tglx, in: "87pmsp5aqx",
                .init(.explorer, "no touch of a freed UPID, with migration and exit in the bounds."),
                .init(.lab, "migrate and exit under fire, with KASAN.")),
        ]
    }

    static var scheduler: [ThreadClaim] {
        [
            ThreadClaim(
                "S-1", "A receiver that waits and is scheduled out has the reserved bit of its UPID set; one that is scheduled out without waiting has SN set and the bit clear; one that runs has both clear.",
                by: luto, in: mail,
                .init(.explorer, "invariant of the designs mail and fault.")),
            ThreadClaim(
                "S-2", "A SENDUIPI to a waiter faults, and the kernel posts the vector and wakes the waiter once; each SENDUIPI posts exactly once whichever way it took, and none re-runs for ever.",
                by: luto, in: mail,
                .init(.test, "a UPID with a reserved bit set makes SENDUIPI fault and stays as it is"),
                .init(.explorer, "no endless fault loop, and exactly one post for each SENDUIPI."),
                .init(.lab, "senders on several CPUs to a waiter: every event is counted.")),
            ThreadClaim(
                "S-3", "A SENDUIPI from any CPU wakes a waiter whose last CPU is offline.",
                by: luto, in: mail,
                .init(.explorer, "designs mail and fault, scenario hotplug: the claim lost-wakeup."),
                .init(.torture, "waiters whose last CPU goes offline under fire."),
                .init(.lab, "at least 2,000 cycles of offline and online on the project's kernel.")),
            ThreadClaim(
                "S-4", "ON = 1 at schedule-out, a notification still in flight, must not end in a sleep that nothing ends.",
                by: luto, in: mail,
                .init(.explorer, "IPIs in flight over a schedule-out; waiting for the IPI as a switch of its own: necessary, sufficient or useless.")),
            ThreadClaim(
                "S-5", "A stale notification, after an offline or after the receiver was scheduled out, is harmless.",
                by: luto, in: mail,
                .init(.test, "lose nothing and invent nothing, whatever the processor enumerates"),
                .init(.explorer, "no notification is consumed for another task; nothing lost by a stray interrupt."),
                .init(.torture, "stray interrupts are counted, and lose nothing.")),
            ThreadClaim(
                "S-6", "Where a kernel thread runs between two runs of a receiver and the registers stay loaded, UINV is back before the return to user mode.",
                by: luto, in: mail,
                .init(.explorer, "UINV is loaded whenever the task is in user mode with interrupts enabled."),
                .init(.lab, "a receiver that shares its CPU with a kernel thread that uses the FPU.")),
            ThreadClaim(
                "S-7", "The kernel never executes XRSTORS twice in a row with a UINV that is not 0, which raises #GP.",
                by: luto, in: mail,
                .init(.explorer, "XRSTORS never raises #GP."),
                .init(.lab, "exec, signals and ptrace of a receiver; no bad-FPU-state line in the kernel's log.")),
            ThreadClaim(
                "S-8", "Every other #GP of SENDUIPI, for a bad index or a bad entry, is still a SIGSEGV.",
                by: luto, in: mail,
                .init(.selftest, "SENDUIPI with an index that is not in use is SIGSEGV"),
                .init(.selftest, "SENDUIPI looks at all 64 bits of the index"),
                .init(.selftest, "SENDUIPI with an index that was given up is SIGSEGV"),
                .init(.selftestToCome, "bad indices and entries: SIGSEGV."),
                .init(.lab, "the same while the kernel decodes SENDUIPI in its #GP handler.")),
        ]
    }
}
