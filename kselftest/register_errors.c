// SPDX-License-Identifier: GPL-2.0
/*
 * What the user-interrupt system calls refuse, and with which errno, in the order in which they look at
 * their arguments. The tests run one after the other and build on each other's state: first without a
 * handler, then with one. The sender's tests are in register_errors_sender.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "register_errors.h"

#define V1 UINTR_V1
#define NEXT UINTR_NEXT
#define PROJECT UINTR_PROJECT
#define ALL (V1 | NEXT | PROJECT)

struct register_errors state = { .own_fd = -1, .other_fd = -1, .plain_fd = -1, .own_index = -1 };

UINTR_HANDLER void nothing(struct uintr_frame *frame);
void nothing(struct uintr_frame *frame)
{
	(void)frame;
}
UINTR_ENTRY(entry, nothing);

static const char *errno_name(int result)
{
	static char text[64];

	if (result >= 0)
		snprintf(text, sizeof(text), "%d", result);
	else
		snprintf(text, sizeof(text), "%d (%s)", result, strerror(-result));
	return text;
}

enum result refused(int result, int error, const char *what)
{
	if (result == -error)
		return PASS;
	ksft_print_msg("%s: %s", what, errno_name(result));
	printf(", not %s\n", errno_name(-error));
	return FAIL;
}

enum result succeeded(int result, const char *what)
{
	if (result >= 0)
		return PASS;
	ksft_print_msg("%s: %s\n", what, errno_name(result));
	return FAIL;
}

enum result each_flag(int (*with)(unsigned int flags), void (*undo)(int result), unsigned int valid)
{
	enum result all = PASS;
	char what[32];

	for (unsigned int bit = 0; bit < 32; bit++) {
		int result;

		if (valid >> bit & 1)
			continue;
		result = with(1u << bit);
		snprintf(what, sizeof(what), "flag bit %u", bit);
		if (refused(result, EINVAL, what) == FAIL)
			all = FAIL;
		if (result >= 0)
			undo(result);
	}
	return all;
}

void undo_nothing(int result)
{
	(void)result;
}

static void undo_handler(int result)
{
	(void)result;
	uintr_unregister_handler(state.abi, 0);
}

static void undo_fd(int result)
{
	close(result);
}

/* ---- Without a handler ---- */

static enum result unregister_handler_without(void)
{
	return refused(uintr_unregister_handler(state.abi, 0), EINVAL, "unregister_handler");
}

static enum result vector_fd_without(void)
{
	return refused(uintr_vector_fd(state.abi, 0, 0), EINVAL, "vector 0");
}

static enum result vector_64_without(void)
{
	return refused(uintr_vector_fd(state.abi, UINTR_VECTORS, 0), EINVAL, "vector 64");
}

static enum result wait_without(void)
{
	int result;

	/* Only with X86_UINTR_BLOCKING has 6.0 a wait; 0 microseconds return before any other check of state. */
	if (state.abi->meaning == UINTR_NEXT && uintr_wait(state.abi, 0, 0) == -ENOSYS)
		return SKIP;
	result = uintr_wait(state.abi, 1, 0);
	return refused(result, EOPNOTSUPP, "wait");
}

static enum result register_self_without(void)
{
	return refused(uintr_register_self(state.abi, 0, 0), EINVAL, "register_self");
}

static enum result alt_stack_without(void)
{
	return refused(uintr_alt_stack(state.abi, 0, 0, 0), EOPNOTSUPP, "alt_stack");
}

static enum result unregister_sender_without(void)
{
	return refused(uintr_unregister_sender(state.abi, 0, 0), EINVAL, "index 0 of no table");
}

/* ---- register_handler ---- */

static int handler_with(unsigned int flags)
{
	return uintr_register_handler(state.abi, entry, flags);
}

