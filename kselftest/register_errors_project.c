// SPDX-License-Identifier: GPL-2.0
/* The part of register_errors in which the ABI `project` answers in its own way. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "register_errors.h"

/* Beyond user memory with four and with five levels of page tables. */
#define NOT_USER (1ull << 56)

/* ---- Without a handler ---- */

enum result project_wait_without(void)
{
	return refused(uintr_wait_deadline(state.abi, 0, 0), EINVAL, "wait");
}

enum result project_alt_stack_without(void)
{
	return refused(uintr_alt_stack(state.abi, 0, 0, 0), EINVAL, "alt_stack");
}

/* ---- With one ---- */

enum result project_handler_address(void)
{
	static const uint64_t addresses[] = { NOT_USER, 1ull << 63, ~0ull };
	enum result all = PASS;
	char what[40];

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		int result = uintr_register_handler(state.abi, (const void *)(uintptr_t)addresses[i], 0);

		snprintf(what, sizeof(what), "handler %#llx", (unsigned long long)addresses[i]);
		if (refused(result, EFAULT, what) == FAIL)
			all = FAIL;
		if (result >= 0)
			uintr_unregister_handler(state.abi, 0);
	}
	return all;
}

enum result project_sender_eventfd(void)
{
	return refused(uintr_register_sender(state.abi, state.plain_fd, 0), EBADF, "an eventfd");
}

enum result project_unregister_sender_range(void)
{
	if (refused(uintr_unregister_sender(state.abi, UINTR_TABLE_ENTRIES, 0), EINVAL, "index 256") == FAIL)
		return FAIL;
	return refused(uintr_unregister_sender(state.abi, -1, 0), EINVAL, "index 2^32 - 1");
}

enum result project_vector_busy(void)
{
	int fd = uintr_vector_fd(state.abi, 7, 0), index, again;

	if (succeeded(fd, "vector 7") == FAIL)
		return FAIL;
	index = uintr_register_sender(state.abi, fd, 0);
	close(fd);
	if (succeeded(index, "register_sender") == FAIL)
		return FAIL;
	again = uintr_vector_fd(state.abi, 7, 0);
	if (again >= 0)
		close(again);
	if (refused(again, EBUSY, "vector 7, connected, its descriptor closed") == FAIL)
		return FAIL;
	if (succeeded(uintr_unregister_sender(state.abi, index, 0), "unregister_sender") == FAIL)
		return FAIL;
	again = uintr_vector_fd(state.abi, 7, 0);
	if (again >= 0)
		close(again);
	return succeeded(again, "vector 7, nothing left of it");
}

enum result project_alt_stack_range(void)
{
	static const struct { uint64_t base, size; int error; } stacks[] = {
		{ 0, 4096, EFAULT }, { 0, 1, EFAULT }, { NOT_USER, 4096, EFAULT }, { NOT_USER - 4096, 8192, EFAULT },
		{ NOT_USER, 1, EFAULT }, { 4096, ~0ull, EFAULT }, { ~0ull, 4096, EFAULT }, { ~4095ull, 4096, EFAULT },
		{ 4096, 0, ENOMEM }, { 4096, 1, ENOMEM }, { 4096, 2047, ENOMEM },
	};
	enum result all = PASS;
	char what[64];

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		snprintf(what, sizeof(what), "%#llx bytes at %#llx", (unsigned long long)stacks[i].size,
			 (unsigned long long)stacks[i].base);
		if (refused(uintr_alt_stack(state.abi, stacks[i].base, stacks[i].size, 0), stacks[i].error, what) == FAIL)
			all = FAIL;
	}
	uintr_alt_stack(state.abi, 0, 0, 0);
	return all;
}

enum result project_alt_stack_works(void)
{
	static char stack[2048] __attribute__((aligned(64)));

	if (succeeded(uintr_alt_stack(state.abi, (uintptr_t)stack, sizeof(stack), 0), "a stack") == FAIL)
		return FAIL;
	return succeeded(uintr_alt_stack(state.abi, 0, 0, 0), "null");
}

enum result project_wait_past(void)
{
	if (refused(uintr_wait_deadline(state.abi, 0, 0), ETIMEDOUT, "0") == FAIL ||
	    refused(uintr_wait_deadline(state.abi, 1, 0), ETIMEDOUT, "1") == FAIL)
		return FAIL;
	return refused(uintr_wait(state.abi, 1, 0), ETIMEDOUT, "1 microsecond from now");
}

enum result project_wait_pending(void)
{
	int fd = uintr_vector_fd(state.abi, 9, 0), index;
	enum result result = PASS;

	if (succeeded(fd, "vector 9") == FAIL)
		return FAIL;
	index = uintr_register_sender(state.abi, fd, 0);
	close(fd);
	if (succeeded(index, "register_sender") == FAIL)
		return FAIL;
	uintr_clui();
	uintr_senduipi((uint64_t)index);
	/* A wait that does not see it has no end: the watchdog is the result then. */
	if (refused(uintr_wait_deadline(state.abi, ~0ull, 0), 0, "pending, no deadline") == FAIL ||
	    refused(uintr_wait_deadline(state.abi, ~0ull, 0), 0, "still pending, no deadline") == FAIL ||
	    refused(uintr_wait_deadline(state.abi, 0, 0), 0, "still pending, a deadline that is past") == FAIL)
		result = FAIL;
	uintr_stui();
	/* The wait brought the vector into UIRR on its way back, so STUI delivers it before this call. */
	if (refused(uintr_wait_deadline(state.abi, 0, 0), ETIMEDOUT, "delivered") == FAIL)
		result = FAIL;
	uintr_clui();
	uintr_unregister_sender(state.abi, index, 0);
	return result;
}
