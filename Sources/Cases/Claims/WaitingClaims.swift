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
                .violated("rfc-v1", "lost-wakeup", "what is posted between the test and the sleep is lost."),
                .violated("intel-sender", "lost-wakeup", "the same: nobody looks at PIR before the sleep."),
                .violated("mail", "lost-wakeup", "the same: the UPID is armed whatever PIR holds."),
                .holds("fault", "lost-wakeup", within: "cpus=3,senders=2,messages=2", "the UPID is armed only where PIR is empty, in one operation."),
                .holds("vector", "lost-wakeup", within: "cpus=3,senders=2,messages=2", "the check comes after the waiter can be found."),
                .init(.selftestToCome, "a vector pending before uintr_wait(), and senders that fire while it is entered.")),
            ThreadClaim(
                "W-2", "After a wakeup by a signal the waiter is off the wait list, and NV is again the vector of a running receiver.",
                by: tglx, in: "87r1dedykm",
                .violated("rfc-v1", "signal-leftovers", within: "signals=1", "the waiter stays on the list, and NV is the wait vector."),
                .holds("fault", "signal-leftovers", within: "messages=2,preemptions=1,signals=1", "nothing stays behind."),
                .holds("vector", "signal-leftovers", within: "messages=2,preemptions=1,signals=1", "nor with the repair cleanup.")),
            ThreadClaim(
                "W-3", "uintr_wait() can be called again right after a signal ended it.",
                by: tglx, in: "87r1dedykm",
                .init(.uapi, "a wait ended by a signal restarts with the same deadline, or is EINTR."),
                .violated("rfc-v1", "wait-list", within: "signals=1", "the second wait adds an entry that is still on the list."),
                .holds("vector", "wait-list", within: "messages=2,preemptions=1,signals=2", "two signals, three waits: the list stays sound."),
                .holds("fault", "lost-wakeup", within: "messages=2,preemptions=1,signals=2", "fault has no list; each wait is sound."),
                .init(.selftestToCome, "uintr_wait() ended by a signal, and called again.")),
            ThreadClaim(
                "W-4", "A notification for one waiter never ends the wait of another.",
                by: tglx, in: "87r1dedykm",
                .init(.uapi, "0 only while a vector of the caller's own is pending."),
                .holds("fault", "once-each", within: "receivers=2,messages=2,preemptions=1", "two waiters, one sent to: nothing is delivered to the other."),
                .holds("vector", "once-each", within: "receivers=2,messages=2,preemptions=1", "the same. A wait that ended without a vector would go unseen here, since the program waits again: that is the selftest's part."),
                .init(.selftestToCome, "many waiters, of which one is sent to.")),
            ThreadClaim(
                "W-5", "A SENDUIPI to a waiter whose NDST names a CPU that has gone offline loses the wakeup.",
                by: tglx, in: "87czoweu2d",
                .violated("rfc-v1", "lost-wakeup", scenario: "hotplug", "the trace of the mail."),
                .violated("intel-receiver", "lost-wakeup", scenario: "hotplug", "the same in Intel's later tree."),
                .holds("vector", "lost-wakeup", within: "messages=2", scenario: "hotplug", "with the waiters re-targeted by the CPU that leaves."),
                .holds("fault", "lost-wakeup", within: "messages=2", scenario: "hotplug", "nothing is sent to a CPU, so none can be missing."),
                .init(.lab, "the loss reproduced on a kernel with the posted design, and absent with the others."),
                .init(.torture, "waiters whose last CPU goes offline under fire.")),
            ThreadClaim(
                "W-6", "uintr_wait() without a handler should be EINVAL; the kernels so far answer EOPNOTSUPP.",
                by: tglx, in: "874ka7csce",
                .init(.selftest, "wait without a handler is EOPNOTSUPP"),
                .init(.selftest, "wait without a handler is EINVAL"),
                .init(.uapi, "EINVAL; EOPNOTSUPP says only that user interrupts are off."),
                .init(.unexplored, "an errno, not an interleaving."),
                .init(.emulation, "the errno of each of the other ABIs.")),
            ThreadClaim(
                "W-7", "After a wait the handler consumes the pending vectors on the return to user mode, so that a poll would find nothing where UIF is 1.",
                by: tglx, in: "874ka7csce",
                .init(.test, "an interrupt ends the wait of a blocked receiver, and the handler has run by then if UIF = 1"),
                .init(.selftest, "wait: with UIF = 0 a pending vector ends every wait with 0, until the handler has run"),
                .holds("fault", "delivered", within: "vectors=2,senders=2,messages=2", "what ended the wait is delivered after it."),
                .holds("fault", "once-each", within: "vectors=2,senders=2,messages=2", "and once."),
                .init(.uapi, "a pending vector ends every wait, with UIF = 0 too, until it is delivered; no poll for now.")),
            ThreadClaim(
                "W-8", "A notification for a sleeping receiver that reaches a CPU on which another receiver runs wakes the sleeper, and delivers nothing to the other.",
                by: luto, in: "f5a971e4",
                .holds("fault", "right-task", within: "receivers=2,senders=2,preemptions=1", "two receivers on two CPUs, and on one: neither takes what is meant for the other."),
                .holds("vector", "right-task", within: "receivers=2,senders=2,preemptions=1", "the wait vector is never in UINV, so the processor takes nothing for B."),
                .init(.selftestToCome, "a sleeping and a running receiver that share a CPU.")),
            ThreadClaim(
                "W-9", "While tasks wait, a CPU that is kept free of them sees no notification interrupt.",
                by: luto, in: "fd54f257",
                .violated("rfc-v1", "innocent-cpu", within: "senders=2", "the wait vector hits whatever runs on the sleeper's last CPU."),
                .violated("vector", "innocent-cpu", within: "senders=2", "that is the idea of the wait vector: no repair changes it."),
                .holds("fault", "innocent-cpu", within: "cpus=3,senders=2,messages=2,preemptions=1", "the sender does the work."),
                .init(.lab, "the counters of /proc/interrupts on an isolated CPU stay flat.")),
            ThreadClaim(
                "W-10", "A notification that is pending when its CPU goes offline, or that arrives after, harms nothing.",
                by: luto, in: "b537a890",
                .holds("fault", "delivered", within: "cpus=3,senders=2,preemptions=1,offline=1", "an IPI may arrive before, while and after its CPU is offline."),
                .holds("vector", "delivered", within: "senders=2,preemptions=1,offline=1", "the same."),
                .init(.torture, "offline and online under fire; the kernel's log stays clean.")),
            ThreadClaim(
                "W-11", "A receiver that does not wait is safe when its CPU goes offline: PIR is read again on its return to user mode.",
                by: tglx, in: "87tui162am",
                .holds("rfc-v1", "delivered", within: "messages=2,offline=1", user: "spin", "a receiver that only spins, as posted."),
                .holds("intel-receiver", "delivered", within: "messages=2,offline=1", user: "spin", "the same."),
                .holds("intel-sender", "delivered", within: "messages=2,offline=1", user: "spin", "the same."),
                .violated("mail", "delivered", within: "messages=2,offline=1", user: "spin", "not by hotplug but by a stray notification: it leaves ON = 1, the return to user mode does not clear ON, and the next SENDUIPI sends no IPI."),
                .holds("fault", "delivered", within: "messages=2,offline=1", user: "spin", "the same."),
                .holds("vector", "delivered", within: "messages=2,offline=1", user: "spin", "the same."),
                .init(.torture, "spinning receivers whose last CPU goes offline.")),
            ThreadClaim(
                "W-12", "A receiver that exits just after it was migrated, under fire, leaves no processor that writes to its freed UPID.",
                by: tglx, in: "87pmsp5aqx",
                .holds("fault", "freed-upid", within: "cpus=3,messages=2,preemptions=1,exits=1", "the pointer from the UPID to the task is cleared under the lock that the waker holds."),
                .init(.test, "each mutant of fault is caught by a claim"),
                .init(.lab, "migrate and exit under fire, with KASAN.")),
        ]
    }

    static var scheduler: [ThreadClaim] {
        [
            ThreadClaim(
                "S-1", "A receiver that waits and is scheduled out has the reserved bit of its UPID set; one that is scheduled out without waiting has SN set and the bit clear; one that runs has both clear.",
                by: luto, in: mail,
                .holds("mail", "upid-state", within: "messages=2,preemptions=1", "as the mail states it."),
                .holds("fault", "upid-state", within: "cpus=3,senders=2,preemptions=1,offline=1", "and in its correct form.")),
            ThreadClaim(
                "S-2", "A SENDUIPI to a waiter faults, and the kernel posts the vector and wakes the waiter once; each SENDUIPI posts exactly once whichever way it took, and none re-runs for ever.",
                by: luto, in: mail,
                .init(.test, "a UPID with a reserved bit set makes SENDUIPI fault and stays as it is"),
                .init(.uapi, "one post for each SENDUIPI, also where the kernel carries it out."),
                .holds("fault", "one-post", within: "senders=2,messages=2,preemptions=1", "once, by the processor or by the kernel."),
                .holds("fault", "fault-loop", within: "senders=2,messages=2", "the handler finishes the instruction: nothing is run again."),
                .violated("intel-sender", "fault-loop", scenario: "bad-upid", user: "spin", "a fault that has another cause is run again for ever."),
                .init(.lab, "senders on several CPUs to a waiter: every event is counted.")),
            ThreadClaim(
                "S-3", "A SENDUIPI from any CPU wakes a waiter whose last CPU is offline.",
                by: luto, in: mail,
                .holds("mail", "lost-wakeup", scenario: "hotplug", "the mail is right about its own scenario."),
                .holds("fault", "lost-wakeup", within: "messages=2", scenario: "hotplug", "and so is its correct form."),
                .holds("fault", "lost-wakeup", within: "cpus=3,senders=2,preemptions=1,offline=1", "also where senders do not wait for the CPU to be gone."),
                .init(.torture, "waiters whose last CPU goes offline under fire."),
                .init(.lab, "at least 2,000 cycles of offline and online on the project's kernel.")),
            ThreadClaim(
                "S-4", "ON = 1 at schedule-out, a notification still in flight, must not end in a sleep that nothing ends.",
                by: luto, in: mail,
                .violated("mail", "lost-wakeup", "the untended sleep that the mail fears."),
                .violated("mail", repairs: ["await-on"], "lost-wakeup", within: "messages=2,preemptions=1", "to wait for the IPI at schedule-out does not mend it: a SENDUIPI may come between the test of ON and the arming."),
                .holds("fault", "lost-wakeup", within: "cpus=3,senders=2,messages=2,preemptions=1", "to look at UIRR and PIR before arming does, without waiting for anything.")),
            ThreadClaim(
                "S-5", "A stale notification, after an offline or after the receiver was scheduled out, is harmless.",
                by: luto, in: mail,
                .init(.test, "lose nothing and invent nothing, whatever the processor enumerates"),
                .holds("fault", "right-task", within: "receivers=2,senders=2,preemptions=1,offline=1", "no stale notification is consumed for another task."),
                .holds("fault", "delivered", within: "receivers=2,senders=2,preemptions=1,offline=1", "and nothing is lost by one."),
                .init(.torture, "stray interrupts are counted, and lose nothing.")),
            ThreadClaim(
                "S-6", "Where a kernel thread runs between two runs of a receiver and the registers stay loaded, UINV is back before the return to user mode.",
                by: luto, in: mail,
                .holds("rfc-v1", "uinv-loaded", within: "messages=2,preemptions=1,kthreads=2", "XRSTORS is skipped where the registers are still the task's; the MSR is written all the same."),
                .holds("fault", "uinv-loaded", within: "messages=2,preemptions=1,kthreads=2,signals=1", "UINV is written on the last step to user mode, whoever owned the FPU."),
                .init(.lab, "a receiver that shares its CPU with a kernel thread that uses the FPU.")),
            ThreadClaim(
                "S-7", "The kernel never executes XRSTORS twice in a row with a UINV that is not 0, which raises #GP.",
                by: luto, in: mail,
                .holds("fault", "xrstors", within: "messages=2,preemptions=2,kthreads=1,signals=1,forks=1", "XRSTORS runs only where the component is not in the registers, and before UINV is written."),
                .init(.test, "each mutant of fault is caught by a claim"),
                .init(.lab, "exec, signals and ptrace of a receiver; no bad-FPU-state line in the kernel's log.")),
            ThreadClaim(
                "S-8", "Every other #GP of SENDUIPI, for a bad index or a bad entry, is still a SIGSEGV.",
                by: luto, in: mail,
                .init(.selftest, "SENDUIPI with an index that is not in use is SIGSEGV"),
                .init(.selftest, "SENDUIPI looks at all 64 bits of the index"),
                .init(.selftest, "SENDUIPI with an index that was given up is SIGSEGV"),
                .init(.uapi, "every #GP with another cause is SIGSEGV; no connection at all is SIGILL."),
                .holds("fault", "one-post", scenario: "bad-upid", user: "spin", "a reserved bit that is not the kernel's own posts nothing: the sender gets the signal."),
                .holds("fault", "fault-loop", scenario: "bad-upid", user: "spin", "and does not fault for ever."),
                .init(.selftestToCome, "bad indices and entries: SIGSEGV."),
                .init(.lab, "the same while the kernel decodes SENDUIPI in its #GP handler.")),
        ]
    }
}
