// C: what the review of patches 03 to 10 found.

extension ThreadClaim {
    private static var tglx: String { "Thomas Gleixner" }

    static var patches: [ThreadClaim] {
        [
            ThreadClaim(
                "C-1", "Wherever the kernel saves the UINTR state component (switch, its own use of the FPU, a signal frame, clone), SN must be set, since the saving clears UINV; the posted series does not.",
                by: tglx, in: "87fstugabg",
                .init(.explorer, "design rfc-v1: a notification that arrives while the state is saved is consumed by nobody."),
                .init(.selftestToCome, "UINTR state over context switches, signals and kernel use of the FPU.")),
            ThreadClaim(
                "C-2", "A clone must not inherit the UINTR state component.",
                by: tglx, in: "878rzkeq9f",
                .init(.lab, "a child of a receiver starts with component 14 in its initial state."),
                .init(.selftestToCome, "fork, exec and exit.")),
            ThreadClaim(
                "C-3", "Before the return to user mode, with interrupts off: NDST names this CPU, SN is cleared, PIR is fetched and cleared in one atomic step and OR-ed into UIRR, and UINV comes last.",
                by: tglx, in: "87bl4fcxz8",
                .init(.explorer, "each order swapped and each atomic step split is a mutant of the correct design, and must be caught.")),
            ThreadClaim(
                "C-4", "A PIR that is not cleared delivers its vectors twice; storing PIR over UIRR instead of OR-ing it in loses the vectors that UIRR held.",
                by: "Sohil Mehta", in: "447377f0",
                .init(.test, "lose nothing and invent nothing, whatever the processor enumerates"),
                .init(.explorer, "both mistakes are mutants of the correct design, and must be caught.")),
            ThreadClaim(
                "C-5", "SN set after a sender has read it as 0 costs one ordinary interrupt with the notification vector in the kernel, and the vector posted is still delivered on the return to user mode.",
                by: tglx, in: "878rzhazlq",
                .init(.test, "lose nothing and invent nothing, whatever the processor enumerates"),
                .init(.explorer, "an IPI in flight over a schedule-out: nothing lost, and at most one stray interrupt.")),
            ThreadClaim(
                "C-6", "An invalid APIC ID, shifted into NDST's xAPIC form, looks like a valid one: FF00H.",
                by: tglx, in: "87czoyg88k",
                .init(.lab, "the kernel's patch never writes an NDST that it has not checked.")),
            ThreadClaim(
                "C-7", "A bad handler address must fault the receiver, and never the kernel.",
                by: tglx, in: "87a6k2g7mo",
                .init(.selftest, "register_handler: null is EFAULT"),
                .init(.selftestToCome, "handlers at non-canonical, kernel and unmapped addresses: the receiver dies of SIGSEGV, or registering fails."),
                .init(.uapi, "which addresses registering refuses.")),
            ThreadClaim(
                "C-8", "A plain system call should neither touch the UINTR MSRs nor clear SN: only a return after the state was saved needs it.",
                by: tglx, in: "877df6g603",
                .init(.lab, "the time of getppid() with and without a registered handler.")),
            ThreadClaim(
                "C-9", "Closing a descriptor while the receiver exits and registers anew must not free a UPID that is in use.",
                by: tglx, in: "87wnn6dzzn",
                .init(.explorer, "no touch of a freed UPID, with unregister and exit in the bounds."),
                .init(.emulation, "close, exit and register in parallel, under the address sanitizer.")),
            ThreadClaim(
                "C-10", "Registering a sender while the receiver unregisters or exits must either fail or be undone: the series tests for it without a lock.",
                by: tglx, in: "87tuiadz1n",
                .init(.emulation, "register_sender in parallel with unregister and exit, under the thread sanitizer."),
                .init(.lab, "the same on the kernel, with KASAN.")),
            ThreadClaim(
                "C-11", "Two tasks that give up one UITT at the same time must free it once.",
                by: tglx, in: "87tuiadz1n",
                .init(.emulation, "two threads that unregister the last entries in parallel."),
                .init(.lab, "the same on the kernel, with KASAN.")),
        ]
    }
}
