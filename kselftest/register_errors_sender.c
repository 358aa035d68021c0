// SPDX-License-Identifier: GPL-2.0
/* The sender's part of register_errors: register_sender and unregister_sender. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest.h"
#include "register_errors.h"

void undo_sender(int result)
{
	uintr_unregister_sender(state.abi, uintr_operand(state.abi, state.own_fd, result), 0);
}

/* ---- register_sender ---- */

static int sender_with(unsigned int flags)
{
	return uintr_register_sender(state.abi, state.own_fd, flags);
}

enum result sender_flags(void)
{
	return each_flag(sender_with, undo_sender, 0);
}

enum result sender_flags_first(void)
{
	return refused(uintr_register_sender(state.abi, -1, 1), EINVAL, "fd -1 and flag bit 0");
}

enum result sender_bad_fd(void)
{
	int closed = dup(state.plain_fd);

	close(closed);
	if (refused(uintr_register_sender(state.abi, closed, 0), EBADF, "closed fd") == FAIL)
		return FAIL;
	return refused(uintr_register_sender(state.abi, -1, 0), EBADF, "fd -1");
}

enum result sender_eventfd(void)
{
	return refused(uintr_register_sender(state.abi, state.plain_fd, 0), EOPNOTSUPP, "an eventfd");
}

enum result sender_connects(void)
{
	state.own_index = uintr_register_sender(state.abi, state.own_fd, 0);
	return succeeded(state.own_index, "register_sender");
}

enum result sender_connected(void)
{
	return refused(uintr_register_sender(state.abi, state.own_fd, 0), EISCONN, "the same fd again");
}

enum result sender_again(void)
{
	int second = uintr_register_sender(state.abi, state.own_fd, 0);

	if (succeeded(second, "the same fd again") == FAIL)
		return FAIL;
	uintr_unregister_sender(state.abi, second, 0);
	if (second != state.own_index)
		return PASS;
	ksft_print_msg("both have index %d\n", second);
	return FAIL;
}

/* ---- A receiver that is gone ---- */

struct receiver {
	pthread_t thread;
	pid_t tid;
	int fd[UINTR_VECTORS];
	int opened;
	pthread_barrier_t *ready, *leave;
};

static void *receive(void *argument)
{
	struct receiver *receiver = argument;

	receiver->tid = gettid();
	receiver->opened = 0;
	if (uintr_register_handler(state.abi, entry, 0) == 0)
		while (receiver->opened < UINTR_VECTORS) {
			int fd = uintr_vector_fd(state.abi, (uint64_t)receiver->opened, 0);

			if (fd < 0)
				break;
			receiver->fd[receiver->opened++] = fd;
		}
	pthread_barrier_wait(receiver->ready);
	pthread_barrier_wait(receiver->leave);
	return NULL;
}

static void close_all(struct receiver *receiver)
{
	for (int i = 0; i < receiver->opened; i++)
		close(receiver->fd[i]);
}

enum result sender_to_the_gone(void)
{
	pthread_barrier_t ready, leave;
	struct receiver receiver = { .ready = &ready, .leave = &leave };
	enum result result = FAIL;

	pthread_barrier_init(&ready, NULL, 2);
	pthread_barrier_init(&leave, NULL, 2);
	if (pthread_create(&receiver.thread, NULL, receive, &receiver))
		return FAIL;
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&leave);
	pthread_join(receiver.thread, NULL);
	/* pthread_join returns before the kernel has cleaned up; the thread id goes last. */
	while (!syscall(SYS_tgkill, getpid(), receiver.tid, 0))
		sched_yield();
	if (receiver.opened)
		result = refused(uintr_register_sender(state.abi, receiver.fd[0], 0), ESHUTDOWN, "fd of a thread that has exited");
	else
		ksft_print_msg("the second thread could not become a receiver\n");
	close_all(&receiver);
	return result;
}

/* ---- The table of 256 entries ---- */

#define RECEIVERS 5

