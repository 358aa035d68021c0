// How the pieces fit, for whoever writes a command or a test on them.
//
// `uintr probe` asks the machine and prints the value; it never fails but for a name that does not exist:
//
//     let found = try Detection.detect(abi: abiOption, environment: ProcessInfo.processInfo.environment)
//     // .backend .abi .kernel .cpu .reasons, and .finding .numa .hotplug; Codable
//
// The one error is UserInterruptError with code .unknownABI (exit 64). `abi` is nil where none was found, and then `backend` is
// .emulation. The sentences of `reasons` stand in the order in which the questions were asked, and the last draws the conclusion.
//
// `uintr check` chooses from the same value, and reports the same four fields whatever it then runs:
//
//     let choice = try BackendChoice(named: backendOption)          // .unknownBackend: exit 64
//     let backend = try Backend.select(choice, on: found)           // .hardwareUnavailable: exit 4, or 1 with --require
//     report(backend.kind, backend.abi, found.kernel, found.cpu)    // backend.kind and not found.backend: --backend may differ
//
// `backend.abi` is nil on the emulation, which has no system calls. Every error prints as one paragraph: what was tried, the ABI,
// the errno by name and in words, the likely cause, what to do next.
//
// A receiver and two ways to send to it:
//
//     try Receiver.run(on: backend, handler: handler, context: counters) { receiver in
//         let descriptor = try receiver.makeDescriptor(for: UserVector(5))
//         let sender = try Sender(to: descriptor)                    // from this thread, or from any that has the descriptor
//         receiver.unmask()
//         sender.send()
//         while true {
//             receiver.mask()
//             if counters[0].load(ordering: .acquiring) > 0 { break }
//             _ = try receiver.wait()                                // sees what was sent since mask(), and before
//             receiver.unmask()                                      // here the handler runs
//         }
//     }
//
// Tests script the machine by Platform (see Detection) and the kernel by Calls, the one seam below Receiver and Sender.
