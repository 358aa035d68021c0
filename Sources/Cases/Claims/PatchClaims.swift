// C: what the review of patches 03 to 10 found.

extension ThreadClaim {
    private static var tglx: String { "Thomas Gleixner" }

    static var patches: [ThreadClaim] {
        [
            ThreadClaim(
                "C-1", "Wherever the kernel saves the UINTR state component (switch, its own use of the FPU, a signal frame, clone), SN must be set, since the saving clears UINV; the posted series does not.",
                by: tglx, in: "87fstugabg",
                .holds("rfc-v1", "delivered", within: "messages=2,preemptions=2,signals=1,forks=1,kthreads=2", user: "spin", "without SN over these saves nothing is lost, since the return to user mode sends itself what PIR holds: the cost is a stray interrupt (C-5)."),
                .holds("fault", "delivered", within: "kthreads=2,preemptions=1,signals=1,forks=1", "the component is saved at the switch alone, after SN was set."),
                .init(.selftestToCome, "UINTR state over context switches, signals and kernel use of the FPU.")),
            ThreadClaim(
                "C-2", "A clone must not inherit the UINTR state component.",
                by: tglx, in: "878rzkeq9f",
                .init(.uapi, "no thread and no child inherits component 14."),
                .holds("rfc-v1", "uinv-loaded", within: "preemptions=1,forks=1,kthreads=1", "fpu_clone() saves the parent's registers, which takes its UINV away; the way back to user mode writes it again."),
                .holds("fault", "uinv-loaded", within: "forks=1,preemptions=1,kthreads=1", "the FPU code does not know the component."),
                .init(.unexplored, "what the child finds in its own copy is a copy, not an interleaving; the model has the parent alone."),
                .init(.lab, "a child of a receiver starts with component 14 in its initial state."),
                .init(.selftestToCome, "fork, exec and exit.")),
            ThreadClaim(
                "C-3", "Before the return to user mode, with interrupts off: NDST names this CPU, SN is cleared, PIR is fetched and cleared in one atomic step and OR-ed into UIRR, and UINV comes last.",
                by: tglx, in: "87bl4fcxz8",
                .init(.test, "each mutant of fault is caught by a claim"),
                .holds("fault", "delivered", within: "senders=2,messages=2,preemptions=1", "in this order nothing is lost."),
                .holds("fault", "upid-state", within: "senders=2,messages=2,preemptions=1", "and a running receiver has neither SN nor another's NV.")),
            ThreadClaim(
                "C-4", "A PIR that is not cleared delivers its vectors twice; storing PIR over UIRR instead of OR-ing it in loses the vectors that UIRR held.",
                by: "Sohil Mehta", in: "447377f0",
                .init(.test, "lose nothing and invent nothing, whatever the processor enumerates"),
                .init(.test, "each mutant of fault is caught by a claim"),
                .holds("fault", "once-each", within: "vectors=2,senders=2,messages=2,preemptions=1", "no vector comes twice, or from nowhere.")),
            ThreadClaim(
                "C-5", "SN set after a sender has read it as 0 costs one ordinary interrupt with the notification vector in the kernel, and the vector posted is still delivered on the return to user mode.",
                by: tglx, in: "878rzhazlq",
                .init(.test, "lose nothing and invent nothing, whatever the processor enumerates"),
                .holds("fault", "delivered", within: "cpus=3,senders=2,preemptions=1,offline=1", "an IPI stays in flight as long as it likes: nothing is lost by it."),
                .holds("fault", "right-task", within: "receivers=2,senders=2,preemptions=1", "and the stray interrupt takes nothing from the task that it meets.")),
            ThreadClaim(
                "C-6", "An invalid APIC ID, shifted into NDST's xAPIC form, looks like a valid one: FF00H.",
                by: tglx, in: "87czoyg88k",
                .init(.unexplored, "cpu_to_ndst() is a conversion, not an interleaving; NDST is a CPU's number in the model."),
                .init(.lab, "the kernel's patch never writes an NDST that it has not checked.")),
            ThreadClaim(
                "C-7", "A bad handler address must fault the receiver, and never the kernel.",
                by: tglx, in: "87a6k2g7mo",
                .init(.selftest, "register_handler: null is EFAULT"),
                .init(.selftest, "register_handler: an address beyond user memory is EFAULT"),
                .init(.selftestToCome, "handlers at non-canonical, kernel and unmapped addresses: the receiver dies of SIGSEGV, or registering fails."),
                .init(.uapi, "0 and addresses beyond user memory are EFAULT; any other faults in the receiver."),
                .init(.unexplored, "an address, not an interleaving: delivery is one step of the model.")),
            ThreadClaim(
                "C-8", "A plain system call should neither touch the UINTR MSRs nor clear SN: only a return after the state was saved needs it.",
                by: tglx, in: "877df6g603",
                .init(.unexplored, "a matter of time; the model counts none. That fault does the work only after a save (TIF_UINTR) is in its steps."),
                .init(.lab, "the time of getppid() with and without a registered handler.")),
            ThreadClaim(
                "C-9", "Closing a descriptor while the receiver exits and registers anew must not free a UPID that is in use.",
                by: tglx, in: "87wnn6dzzn",
                .init(.uapi, "registering again makes a new UPID; the file's count is the lifetime."),
                .holds("fault", "freed-upid", within: "senders=2,preemptions=1,unregisters=1,exits=1", "a UPID is freed when its receiver and all its connections are gone, and not touched after."),
                .init(.unexplored, "descriptors are not in the model, and nobody registers again: a UPID lives as long as a connection, which is the rule of uapi.md and not its proof."),
                .init(.emulation, "close, exit and register in parallel, under the address sanitizer.")),
            ThreadClaim(
                "C-10", "Registering a sender while the receiver unregisters or exits must either fail or be undone: the series tests for it without a lock.",
                by: tglx, in: "87tuiadz1n",
                .init(.uapi, "ESHUTDOWN, or a connection whose posts are lost; tested under the lock that exit takes."),
                .init(.unexplored, "the model's senders are connected from the start."),
                .init(.emulation, "register_sender in parallel with unregister and exit, under the thread sanitizer."),
                .init(.lab, "the same on the kernel, with KASAN.")),
            ThreadClaim(
                "C-11", "Two tasks that give up one UITT at the same time must free it once.",
                by: tglx, in: "87tuiadz1n",
                .init(.uapi, "the table goes with the mm, so nobody frees it early."),
                .init(.unexplored, "the memory of the UITT is not in the model."),
                .init(.emulation, "two threads that unregister the last entries in parallel."),
                .init(.lab, "the same on the kernel, with KASAN.")),
        ]
    }
}
