/* Every call's errnos, and the order in which they are found. */
#include "program.h"

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector) { (void)frame, (void)vector; }

static void registration(void)
{
	bool flags = abi.handler_flags != 0;

	EQUAL(unregister_handler(0), -EINVAL);
	EQUAL(register_handler(handler, 1), -EINVAL);
	EQUAL(register_handler(NULL, 1), -EINVAL);
	EQUAL(register_handler(NULL, 0), -EFAULT);
	EQUAL(register_handler(handler, 0x80000000u), -EINVAL);
	EQUAL(register_handler(handler, 0x1000), flags ? 0 : -EINVAL);
	EQUAL(register_handler(handler, 0), flags ? -EBUSY : 0);
	EQUAL(register_handler(NULL, 0), -EFAULT);
	EQUAL(register_handler(handler, 1), -EINVAL);
	EQUAL(unregister_handler(1), -EINVAL);
	EQUAL(unregister_handler(0), 0);
	EQUAL(unregister_handler(0), -EINVAL);
	/* The upper half of the flags' register is no flag. */
	EQUAL(call(UINTR_CALL_REGISTER_HANDLER, (long)handler, 1l << 32, 0), 0);
	EQUAL(unregister_handler(0), 0);
	if (is("project")) {
		EQUAL(register_handler((void *)0x7ffffffff000, 0), -EFAULT);
		EQUAL(register_handler((void *)-1, 0), -EFAULT);
	}
}

