/* What entry.S and signal.c share. */
#ifndef EMULATION_BACKEND_STATE_H
#define EMULATION_BACKEND_STATE_H

#include "../CEmulationRuntime/internal.h"
#include "backend.h"

/* entry.S */
INTERNAL void emulation_entry(void);
INTERNAL void emulation_deliver_here(void);
INTERNAL void emulation_notify_entry(int, siginfo_t *, void *);
/** From here on UIF is 1 again, and the block at RSP is what the thread goes on with; to the end of the first range. */
INTERNAL extern const char emulation_committed[], emulation_uncommitted[];
/** The same for the code that goes there; RSP has been moved up by the last instruction. */
INTERNAL extern const char emulation_leave[], emulation_leave_switched[];

/* Swift, Sources/Emulation. */
int emulation_uiret(struct runtime_thread *thread, uint64_t *registers, uint64_t *address);
int emulation_send(struct runtime_thread *thread, uint64_t *registers, uint64_t *address);

/* signal.c */
INTERNAL bool emulation_signal_open(void);
/** A fault's signal to this thread. */
INTERNAL void emulation_fault(int verdict);

#endif