static enum result handler_flags(void)
{
	return each_flag(handler_with, undo_handler,
			 state.abi->meaning == UINTR_NEXT ? UINTR_WAITING_RECEIVER | UINTR_WAITING_SENDER : 0);
}

static enum result handler_flags_first(void)
{
	return refused(uintr_register_handler(state.abi, NULL, 1), EINVAL, "null and flag bit 0");
}

static enum result handler_null(void)
{
	return refused(uintr_register_handler(state.abi, NULL, 0), EFAULT, "null");
}

static enum result handler_registers(void)
{
	return succeeded(uintr_register_handler(state.abi, entry, 0), "register_handler");
}

static enum result handler_twice(void)
{
	return refused(uintr_register_handler(state.abi, entry, 0), EBUSY, "second register_handler");
}

static enum result handler_twice_null(void)
{
	return refused(uintr_register_handler(state.abi, NULL, 0), EFAULT, "null, with a handler");
}

static void *other_thread(void *result)
{
	*(int *)result = uintr_register_handler(state.abi, entry, 0);
	return NULL;
}

static enum result handler_of_thread(void)
{
	pthread_t thread;
	int result = -EINVAL;

	if (pthread_create(&thread, NULL, other_thread, &result))
		return FAIL;
	pthread_join(thread, NULL);
	return succeeded(result, "register_handler of a second thread");
}

/* ---- create_fd, vector_fd ---- */

static int vector_fd_with(unsigned int flags)
{
	return uintr_vector_fd(state.abi, 0, flags);
}

static enum result vector_fd_flags(void)
{
	return each_flag(vector_fd_with, undo_fd, 0);
}

static enum result vector_fd_flags_first(void)
{
	return refused(uintr_vector_fd(state.abi, UINTR_VECTORS, 1), EINVAL, "vector 64 and flag bit 0");
}

static enum result vector_fd_range(void)
{
	static const uint64_t vectors[] = {
		64, 65, 100, 127, 128, 255, 256, 1ull << 31, 1ull << 32, (1ull << 32) + 1, 1ull << 63, ~0ull,
	};
	enum result all = PASS;
	char what[40];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		int result = uintr_vector_fd(state.abi, vectors[i], 0);

		snprintf(what, sizeof(what), "vector %#llx", (unsigned long long)vectors[i]);
		if (refused(result, ENOSPC, what) == FAIL)
			all = FAIL;
		if (result >= 0)
			close(result);
	}
	return all;
}

static enum result vector_fd_opens(void)
{
	state.own_fd = uintr_vector_fd(state.abi, 0, 0);
	state.other_fd = uintr_vector_fd(state.abi, 63, 0);
	return succeeded(state.own_fd, "vector 0") == PASS ? succeeded(state.other_fd, "vector 63") : FAIL;
}

static enum result vector_fd_mode(void)
{
	int descriptor = fcntl(state.own_fd, F_GETFD), status = fcntl(state.own_fd, F_GETFL);

	if (descriptor >= 0 && status >= 0 && (descriptor & FD_CLOEXEC) && (status & O_NONBLOCK) &&
	    (status & O_ACCMODE) == O_RDONLY)
		return PASS;
	ksft_print_msg("F_GETFD: %#x, F_GETFL: %#x\n", descriptor, status);
	return FAIL;
}

static enum result vector_fd_busy(void)
{
	int result = uintr_vector_fd(state.abi, 0, 0);

	if (result >= 0)
		close(result);
	return refused(result, EBUSY, "vector 0 again");
}

static enum result vector_fd_again(void)
{
	int result = uintr_vector_fd(state.abi, 0, 0);

	if (result >= 0)
		close(result);
	return succeeded(result, "vector 0 again");
}

/* ---- Calls of uintr-next 6.0 ---- */

static int self_with(unsigned int flags)
{
	return uintr_register_self(state.abi, 1, flags);
}

static enum result self_flags(void)
{
	return each_flag(self_with, undo_sender, 0);
}