static void vectors(void)
{
	int first, second;

	EQUAL(make_fd(1, 1), -EINVAL);
	EQUAL(make_fd(64, 0), -EINVAL); /* Without a handler that comes first. */
	EQUAL(register_handler(handler, 0), 0);
	EQUAL(make_fd(64, 1), -EINVAL);
	EQUAL(make_fd(64, 0), -ENOSPC);
	EQUAL(make_fd(-1ul, 0), -ENOSPC);
	first = (int)make_fd(5, 0);
	CHECK(first >= 0);
	EQUAL(fcntl(first, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	CHECK(fcntl(first, F_GETFL) & O_NONBLOCK);
	second = (int)make_fd(5, 0);
	if (abi.vector_repeats)
		CHECK(second >= 0);
	else
		EQUAL(second, -EBUSY);
	close(first);
	if (second < 0)
		second = (int)make_fd(5, 0); /* The last close has freed it. */
	CHECK(second >= 0);
	close(second);
	EQUAL(unregister_handler(0), 0);
}

static void connections(void)
{
	int pipes[2], fd, copy, index, again, fds[UINTR_VECTOR_COUNT], count = 0;

	EQUAL(register_handler(handler, 0), 0);
	fd = (int)make_fd(7, 0);
	CHECK(!pipe(pipes));
	EQUAL(register_sender(-1, 1), -EINVAL);
	EQUAL(register_sender(-1, 0), -EBADF);
	EQUAL(register_sender(pipes[0], 0), -abi.other_descriptor_errno);
	EQUAL(register_sender(fd, 2), -EINVAL);
	if (is_v1()) {
		EQUAL(unregister_sender(-1, 1), -EINVAL);
		EQUAL(unregister_sender(-1, 0), -EBADF);
		EQUAL(unregister_sender(pipes[0], 0), -abi.other_descriptor_errno);
		EQUAL(unregister_sender(fd, 0), -EINVAL);
	} else {
		EQUAL(unregister_sender(0, 1), -EINVAL);
		EQUAL(unregister_sender(0, 0), -EINVAL);
		EQUAL(unregister_sender(256, 0), -EINVAL);
		EQUAL(unregister_sender(-1, 0), -EINVAL);
	}
	index = (int)register_sender(fd, 0);
	EQUAL(index, 0);
	copy = dup(fd);
	again = (int)register_sender(copy, 0);
	close(copy);
	EQUAL(again, abi.sender_repeats ? 1 : -EISCONN);
	if (abi.sender_repeats)
		EQUAL(unregister_sender(1, 0), 0);
	EQUAL(unregister_sender(is_v1() ? fd : index, 0), 0);
	EQUAL(unregister_sender(is_v1() ? fd : index, 0), -EINVAL);
	/* All 256 entries, where one descriptor may be connected so often. */
	if (abi.sender_repeats) {
		for (int i = 0; i < 256; i++)
			EQUAL(register_sender(fd, 0), i);
		EQUAL(register_sender(fd, 0), -ENOSPC);
		EQUAL(unregister_sender(100, 0), 0);
		EQUAL(register_sender(fd, 0), 100);
		for (int i = 0; i < 256; i++)
			EQUAL(unregister_sender(i, 0), 0);
	}
	/* All 64 vectors. */
	close(fd);
	for (int i = 0; i < UINTR_VECTOR_COUNT; i++) {
		fds[i] = (int)make_fd((uint64_t)i, 0);
		CHECK(fds[i] >= 0);
		EQUAL(register_sender(fds[i], 0), count);
		count++;
	}
	EQUAL(unregister_handler(0), 0);
	EQUAL(unregister_sender(is_v1() ? fds[3] : 3, 0), 0);
	/* 6.0 forgets to tell: only the end of the thread does. */
	EQUAL(register_sender(fds[3], 0), abi.vector_repeats ? 3 : -ESHUTDOWN);
	for (int i = 0; i < UINTR_VECTOR_COUNT; i++)
		close(fds[i]);
	if (abi.nr[UINTR_CALL_REGISTER_SELF] >= 0) {
		EQUAL(call(UINTR_CALL_REGISTER_SELF, 1, 1, 0), -EINVAL);
		EQUAL(call(UINTR_CALL_REGISTER_SELF, 1, 0, 0), -EINVAL);
		EQUAL(register_handler(handler, 0), 0);
		EQUAL(call(UINTR_CALL_REGISTER_SELF, 64, 0, 0), -ENOSPC);
		index = (int)call(UINTR_CALL_REGISTER_SELF, 1, 0, 0);
		EQUAL(index, 64);
		EQUAL(unregister_sender(index, 0), 0);
		EQUAL(unregister_handler(0), 0);
	}
}

static void stacks(void)
{
	static char stack[8192];

	if (abi.nr[UINTR_CALL_ALT_STACK] < 0)
		return;
	EQUAL(call(UINTR_CALL_ALT_STACK, (long)stack, sizeof(stack), 1), -EINVAL);
	EQUAL(call(UINTR_CALL_ALT_STACK, (long)stack, sizeof(stack), 0), -abi.no_handler_errno);
	EQUAL(register_handler(handler, 0), 0);
	EQUAL(call(UINTR_CALL_ALT_STACK, (long)stack, sizeof(stack), 0), 0);
	EQUAL(call(UINTR_CALL_ALT_STACK, 0, 0, 0), 0);
	if (abi.alt_stack_by_base) {
		EQUAL(call(UINTR_CALL_ALT_STACK, 0, 4096, 0), -EFAULT);
		EQUAL(call(UINTR_CALL_ALT_STACK, -16, 4096, 0), -EFAULT);
		EQUAL(call(UINTR_CALL_ALT_STACK, (long)stack, 2047, 0), -ENOMEM);
	}
	EQUAL(unregister_handler(0), 0);
}

static void waits(void)
{
	if (abi.wait == UINTR_WAIT_USEC_FLAGS) {
		EQUAL(call(UINTR_CALL_WAIT, 0, 0, 0), 0);
		EQUAL(call(UINTR_CALL_WAIT, 0, 1, 0), -EINVAL);
		EQUAL(call(UINTR_CALL_WAIT, 1000000001, 0, 0), -EINVAL);
		EQUAL(call(UINTR_CALL_WAIT, 1, 0, 0), -EOPNOTSUPP);
	} else if (abi.wait == UINTR_WAIT_FLAGS) {
		EQUAL(call(UINTR_CALL_WAIT, 1, 0, 0), -EINVAL);
		EQUAL(call(UINTR_CALL_WAIT, 0, 0, 0), -EOPNOTSUPP);
	} else {
		EQUAL(call(UINTR_CALL_WAIT, 0, 1, 0), -EINVAL);
		EQUAL(call(UINTR_CALL_WAIT, 0, 0, 0), -EINVAL);
		EQUAL(register_handler(handler, 0), 0);
		EQUAL(call(UINTR_CALL_WAIT, 0, 0, 0), -ETIMEDOUT);
		EQUAL(call(UINTR_CALL_WAIT, (long)now() + 1000000, 0, 0), -ETIMEDOUT);
		EQUAL(unregister_handler(0), 0);
	}
}

int main(void)
{
	begin();
	registration();
	vectors();
	connections();
	stacks();
	waits();
	return end();
}
