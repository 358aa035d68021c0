#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "CRunning.h"

pid_t running_fork(void) { return fork(); }
int running_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
void running_allow_tracer(pid_t tracer) { prctl(PR_SET_PTRACER, tracer, 0, 0, 0); }

long running_ptrace(long request, pid_t pid, unsigned long address, unsigned long data)
{
	return ptrace((enum __ptrace_request)request, pid, (void *)address, (void *)data) < 0 ? -errno : 0;
}

long running_registers(long request, pid_t pid, struct user_regs_struct *registers)
{
	return running_ptrace(request, pid, 0, (unsigned long)registers);
}

long running_mask(long request, pid_t pid, uint64_t *mask) { return running_ptrace(request, pid, sizeof(*mask), (unsigned long)mask); }

long running_peek(pid_t pid, unsigned long address, unsigned long *word)
{
	errno = 0;
	*word = (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, (void *)address, 0);
	return -errno;
}
