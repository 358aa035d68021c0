/* What fork, exec, the end of a thread, close, a killed receiver and a second registration leave. */
#include "program.h"
#include <setjmp.h>
#include <sys/ioctl.h>

static volatile uint64_t count, last;
static int fd, target_fd;
static volatile int stage;

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	count++, last = vector;
}

static bool wait_count(uint64_t wanted)
{
	for (uint64_t start = now(); count < wanted && now() - start < 5000000000;)
		sched_yield();
	return count == wanted;
}

static sigjmp_buf out;
static volatile int signal_seen;
static void faulted(int number) { signal_seen = number, siglongjmp(out, 1); }
static int try_senduipi(unsigned long long index)
{
	signal_seen = 0;
	if (!sigsetjmp(out, 1))
		_senduipi(index);
	return signal_seen;
}

static int child_status(pid_t child)
{
	int status = -1;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A forked child has the descriptor and, but for 6.0, no table; it is no receiver. */
static void forked(int index)
{
	pid_t child;

	count = 0;
	_stui();
	child = fork_child();
	if (!child) {
		int expected = abi.table_inherited ? 0 : SIGILL, own;

		failures = 0;
		EQUAL(unregister_handler(0), -EINVAL);
		EQUAL(try_senduipi((unsigned long long)index), expected);
		own = (int)register_sender(fd, 0);
		CHECK(own >= 0);
		EQUAL(try_senduipi((unsigned long long)own), 0);
		/* A receiver of its own, beside its parent's. */
		count = 0;
		EQUAL(register_handler(handler, 0), 0);
		target_fd = (int)make_fd(9, 0);
		own = (int)register_sender(target_fd, 0);
		_stui();
		_senduipi((unsigned long long)own);
		CHECK(wait_count(1));
		EQUAL(last, 9);
		_exit(failures ? 1 : 0);
	}
	EQUAL(child_status(child), 0);
	/* ON coalesces where both came before the handler ran. */
	for (uint64_t start = now(); !count && now() - start < 5000000000;)
		;
	CHECK(count == 1 || (abi.table_inherited && count == 2));
	EQUAL(last, 5);
	_clui();
}

static void *short_receiver(void *unused)
{
	(void)unused;
	EQUAL(register_handler(handler, 0), 0);
	target_fd = (int)make_fd(6, 0);
	CHECK(target_fd >= 0);
	stage = 1;
	while (stage != 2)
		sched_yield();
	return NULL;
}

/* The end of a thread: a connection posts to nobody, a new one is refused. */
static void ended_thread(void)
{
	pthread_t thread;
	int index;

	stage = 0;
	pthread_create(&thread, NULL, short_receiver, NULL);
	while (stage != 1)
		sched_yield();
	index = (int)register_sender(target_fd, 0);
	CHECK(index >= 0);
	stage = 2;
	pthread_join(thread, NULL);
	EQUAL(try_senduipi((unsigned long long)index), 0);
	EQUAL(unregister_sender(is_v1() ? target_fd : index, 0), 0);
	EQUAL(register_sender(target_fd, 0), -ESHUTDOWN);
	close(target_fd);
}

static void send_fd(int socket, int what)
{
	char byte = 0, space[CMSG_SPACE(sizeof(int))];
	struct iovec content = { &byte, 1 };
	struct msghdr message = { .msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &what, sizeof(int));
	sendmsg(socket, &message, 0);
}

static int receive_fd(int socket)
{
	char byte, space[CMSG_SPACE(sizeof(int))];
	struct iovec content = { &byte, 1 };
	struct msghdr message = { .msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	int got;

	recvmsg(socket, &message, 0);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return got;
}

/* A receiver in another process, of another user where we may; then it is killed: SENDUIPI has no signal for that. */
static void other_process(void)
{
	int sockets[2], got, index, died;
	pid_t child;
	char byte;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork_child();
	if (!child) {
		if (!getuid() && setuid(65534))
			_exit(2);
		/* A change of user takes it back. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		count = 0;
		register_handler(handler, 0);
		send_fd(sockets[1], (int)make_fd(11, 0));
		_stui();
		for (uint64_t answered = 0;;) {
			while (count == answered)
				sched_yield();
			answered = count;
			if (write(sockets[1], "", 1) < 0)
				_exit(1);
		}
	}
	got = receive_fd(sockets[0]);
	index = (int)register_sender(got, 0);
	CHECK(index >= 0);
	for (int i = 0; i < 100; i++) {
		_senduipi((unsigned long long)index);
		EQUAL(read(sockets[0], &byte, 1), 1);
	}
	kill(child, SIGKILL);
	waitpid(child, &died, 0);
	EQUAL(try_senduipi((unsigned long long)index), 0);
	EQUAL(try_senduipi((unsigned long long)index), 0);
	EQUAL(register_sender(got, 0), is_v1() ? -EISCONN : -ESHUTDOWN);
	EQUAL(unregister_sender(is_v1() ? got : index, 0), 0);
	EQUAL(register_sender(got, 0), -ESHUTDOWN);
	close(got);
	close(sockets[0]);
	close(sockets[1]);
}

/* A second registration starts anew; 6.0 alone delivers what was posted in between. */
static void again(void)
{
	int index;

	count = 0;
	EQUAL(register_handler(handler, 0), 0);
	fd = (int)make_fd(5, 0);
	index = (int)register_sender(fd, 0);
	_senduipi((unsigned long long)index);
	EQUAL(unregister_handler(0), 0);
	EQUAL(try_senduipi((unsigned long long)index), 0);
	EQUAL(register_handler(handler, 0), 0);
	_stui();
	if (abi.vector_repeats) {
		CHECK(wait_count(1));
	} else {
		for (int i = 0; i < 100; i++)
			sched_yield();
		EQUAL(count, 0);
	}
	_clui();
	EQUAL(unregister_handler(0), 0);
	unregister_sender(is_v1() ? fd : index, 0);
	close(fd);
}

/* Closing: v1 takes the connection away with the last descriptor, the others leave it. */
static void closed(void)
{
	int index, copy;

	count = 0;
	EQUAL(register_handler(handler, 0), 0);
	fd = (int)make_fd(5, 0);
	index = (int)register_sender(fd, 0);
	copy = dup(fd);
	_stui();
	close(fd);
	EQUAL(try_senduipi((unsigned long long)index), 0);
	CHECK(wait_count(1));
	close(copy);
	if (is_v1()) {
		CHECK(try_senduipi((unsigned long long)index) != 0);
	} else {
		EQUAL(try_senduipi((unsigned long long)index), 0);
		CHECK(wait_count(2));
		EQUAL(unregister_sender(index, 0), 0);
	}
	_clui();
	EQUAL(unregister_handler(0), 0);
}

/* A program that closes all there is, as daemons do, loses its descriptors and no connection. */
static void closes_all(void)
{
	int index, mine;

	count = 0;
	EQUAL(register_handler(handler, 0), 0);
	mine = (int)make_fd(7, 0);
	index = (int)register_sender(mine, 0);
	_stui();
	for (int i = 3; i < 65536; i++)
		if (i != mine)
			close(i);
	closefrom(mine + 1);
	EQUAL(close_range(60000, ~0u, 0), 0);
	_senduipi((unsigned long long)index);
	CHECK(wait_count(1));
	_clui();
	close(mine);
	EQUAL(unregister_handler(0), 0);
}

/* uintr-next 6.0's uipi_fd: another process sends by the indices of this one. */
static void handed_on(void)
{
	int table, mine, index;
	pid_t child;

	if (abi.nr[UINTR_CALL_IPI_FD] < 0)
		return;
	count = 0;
	EQUAL(register_handler(handler, 0), 0);
	mine = (int)make_fd(8, 0);
	index = (int)register_sender(mine, 0);
	EQUAL(call(UINTR_CALL_IPI_FD, 1, 0, 0), -EINVAL);
	table = (int)call(UINTR_CALL_IPI_FD, 0, 0, 0);
	CHECK(table >= 0);
	EQUAL(ioctl(table, UINTR_IOCTL_SET_TARGET_TABLE), -1);
	EQUAL(errno, EBUSY);
	fcntl(table, F_SETFD, 0);
	_stui();
	child = fork_child();
	if (!child) {
		char numbers[2][16];

		snprintf(numbers[0], 16, "%d", table), snprintf(numbers[1], 16, "%d", index);
		execl("/proc/self/exe", "lifecycle", "table", numbers[0], numbers[1], NULL);
		_exit(3);
	}
	EQUAL(child_status(child), 0);
	CHECK(wait_count(1));
	EQUAL(last, 8);
	_clui();
	close(mine), close(table);
	EQUAL(unregister_handler(0), 0);
	EQUAL(unregister_sender(index, 0), 0);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = faulted };
	int index;
	pid_t child;

	begin();
	if (argc > 3) {
		EQUAL(ioctl(0, UINTR_IOCTL_SET_TARGET_TABLE), -1);
		EQUAL(ioctl(atoi(argv[2]), UINTR_IOCTL_SET_TARGET_TABLE), 0);
		_senduipi((unsigned long long)atoi(argv[3]));
		return end();
	}
	/* After exec: no receiver, no table, no descriptor. */
	if (argc > 1) {
		EQUAL(fcntl(atoi(argv[1]), F_GETFD), -1);
		EQUAL(unregister_handler(0), -EINVAL);
		sigaction(SIGILL, &action, NULL);
		EQUAL(try_senduipi(0), SIGILL);
		return end();
	}
	sigemptyset(&action.sa_mask);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	EQUAL(register_handler(handler, 0), 0);
	fd = (int)make_fd(5, 0);
	index = (int)register_sender(fd, 0);
	EQUAL(index, 0);
	forked(index);
	child = fork_child();
	if (!child) {
		char number[16];

		snprintf(number, sizeof(number), "%d", fd);
		execl("/proc/self/exe", argv[0], number, NULL);
		_exit(3);
	}
	EQUAL(child_status(child), 0);
	EQUAL(unregister_handler(0), 0);
	unregister_sender(is_v1() ? fd : index, 0);
	close(fd);
	ended_thread();
	other_process();
	again();
	closed();
	closes_all();
	handed_on();
	return end();
}
