// A and B: what the series promises, and the benchmark that its critics asked for.

extension ThreadClaim {
    private static var cover: String { "20210913200132.3396598-1" }
    private static var sohil: String { "Sohil Mehta" }

    static var coverLetter: [ThreadClaim] {
        [
            ThreadClaim(
                "A-1", "To a receiver that spins in user mode, a user IPI takes at most a ninth of the time of an eventfd, a signal, a pipe or a socket.",
                by: sohil, in: cover,
                .init(.bench, "ping-pong with a spinning receiver, relative to the user IPI, on hardware only: a ratio measured on the emulation says nothing of it.")),
            ThreadClaim(
                "A-2", "To a receiver blocked in uintr_wait() a user IPI is about as fast as an eventfd: 8.9 to 9.7 in the author's figures.",
                by: sohil, in: "the follow-up of 14 September 2021 to \(cover)",
                .init(.bench, "ping-pong with a blocked receiver; on hardware only.")),
            ThreadClaim(
                "A-3", "A receiver that runs in user mode is interrupted without the kernel being entered on either side.",
                by: sohil, in: cover,
                .init(.lab, "the UINTR lines of /proc/interrupts stay as they are while a running receiver is sent to.")),
            ThreadClaim(
                "A-4", "What is sent to a preempted receiver is delivered when it next runs, and is not lost.",
                by: sohil, in: cover,
                .holds("fault", "delivered", within: "messages=2,preemptions=2", "nothing is lost over a preemption at any step, in the kernel or in user mode."),
                .holds("vector", "delivered", within: "messages=2,preemptions=2", "nor with the repaired wait vector."),
                .init(.selftestToCome, "a receiver that shares its CPU with a task that never sleeps.")),
            ThreadClaim(
                "A-5", "A receiver in uintr_wait() is woken and its handler runs; one in read() or sleep is not woken by the first series, and whether it should be is left open.",
                by: sohil, in: cover,
                .init(.test, "an interrupt ends the wait of a blocked receiver, and the handler has run by then if UIF = 1"),
                .holds("fault", "lost-wakeup", within: "senders=2,messages=2", "the waiter is always woken."),
                .holds("vector", "lost-wakeup", within: "senders=2,messages=2", "the same."),
                .violated("rfc-v1", "lost-wakeup", "the design as posted can sleep past its vector."),
                .violated("intel-receiver", "lost-wakeup", "so can Intel's later one."),
                .violated("intel-sender", "lost-wakeup", "and the one with a reserved bit."),
                .violated("mail", "lost-wakeup", "and the mail's, taken by the letter."),
                .violated("fault", "lost-wakeup", user: "naive", "a program that tests its flag with UIF = 1 sleeps past its handler, whatever the kernel does."),
                .init(.uapi, "only uintr_wait is ended by a user interrupt, with 0; EINTR is for signals, and restarts under SA_RESTART."),
                .init(.selftestToCome, "interrupted system calls, for each ABI as it promises.")),
            ThreadClaim(
                "A-6", "The highest vector is delivered first, one for each entry of the handler; a vector sent twice while pending is delivered once; STUI in the handler lets any vector nest.",
                by: sohil, in: cover,
                .init(.test, "masked interrupts stay pending and are then delivered, the highest vector first"),
                .init(.test, "requests of one vector that are not yet delivered merge into one"),
                .init(.test, "STUI in a handler lets other interrupts nest in it"),
                .init(.selftest, "64 pending vectors are delivered highest first, once each"),
                .init(.selftest, "1000 sends of a pending vector are delivered once"),
                .init(.selftestToCome, "self-IPI with several vectors, and STUI inside the handler.")),
            ThreadClaim(
                "A-7", "Neither fork nor exec hands down any user-interrupt state.",
                by: sohil, in: cover,
                .init(.emulation, "fork and exec in every ABI; Intel's 6.0 branch shares the sender's table with a forked child, against its own manual page."),
                .init(.selftestToCome, "fork, exec and exit."),
                .init(.uapi, "nothing but descriptors, and the UITT to whoever shares the mm; a forked child's SENDUIPI is SIGILL.")),
            ThreadClaim(
                "A-8", "A sender learns nothing of the delivery.",
                by: sohil, in: cover,
                .init(.uapi, "a send to a receiver that has gone is lost in silence."),
                .init(.emulation, "SENDUIPI changes no register and no flag, whatever became of the notification.")),
            ThreadClaim(
                "A-9", "A wakeup by a user interrupt does not raise the receiver's scheduling priority.",
                by: sohil, in: cover,
                .init(.lab, "nice value, policy and dynamic priority of a woken receiver are what they were before it slept.")),
            ThreadClaim(
                "A-10", "A receiver needs no pinning: when it migrates, what is sent follows it.",
                by: sohil, in: cover,
                .holds("fault", "delivered", within: "cpus=3,senders=2,preemptions=2", "whichever CPU the receiver runs on next."),
                .holds("vector", "delivered", within: "cpus=3,senders=2,preemptions=2", "the same."),
                .init(.selftestToCome, "a receiver that is moved between CPUs while senders fire.")),
            ThreadClaim(
                "A-11", "A task that has not registered a handler can never be interrupted.",
                by: sohil, in: cover,
                .init(.selftest, "after unregister_handler nothing is delivered, and SENDUIPI does not fault"),
                .init(.uapi, "only who made a descriptor and gave it away can be reached."),
                .holds("fault", "once-each", within: "receivers=2,senders=2,preemptions=1,unregisters=1", "nothing is delivered that was not posted for the task, beside a receiver that unregisters."),
                .init(.selftestToCome, "an unregistered task beside a receiver under fire on the same CPU.")),
            ThreadClaim(
                "A-12", "A sender can starve a receiver: UIRET enables user interrupts again at once, and no vector can be masked alone; only processes that trust each other are supported.",
                by: sohil, in: cover,
                .init(.uapi, "the descriptor is the permission; the kernel limits no sender."),
                .init(.emulation, "what a hostile sender can do, as tests: it takes time and nothing else."),
                .init(.selftestToCome, "a storm: how much of its own work a receiver still does under it.")),
            ThreadClaim(
                "A-13", "UPID and UITT lie in the kernel's memory, so the series does not work with forced page-table isolation; a UITT is 4 KiB.",
                by: sohil, in: cover,
                .init(.test, "256 senders fit a thread and the next is ENOSPC; one that ends makes room, at the lowest index"),
                .init(.selftest, "register_sender: 256 entries can be had, the next is ENOSPC, a free one is given again"),
                .init(.uapi, "off with page-table isolation, then EOPNOTSUPP; 256 entries for a process."),
                .init(.lab, "the kernel refuses user interrupts where page-table isolation is on, and says so; 256 entries of 16 bytes fill the table.")),
            ThreadClaim(
                "A-14", "What a receiver leaves behind lives on after its exit, until the last descriptor for it is closed.",
                by: sohil, in: cover,
                .init(.test, "a sender that outlives its receiver sends to nobody, and nothing breaks"),
                .init(.selftest, "register_sender: the fd of a thread that has exited is ESHUTDOWN"),
                .init(.selftest, "a vector is busy until its last connection is given up, its descriptor closed long before"),
                .init(.uapi, "a connection is a reference to the file; file and UPID go with the last one."),
                .holds("fault", "freed-upid", within: "messages=2,preemptions=1,exits=1", "the UPID outlives its receiver by its last connection, and nobody touches it after that."),
                .init(.selftestToCome, "a sender to a receiver that has exited.")),
        ]
    }

    static var benchmark: [ThreadClaim] {
        [
            ThreadClaim(
                "B-1", "The eventfd figure of the cover letter is unfair: it must be taken with one eventfd for each direction and with non-blocking descriptors that are polled.",
                by: "Stefan Hajnoczi", in: "YVXlQIt",
                .init(.bench, "eventfd twice: as the cover letter did it, and with two non-blocking descriptors."))
        ]
    }
}