static enum result self_range(void)
{
	return refused(uintr_register_self(state.abi, UINTR_VECTORS, 0), ENOSPC, "vector 64");
}

static enum result self_works(void)
{
	int index = uintr_register_self(state.abi, 1, 0);

	if (succeeded(index, "register_self") == FAIL)
		return FAIL;
	return succeeded(uintr_unregister_sender(state.abi, index, 0), "unregister_sender of its index");
}

static int alt_stack_with(unsigned int flags)
{
	return uintr_alt_stack(state.abi, 0, 0, flags);
}

static enum result alt_stack_flags(void)
{
	return each_flag(alt_stack_with, undo_nothing, 0);
}

static enum result alt_stack_works(void)
{
	static char stack[16384] __attribute__((aligned(64)));

	if (succeeded(uintr_alt_stack(state.abi, (uintptr_t)stack + sizeof(stack), sizeof(stack), 0), "a stack") == FAIL)
		return FAIL;
	return succeeded(uintr_alt_stack(state.abi, 0, 0, 0), "null");
}

static int ipi_fd_with(unsigned int flags)
{
	return uintr_ipi_fd(state.abi, flags);
}

static enum result ipi_fd_flags(void)
{
	return each_flag(ipi_fd_with, undo_fd, 0);
}

static enum result ipi_fd_opens(void)
{
	int fd = uintr_ipi_fd(state.abi, 0);
	enum result result = succeeded(fd, "ipi_fd");

	if (fd >= 0)
		close(fd);
	return result;
}

/* ---- wait ---- */

static bool has_wait(void)
{
	return state.abi->meaning != UINTR_NEXT || uintr_wait(state.abi, 0, 0) != -ENOSYS;
}

static int wait_with(unsigned int flags)
{
	return uintr_wait(state.abi, 0, flags);
}

static enum result wait_flags(void)
{
	return has_wait() ? each_flag(wait_with, undo_nothing, 0) : SKIP;
}

static enum result wait_range(void)
{
	if (!has_wait())
		return SKIP;
	if (refused(uintr_wait(state.abi, 1000000001, 0), EINVAL, "1000000001 microseconds") == FAIL)
		return FAIL;
	return refused(uintr_wait(state.abi, ~0ull, 0), EINVAL, "2^64 - 1 microseconds");
}

static enum result wait_zero(void)
{
	int result;

	if (!has_wait())
		return SKIP;
	result = uintr_wait(state.abi, 0, 0);
	if (result == 0)
		result = uintr_wait(state.abi, 1, 0);
	return refused(result, 0, "wait of 0 and of 1 microsecond");
}

/* ---- The waiting flags of 6.0, in a child: the kernel keeps the mode for the thread's life. ---- */

static enum result waiting_flags(void)
{
	static const unsigned int modes[] = { 0x1000, 0x2000, 0x3000 };
	bool blocking = has_wait();
	int status;
	pid_t child = fork();

	if (child < 0)
		return FAIL;
	if (!child) {
		for (size_t i = 0; i < 3; i++) {
			int result = uintr_register_handler(state.abi, entry, modes[i]);

			if (result != (blocking ? 0 : -EINVAL))
				_exit(1 + (int)i);
			if (!result && uintr_unregister_handler(state.abi, 0))
				_exit(4);
		}
		_exit(0);
	}
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status))
		return PASS;
	ksft_print_msg("child's status %#x (1 to 3: that mode; 4: unregister), blocking is %s\n", status,
		       blocking ? "built in" : "not built in");
	return FAIL;
}

/* ---- unregister_handler ---- */

static int unregister_handler_with(unsigned int flags)
{
	return uintr_unregister_handler(state.abi, flags);
}

static enum result unregister_handler_flags(void)
{
	return each_flag(unregister_handler_with, undo_nothing, 0);
}

static enum result unregister_handler_works(void)
{
	return succeeded(uintr_unregister_handler(state.abi, 0), "unregister_handler");
}

