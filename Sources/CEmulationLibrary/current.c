/* The state of the calling thread, where there may be no libc; and what the library knows of its program. */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "alone.h"

INTERNAL struct runtime_sites *runtime_sites;
INTERNAL uint32_t runtime_mode;
/* For gate.S: the calls are numbered from here, and so many. */
INTERNAL uint32_t runtime_first_call, runtime_call_span;

struct runtime_thread *runtime_thread_current(void)
{
	struct runtime_thread *thread = runtime_is_alone ? runtime_alone_thread() : &runtime_current;

	if (!thread->tid)
		thread->tid = (uint32_t)runtime_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	return thread;
}
