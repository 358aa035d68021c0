/* What `uintr run` needs of Linux that Swift cannot call: variadic functions, and calls that libc has no function for. */
#ifndef CRUNNING_H
#define CRUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/** True where the kernel takes seccomp filters that trap (SECCOMP_RET_TRAP). */
bool running_seccomp_traps(void);
/** True if this process can gain no privileges by executing a file (PR_SET_NO_NEW_PRIVS). */
bool running_gains_no_privileges(void);

/** True for a file with the attribute security.capability. */
bool running_has_capabilities(const char *path);

/** execve(2) itself: where this process is emulated, the function would come back to `uintr run`. The errno. */
int running_execute(const char *path, char *const arguments[], char *const environment[]);

/** fork(2), which Swift hides: the child has this thread only. */
pid_t running_fork(void);
/** Let that process trace this one, where Yama asks for it. */
void running_allow_tracer(pid_t tracer);

/** pipe2(2) with O_CLOEXEC. */
int running_pipe(int ends[2]);

/** ptrace(2)'s requests, as numbers. */
enum {
	PTRACE_POKETEXT_REQUEST = 4,
	PTRACE_CONT_REQUEST = 7,
	PTRACE_SINGLESTEP_REQUEST = 9,
	PTRACE_GETREGS_REQUEST = 12,
	PTRACE_SETREGS_REQUEST = 13,
	PTRACE_DETACH_REQUEST = 17,
	PTRACE_SEIZE_REQUEST = 0x4206,
	PTRACE_INTERRUPT_REQUEST = 0x4207,
	PTRACE_GETSIGMASK_REQUEST = 0x420a,
	PTRACE_SETSIGMASK_REQUEST = 0x420b,
};
#define RUNNING_TRACE_EXEC 0x10
#define RUNNING_EXIT_KILL 0x100000
#define RUNNING_EVENT_EXEC 4
#define RUNNING_EVENT_STOP 128

/** Each: 0 or a negated errno. */
long running_ptrace(long request, pid_t pid, unsigned long address, unsigned long data);
long running_registers(long request, pid_t pid, struct user_regs_struct *registers);
long running_mask(long request, pid_t pid, uint64_t *mask);
long running_peek(pid_t pid, unsigned long address, unsigned long *word);

#endif