static enum result sender_to_unregistered(void)
{
	return refused(uintr_register_sender(state.abi, state.other_fd, 0), ESHUTDOWN, "fd of a thread without handler");
}

static enum result handler_registers_again(void)
{
	if (succeeded(uintr_register_handler(state.abi, entry, 0), "register_handler") == FAIL)
		return FAIL;
	return succeeded(uintr_unregister_handler(state.abi, 0), "unregister_handler");
}

static const struct {
	unsigned int abis;
	enum result (*run)(void);
	const char *claim;
} tests[] = {
	{ ALL, unregister_handler_without, "unregister_handler without a handler is EINVAL" },
	{ ALL, vector_fd_without, "a vector's fd without a handler is EINVAL" },
	{ ALL, vector_64_without, "vector 64 without a handler is EINVAL: the handler is looked at first" },
	{ V1 | NEXT, wait_without, "wait without a handler is EOPNOTSUPP" },
	{ PROJECT, project_wait_without, "wait without a handler is EINVAL" },
	{ NEXT, register_self_without, "register_self without a handler is EINVAL" },
	{ NEXT, alt_stack_without, "alt_stack without a handler is EOPNOTSUPP" },
	{ PROJECT, project_alt_stack_without, "alt_stack without a handler is EINVAL" },
	{ NEXT | PROJECT, unregister_sender_without, "unregister_sender without a table is EINVAL" },

	{ ALL, handler_flags, "register_handler: each flag bit that is not defined is EINVAL" },
	{ ALL, handler_flags_first, "register_handler: flags are looked at before the address" },
	{ ALL, handler_null, "register_handler: null is EFAULT" },
	{ PROJECT, project_handler_address, "register_handler: an address beyond user memory is EFAULT" },
	{ ALL, handler_registers, "register_handler succeeds" },
	{ ALL, handler_twice, "register_handler: a second time is EBUSY" },
	{ ALL, handler_twice_null, "register_handler: null is EFAULT before the second time is EBUSY" },
	{ ALL, handler_of_thread, "register_handler: another thread has its own" },

	{ ALL, vector_fd_flags, "a vector's fd: each flag bit is EINVAL" },
	{ ALL, vector_fd_flags_first, "a vector's fd: flags are looked at before the vector" },
	{ ALL, vector_fd_range, "a vector's fd: vectors from 64 up, in all 64 bits, are ENOSPC" },
	{ ALL, vector_fd_opens, "a vector's fd: vectors 0 and 63 succeed" },
	{ ALL, vector_fd_mode, "a vector's fd is read-only, close-on-exec and non-blocking" },
	{ V1 | PROJECT, vector_fd_busy, "a vector's fd: a vector registered twice is EBUSY" },
	{ NEXT, vector_fd_again, "a vector's fd: a vector may be registered twice" },

	{ ALL, sender_flags, "register_sender: each flag bit is EINVAL" },
	{ ALL, sender_flags_first, "register_sender: flags are looked at before the fd" },
	{ ALL, sender_bad_fd, "register_sender: a closed fd and fd -1 are EBADF" },
	{ V1 | NEXT, sender_eventfd, "register_sender: an eventfd is EOPNOTSUPP" },
	{ PROJECT, project_sender_eventfd, "register_sender: an eventfd is EBADF" },
	{ ALL, sender_connects, "register_sender returns an index" },
	{ V1, sender_connected, "register_sender: the same fd again is EISCONN" },
	{ NEXT | PROJECT, sender_again, "register_sender: the same fd again gets another index" },
	{ ALL, sender_to_the_gone, "register_sender: the fd of a thread that has exited is ESHUTDOWN" },
	{ ALL, table_full, "register_sender: 256 entries can be had, the next is ENOSPC, a free one is given again" },

	{ ALL, unregister_sender_flags, "unregister_sender: each flag bit is EINVAL" },
	{ V1, unregister_sender_bad_fd, "unregister_sender: fd -1 is EBADF" },
	{ V1, unregister_sender_eventfd, "unregister_sender: an eventfd is EOPNOTSUPP" },
	{ V1, unregister_sender_unconnected, "unregister_sender: an fd that is not connected is EINVAL" },
	{ NEXT | PROJECT, unregister_sender_unused, "unregister_sender: an index that is not in use is EINVAL" },
	{ PROJECT, project_unregister_sender_range, "unregister_sender: an index past the table is EINVAL" },
	{ ALL, unregister_sender_works, "unregister_sender succeeds" },
	{ ALL, unregister_sender_twice, "unregister_sender: a second time is EINVAL" },
	{ PROJECT, project_vector_busy, "a vector is busy until its last connection is given up, its descriptor closed long before" },

	{ NEXT, self_flags, "register_self: each flag bit is EINVAL" },
	{ NEXT, self_range, "register_self: vector 64 is ENOSPC" },
	{ NEXT, self_works, "register_self returns an index that can be given up" },
	{ NEXT | PROJECT, alt_stack_flags, "alt_stack: each flag bit is EINVAL" },
	{ NEXT, alt_stack_works, "alt_stack takes a stack, and null" },
	{ PROJECT, project_alt_stack_works, "alt_stack takes the low end of a stack, and null" },
	{ PROJECT, project_alt_stack_range, "alt_stack: a stack outside of user memory is EFAULT, then one below 2048 bytes ENOMEM" },
	{ NEXT, ipi_fd_flags, "ipi_fd: each flag bit is EINVAL" },
	{ NEXT, ipi_fd_opens, "ipi_fd opens" },

	{ ALL, wait_flags, "wait: each flag bit is EINVAL" },
	{ NEXT, wait_range, "wait: more than 1000000000 microseconds is EINVAL" },
	{ NEXT, wait_zero, "wait: 0 and 1 microsecond end with 0" },
	{ PROJECT, project_wait_past, "wait: a deadline that is past is ETIMEDOUT" },
	{ PROJECT, project_wait_pending, "wait: with UIF = 0 a pending vector ends every wait with 0, until the handler has run" },
	{ NEXT, waiting_flags, "register_handler: the waiting flags are accepted if, and only if, wait is built in" },

	{ ALL, unregister_handler_flags, "unregister_handler: each flag bit is EINVAL" },
	{ ALL, unregister_handler_works, "unregister_handler succeeds" },
	{ ALL, unregister_handler_without, "unregister_handler: a second time is EINVAL" },
	{ V1 | PROJECT, sender_to_unregistered, "register_sender: the fd of a thread without handler is ESHUTDOWN" },
	{ ALL, handler_registers_again, "register_handler succeeds again after unregister_handler" },
};

#define TESTS (sizeof(tests) / sizeof(tests[0]))

int main(void)
{
	ksft_print_header();
	state.abi = uintr_find_abi();
	ksft_set_plan(TESTS);
	state.plain_fd = eventfd(0, EFD_CLOEXEC);
	if (state.plain_fd < 0)
		ksft_exit_fail_msg("eventfd: %s\n", strerror(errno));
	uintr_watchdog(40);
	for (size_t i = 0; i < TESTS; i++) {
		if (!(tests[i].abis & state.abi->meaning)) {
			ksft_test_result_skip("%s (not in %s)\n", tests[i].claim, state.abi->name);
			continue;
		}
		switch (tests[i].run()) {
		case PASS:
			ksft_test_result_pass("%s\n", tests[i].claim);
			break;
		case SKIP:
			ksft_test_result_skip("%s (the kernel is built without X86_UINTR_BLOCKING)\n", tests[i].claim);
			break;
		case FAIL:
			ksft_test_result_fail("%s\n", tests[i].claim);
		}
	}
	ksft_finished();
}
