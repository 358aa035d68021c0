#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard_internal.h"

#define INT3 0xcc

int uintr_code_map(struct uintr_code *code, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *base;

	if (!size || size > SIZE_MAX - page)
		return -EINVAL;
	size = (size + page - 1) & ~(page - 1);
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	memset(base, INT3, size);
	if (mprotect(base, size, PROT_READ | PROT_EXEC)) {
		int failure = -errno;

		munmap(base, size);
		return failure;
	}
	code->base = base;
	code->size = size;
	return 0;
}

void uintr_code_unmap(struct uintr_code *code)
{
	if (code->base)
		munmap(code->base, code->size);
	code->base = NULL;
	code->size = 0;
}

int uintr_code_place(struct uintr_code *code, size_t offset, const void *bytes, size_t count,
		     uint64_t *start, uint64_t *end)
{
	if (offset >= code->size || count >= code->size - offset)
		return -EINVAL;
	if (mprotect(code->base, code->size, PROT_READ | PROT_WRITE))
		return -errno;
	memset(code->base, INT3, code->size);
	memcpy(code->base + offset, bytes, count);
	if (mprotect(code->base, code->size, PROT_READ | PROT_EXEC))
		return -errno;
	*start = (uint64_t)(uintptr_t)code->base + offset;
	*end = *start + count;
	return 0;
}

int uintr_execute(struct uintr_cpu_context *context, uint64_t end, struct uintr_fault *fault)
{
	struct uintr_guard guard = { .outer = uintr_guard_current, .context = context, .end = end };
	struct uintr_guard_setup setup;
	sigset_t signals, others, mask;
	int result = uintr_guard_enter(&setup);

	if (result)
		return result;
	/* Other signals wait: a handler without SA_ONSTACK would run on whatever RSP the caller gave. */
	sigfillset(&others);
	pthread_sigmask(SIG_BLOCK, &others, &mask);
	uintr_guard_signals(&signals);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	uintr_guard_current = &guard;
	result = uintr_guard_enter_context(context, &guard);
	uintr_guard_current = guard.outer;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	uintr_guard_leave(&setup);
	if (result == 1 && fault)
		*fault = guard.fault;
	return result;
}
