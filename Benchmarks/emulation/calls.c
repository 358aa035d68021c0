/* The system calls of the chosen ABI, as a program makes them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../Sources/CUserInterrupts/include/uintr_abi.h"
#include "bench.h"

static struct uintr_abi abi;

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "emulation benchmark: %s: %s\n", what, strerror(errno));
	exit(1);
}

void open_abi(void)
{
	const char *name = getenv("UINTR_ABI");
	const struct uintr_abi *found = uintr_abi_named(name ? name : "");

	if (!found) {
		fprintf(stderr, "emulation benchmark: UINTR_ABI is not the name of an ABI. Start it by Benchmarks/emulation/run.\n");
		exit(64);
	}
	abi = *found;
	if (!strcmp(name, "project"))
		uintr_abi_project(&abi, 1000);
}

static long call(enum uintr_call which, long a, long b, const char *what)
{
	long result = syscall(abi.nr[which], a, b, 0);

	if (result < 0)
		fail(what);
	return result;
}

int open_receiver(bool waits)
{
	bool old = abi.nr[UINTR_CALL_CREATE_FD] < 0;

	call(UINTR_CALL_REGISTER_HANDLER, (long)interrupt_handler(), waits && abi.handler_flags ? UINTR_HANDLER_FLAG_WAITING_SENDER : 0,
	     "uintr_register_handler");
	return (int)call(old ? UINTR_CALL_VECTOR_FD : UINTR_CALL_CREATE_FD, 0, 0, "the descriptor of vector 0");
}

void close_receiver(int fd)
{
	call(UINTR_CALL_UNREGISTER_HANDLER, 0, 0, "uintr_unregister_handler");
	close(fd);
}

uint64_t connect_sender(int fd) { return (uint64_t)call(UINTR_CALL_REGISTER_SENDER, fd, 0, "uintr_register_sender"); }

void disconnect_sender(int fd, uint64_t index)
{
	call(UINTR_CALL_UNREGISTER_SENDER, abi.unregister_sender == UINTR_SENDER_BY_FD ? fd : (long)index, 0, "uintr_unregister_sender");
}

void wait_for_interrupt(void)
{
	long first = abi.wait == UINTR_WAIT_USEC_FLAGS ? 10000000 : abi.wait == UINTR_WAIT_DEADLINE_FLAGS ? (long)now() + 10000000000 : 0;

	if (syscall(abi.nr[UINTR_CALL_WAIT], first, 0, 0) < 0 && errno != EINTR)
		fail("uintr_wait");
}
