/*
 * One user interrupt to itself, and one from a second thread, with the numbers that `uintr run` is told; with a second word, after
 * everything that can be closed has been closed. 0 when both came.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86gprintrin.h>

#include "../../../Sources/CUserInterrupts/include/uintr_abi.h"

static struct uintr_abi abi;
static volatile unsigned long long seen;
static int descriptor;

__attribute__((interrupt)) static void handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	seen |= 1ull << vector;
}

static int make(unsigned long vector)
{
	return (int)syscall(abi.nr[abi.nr[UINTR_CALL_CREATE_FD] < 0 ? UINTR_CALL_VECTOR_FD : UINTR_CALL_CREATE_FD], vector, 0);
}

static void *send(void *unused)
{
	long index = syscall(abi.nr[UINTR_CALL_REGISTER_SENDER], descriptor, 0);

	(void)unused;
	if (index >= 0)
		_senduipi((unsigned long)index);
	return index < 0 ? &abi : NULL;
}

int main(int count, char **arguments)
{
	const struct uintr_abi *found = uintr_abi_named(count > 1 ? arguments[1] : NULL);
	pthread_t other;
	void *failed;
	long index;
	int own;

	if (!found)
		return 64;
	abi = *found;
	if (!strcmp(abi.name, "project"))
		uintr_abi_project(&abi, 1000);
	/* Whoever hangs ends. */
	alarm(60);
	if (syscall(abi.nr[UINTR_CALL_REGISTER_HANDLER], handler, 0))
		return 2;
	if (count > 2) {
		closefrom(3);
		for (int fd = 3; fd < 65536; fd++)
			close(fd);
	}
	own = make(5), descriptor = make(40);
	index = syscall(abi.nr[UINTR_CALL_REGISTER_SENDER], own, 0);
	if (own < 0 || descriptor < 0 || index < 0)
		return 3;
	_stui();
	_senduipi((unsigned long)index);
	while (!(seen & 1ull << 5))
		__builtin_ia32_pause();
	if (pthread_create(&other, NULL, send, NULL))
		return 4;
	while (!(seen & 1ull << 40))
		__builtin_ia32_pause();
	pthread_join(other, &failed);
	printf("%s\n", failed || seen != (1ull << 5 | 1ull << 40) ? "wrong" : "both");
	return failed || seen != (1ull << 5 | 1ull << 40);
}
