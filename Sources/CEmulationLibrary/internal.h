/* Between the C files of the library, and what they call in Swift. */
#ifndef EMULATION_LIBRARY_INTERNAL_H
#define EMULATION_LIBRARY_INTERNAL_H

#include "../CEmulationRuntime/internal.h"
#include "sites.h"

/**
 * A receiver whose calls restart, and one that was registered with a WAITING flag. Neither piles up: both are below SIGRTMIN. Debuggers
 * know both, and pass the first on without a stop; one that is pending over an exec does not end the new program.
 */
#define NOTIFY_RESTART SIGURG
#define NOTIFY_BREAK SIGPWR

/* Sources/EmulationLibrary, and Sources/Emulation/Runtime. */
int runtime_execute(struct runtime_thread *thread, uint64_t *registers, uint64_t *address);
int runtime_execute_site(struct runtime_thread *thread, uint64_t *registers, uint64_t *address, const struct runtime_site *site);
/** UIRET that leaves an alternate stack. */
bool runtime_must_trap(struct runtime_thread *thread, const struct runtime_site *site);
/** SENDUIPI, where it need not notify, and UIRET, where nothing is to be delivered; false, and nothing is done, for all else. */
bool runtime_execute_quietly(struct runtime_thread *thread, uint64_t *registers, const struct runtime_site *site);
/** The site at an address, as long as its patch stands there. */
struct runtime_site *runtime_patched_site(uint64_t address);
/** The site whose stub an address lies in. */
struct runtime_site *runtime_stub_site(uint64_t address);
long runtime_adopt_table(struct runtime_thread *thread, int fd);
void runtime_vectors_closed(struct runtime_thread *thread);

/* signals.c */
void runtime_signals_open(void);
uint64_t runtime_maskable(uint64_t mask);
void runtime_raise(int verdict, uint64_t address, ucontext_t *context);
/** The same for ordinary code: all signals are blocked then, and it comes when they are not. */
void runtime_raise_here(int verdict, uint64_t address);
/* guard.S */
extern const char runtime_access_load[], runtime_access_store[], runtime_access_byte[], runtime_access_failed[];
/* gate.S: where a gate finds out whether there is a stack for it. */
extern const char runtime_gate_boundary_probe[], runtime_gate_execute_probe[];
extern const char runtime_leave[], runtime_leave_stored[], runtime_leave_return[];
#define RUNTIME_SLOTS 512
/* probe.c */
void runtime_probe(void);
/* start.c */
_Noreturn void runtime_refuse(const char *const parts[]);
/* alone.h: there is no libc that the library was loaded with. */
extern bool runtime_is_alone;
void runtime_alone_call(struct runtime_thread *thread, ucontext_t *context);
/* interpose.c: the raw system calls that the program's own go through. */
int runtime_sigaction(int number, const struct sigaction *action, struct sigaction *old);
/** Sets errno, and is what libc's functions return then. */
long runtime_fail(long result);

#endif