enum result table_full(void)
{
	pthread_barrier_t ready, leave;
	struct receiver receivers[RECEIVERS];
	static int indices[RECEIVERS * UINTR_VECTORS], fds[RECEIVERS * UINTR_VECTORS];
	static bool seen[UINTR_TABLE_ENTRIES];
	enum result result = PASS;
	int connected = 0, answer = 0, started;
	/* own_fd is connected and has its entry, unless that test failed. */
	int room = UINTR_TABLE_ENTRIES - (state.own_index >= 0);

	/* One fd for each vector of a thread is the most that v1 gives: it takes five threads to fill the table. */
	pthread_barrier_init(&ready, NULL, RECEIVERS + 1);
	pthread_barrier_init(&leave, NULL, RECEIVERS + 1);
	for (started = 0; started < RECEIVERS; started++) {
		receivers[started] = (struct receiver){ .ready = &ready, .leave = &leave };
		if (pthread_create(&receivers[started].thread, NULL, receive, &receivers[started]))
			ksft_exit_fail_msg("pthread_create failed, a table cannot be filled\n");
	}
	pthread_barrier_wait(&ready);
	if (state.own_index >= 0)
		seen[state.own_index % UINTR_TABLE_ENTRIES] = true;
	for (int i = 0; i < RECEIVERS && answer >= 0; i++)
		for (int v = 0; v < receivers[i].opened && answer >= 0; v++) {
			answer = uintr_register_sender(state.abi, receivers[i].fd[v], 0);
			if (answer < 0)
				break;
			if (answer >= UINTR_TABLE_ENTRIES || seen[answer]) {
				ksft_print_msg("index %d: out of range or given twice\n", answer);
				result = FAIL;
			} else {
				seen[answer] = true;
			}
			fds[connected] = receivers[i].fd[v];
			indices[connected++] = answer;
		}
	if (connected != room) {
		ksft_print_msg("%d entries could be had, not %d\n", connected, room);
		result = FAIL;
	}
	if (refused(answer, ENOSPC, "one entry too many") == FAIL)
		result = FAIL;

	/* An entry that is given up is the one that is given next: the lowest that is free. */
	if (connected > 100) {
		uintr_unregister_sender(state.abi, uintr_operand(state.abi, fds[100], indices[100]), 0);
		answer = uintr_register_sender(state.abi, fds[100], 0);
		if (answer != indices[100]) {
			ksft_print_msg("index %d was free and index %d was given\n", indices[100], answer);
			result = FAIL;
		}
	}
	for (int i = 0; i < connected; i++)
		uintr_unregister_sender(state.abi, uintr_operand(state.abi, fds[i], indices[i]), 0);
	pthread_barrier_wait(&leave);
	for (int i = 0; i < RECEIVERS; i++) {
		pthread_join(receivers[i].thread, NULL);
		close_all(&receivers[i]);
	}
	return result;
}

/* ---- unregister_sender ---- */

static int unregister_sender_with(unsigned int flags)
{
	return uintr_unregister_sender(state.abi, uintr_operand(state.abi, state.own_fd, state.own_index), flags);
}

enum result unregister_sender_flags(void)
{
	return each_flag(unregister_sender_with, undo_nothing, 0);
}

enum result unregister_sender_bad_fd(void)
{
	return refused(uintr_unregister_sender(state.abi, -1, 0), EBADF, "fd -1");
}

enum result unregister_sender_eventfd(void)
{
	return refused(uintr_unregister_sender(state.abi, state.plain_fd, 0), EOPNOTSUPP, "an eventfd");
}

enum result unregister_sender_unconnected(void)
{
	return refused(uintr_unregister_sender(state.abi, state.other_fd, 0), EINVAL, "an fd that is not connected");
}

enum result unregister_sender_unused(void)
{
	/* No index past the table: uintr-next 6.0 does not look at the range before it tests a bit. */
	return refused(uintr_unregister_sender(state.abi, UINTR_TABLE_ENTRIES - 1, 0), EINVAL, "index 255, not in use");
}

enum result unregister_sender_works(void)
{
	return succeeded(unregister_sender_with(0), "unregister_sender");
}

enum result unregister_sender_twice(void)
{
	return refused(unregister_sender_with(0), EINVAL, "second unregister_sender");
}

