/* Between the C files of the runtime, and what they call in Swift. The library has more in a header of the same name. */
#ifndef EMULATION_RUNTIME_INTERNAL_H
#define EMULATION_RUNTIME_INTERNAL_H

#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "runtime.h"

#define INTERNAL __attribute__((visibility("hidden")))

#define BIT(number) (1ull << ((number) - 1))

/** As rt_sigaction(2) has it, which libc's functions, ours or another library's, do not stand before. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};
#define RESTORER 0x04000000ul
static inline long raw_sigaction(int number, const struct kernel_action *action, struct kernel_action *old)
{
	return runtime_call(SYS_rt_sigaction, number, (long)action, (long)old, 8, 0, 0);
}

/** What an instruction came to. */
enum runtime_verdict {
	RUNTIME_DONE,
	/** Not one of the five. */
	RUNTIME_OTHER,
	RUNTIME_UD,
	RUNTIME_GP,
	RUNTIME_SS,
	RUNTIME_PF,
	RUNTIME_AC,
};

/* Sources/Emulation/Runtime. `registers` as enum runtime_register has them. */
int runtime_boundary(struct runtime_thread *thread, uint64_t *registers, uint64_t *address);
void runtime_notified(struct runtime_thread *thread);
long runtime_emulate_call(struct runtime_thread *thread, long number, uint64_t a, uint64_t b, uint64_t c);
void runtime_thread_end(struct runtime_thread *thread);
void runtime_child(struct runtime_thread *thread);

/* context.c: the boundary at the code that a signal has interrupted. */
int runtime_boundary_at(struct runtime_thread *thread, ucontext_t *context, uint64_t *address);
/* At the end of a thread. */
void runtime_forget_vector_state(struct runtime_thread *thread);

/* descriptors.c: numbers below this may be the runtime's own. */
#define RUNTIME_DESCRIPTORS 65536
bool runtime_is_own(int fd);
/** None of them is below this, unless the program lowers RLIMIT_NOFILE. */
int runtime_first_high(void);
/** close_range(2) around them. */
long runtime_close_range(unsigned int first, unsigned int last, int flags);

/* thread.c. The state of a thread that libc knows; runtime_thread_current says which state is the calling thread's. */
INTERNAL extern _Thread_local struct runtime_thread runtime_current __attribute__((tls_model("initial-exec")));
void runtime_look_at_processor(void);
/** The ends of threads and the children of forks are seen from now on. False where that cannot be. */
bool runtime_threads_open(void);

/* watch.c: what is counted, shown on a crash, and kept for that from now on. On a crash, print it; at an end, the counters. */
void runtime_watch_open(bool count, bool shows, bool keeps);
void runtime_watch_print(void);
void runtime_watch_end(void);

/* ppoll.S: the end of the system call that sleep.c sleeps in. */
extern const char runtime_ppoll_return[];
/* restorer.S: what a signal's handler returns to. */
INTERNAL void runtime_restorer(void);

/* Each variant of the runtime has its own: the signal of a notification, with SA_RESTART or without. */
int runtime_notification_signal(bool restarts);

#endif
