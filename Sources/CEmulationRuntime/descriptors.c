/* Files: the page and the pipe of a receiver, and the descriptor that carries the right to send. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "internal.h"

#define PAGE 4096
#define MAGIC 0x7265766965636572ull

static long call3(long number, long a, long b, long c) { return runtime_call(number, a, b, c, 0, 0, 0); }

void *runtime_map(uint64_t size)
{
	long memory = runtime_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory < 0 && memory > -4096 ? NULL : (void *)memory;
}

void runtime_unmap(void *memory, uint64_t size) { call3(SYS_munmap, (long)memory, (long)size, 0); }
/* A bit for each of the runtime's own. */
static uint64_t own[RUNTIME_DESCRIPTORS / 64];

bool runtime_is_own(int fd)
{
	return fd >= 0 && fd < RUNTIME_DESCRIPTORS && __atomic_load_n(&own[fd / 64], __ATOMIC_RELAXED) >> (fd % 64) & 1;
}

static void set_own(int fd, bool is)
{
	if (fd < 0 || fd >= RUNTIME_DESCRIPTORS)
		return;
	if (is)
		__atomic_fetch_or(&own[fd / 64], 1ull << (fd % 64), __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&own[fd / 64], ~(1ull << (fd % 64)), __ATOMIC_RELAXED);
}

void runtime_close(int fd)
{
	if (fd < 0)
		return;
	set_own(fd, false);
	call3(SYS_close, fd, 0, 0);
}

long runtime_close_range(unsigned int first, unsigned int last, int flags)
{
	long result = 0;

	while (first <= last && !result) {
		unsigned int end = first;

		if (runtime_is_own((int)first)) {
			first++;
			continue;
		}
		while (end < last && end < RUNTIME_DESCRIPTORS && !runtime_is_own((int)end + 1))
			end++;
		if (end >= RUNTIME_DESCRIPTORS)
			end = last;
		result = call3(SYS_close_range, first, end, flags);
		if (end == last)
			break;
		first = end + 1;
	}
	return result;
}

int runtime_first_high(void)
{
	struct rlimit limit = { 1024, 1024 };

	runtime_call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
	return (int)((limit.rlim_cur > RUNTIME_DESCRIPTORS ? RUNTIME_DESCRIPTORS : limit.rlim_cur) / 4 * 3);
}

int runtime_high(int fd)
{
	long high;

	if (fd < 0)
		return fd;
	high = call3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, runtime_first_high());
	/* Where the upper quarter is full, the number that it has must do. */
	if (high < 0)
		high = fd;
	else
		runtime_close(fd);
	set_own((int)high, true);
	return (int)high;
}

/* The timer, and the cookie. Without a timer the receiver is not moderated. */
static void open_timer(struct runtime_receiver *receiver, uint32_t tid, int number)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number };
	int timer = -1;

	event._sigev_un._tid = (int)tid;
	event.sigev_value.sival_ptr = receiver;
	if (call3(SYS_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&timer) < 0)
		timer = -1;
	receiver->timer = timer;
	call3(SYS_getrandom, (long)&receiver->cookie, sizeof(receiver->cookie), 0);
	receiver->cookie |= 1;
}

int runtime_pipe_open(struct runtime_receiver *receiver, uint32_t tid, bool restart)
{
	struct f_owner_ex owner = { F_OWNER_TID, (int)tid };
	int ends[2];
	long failure = call3(SYS_pipe2, (long)ends, O_CLOEXEC | O_NONBLOCK, 0);

	if (failure < 0)
		return (int)failure;
	receiver->pipe_read = runtime_high(ends[0]);
	receiver->pipe_write = runtime_high(ends[1]);
	receiver->signal = runtime_notification_signal(restart);
	if ((failure = call3(SYS_fcntl, receiver->pipe_read, F_SETOWN_EX, (long)&owner)) < 0 ||
	    (failure = call3(SYS_fcntl, receiver->pipe_read, F_SETSIG, receiver->signal)) < 0 ||
	    (failure = call3(SYS_fcntl, receiver->pipe_read, F_SETFL, O_NONBLOCK | O_ASYNC)) < 0) {
		runtime_close(receiver->pipe_read);
		runtime_close(receiver->pipe_write);
		return (int)failure;
	}
	open_timer(receiver, tid, receiver->signal);
	return 0;
}

bool runtime_timer_set(struct runtime_receiver *receiver, uint64_t nanoseconds)
{
	struct itimerspec time = { { 0, 0 }, { (time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000) } };

	return receiver->timer >= 0 && runtime_call(SYS_timer_settime, receiver->timer, 0, (long)&time, 0, 0, 0) == 0;
}

void runtime_timer_delete(struct runtime_receiver *receiver)
{
	if (receiver->timer >= 0)
		call3(SYS_timer_delete, receiver->timer, 0, 0);
}

static struct runtime_page *map_page(int memfd)
{
	long memory = runtime_call(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);

	return memory < 0 && memory > -4096 ? NULL : (struct runtime_page *)memory;
}

/* Sealed, so that nobody can take the page away under the others. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

int runtime_page_make(struct runtime_page **page)
{
	long fd = call3(SYS_memfd_create, (long)"uintr", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0), failure;

	if (fd < 0)
		return (int)fd;
	if ((failure = call3(SYS_ftruncate, fd, PAGE, 0)) < 0 ||
	    (failure = call3(SYS_fcntl, fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL)) < 0 ||
	    (failure = (*page = map_page((int)fd)) ? 0 : -ENOMEM) < 0) {
		runtime_close((int)fd);
		return (int)failure;
	}
	return runtime_high((int)fd);
}

struct runtime_page *runtime_page_map(int memfd)
{
	struct stat status;

	if ((call3(SYS_fcntl, memfd, F_GET_SEALS, 0) & SEALS) != SEALS || call3(SYS_fstat, memfd, (long)&status, 0) < 0 ||
	    status.st_size != PAGE)
		return NULL;
	return map_page(memfd);
}

union rights {
	char bytes[CMSG_SPACE(2 * sizeof(int))];
	struct cmsghdr header;
};

int runtime_descriptor_make(int memfd, int pipe_write, uint64_t vector, int *peer)
{
	uint64_t words[2] = { MAGIC, vector };
	struct iovec content = { words, sizeof(words) };
	union rights rights = { .header = { CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr message = {
		.msg_iov = &content, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights),
	};
	int ends[2], files[2] = { memfd, pipe_write };
	long result = runtime_call(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, (long)ends, 0, 0);

	if (result < 0)
		return (int)result;
	memcpy(CMSG_DATA(&rights.header), files, sizeof(files));
	result = call3(SYS_sendmsg, ends[0], (long)&message, MSG_NOSIGNAL);
	if (result < 0) {
		runtime_close(ends[0]);
		runtime_close(ends[1]);
		return (int)result;
	}
	/* The lower number is the program's, as with any new descriptor. */
	*peer = runtime_high(ends[0]);
	result = call3(SYS_fcntl, ends[1], F_DUPFD_CLOEXEC, 0);
	if (result >= 0 && result < ends[1]) {
		runtime_close(ends[1]);
		return (int)result;
	}
	if (result >= 0)
		runtime_close((int)result);
	return ends[1];
}

void runtime_descriptor_watch(int peer, uint32_t tid)
{
	struct f_owner_ex owner = { F_OWNER_TID, (int)tid };

	call3(SYS_fcntl, peer, F_SETOWN_EX, (long)&owner);
	call3(SYS_fcntl, peer, F_SETSIG, runtime_close_signal());
	call3(SYS_fcntl, peer, F_SETFL, O_NONBLOCK | O_ASYNC);
}

/*
 * All holders of the pipe share its file's flags: one that clears O_NONBLOCK and fills the pipe would block the others. Where we may
 * open the pipe ourselves (same user), we do. Takes over `fd`.
 */
static int own_description(int fd)
{
	char path[32] = "/proc/self/fd/", digits[12];
	size_t length = 14, count = 0;
	long opened;

	for (int rest = fd; rest || !count; rest /= 10)
		digits[count++] = (char)('0' + rest % 10);
	while (count)
		path[length++] = digits[--count];
	path[length] = 0;
	opened = call3(SYS_open, (long)path, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
	if (opened < 0)
		return fd;
	runtime_close(fd);
	return (int)opened;
}

int runtime_descriptor_read(int fd, struct runtime_ticket *out)
{
	uint64_t words[2] = { 0, 0 };
	struct iovec content = { words, sizeof(words) };
	union rights rights;
	struct msghdr message = {
		.msg_iov = &content, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights),
	};
	struct stat status;
	int files[2] = { -1, -1 };
	long result = call3(SYS_fstat, fd, (long)&status, 0);

	if (result < 0)
		return -EBADF;
	if (!S_ISSOCK(status.st_mode))
		return -EOPNOTSUPP;
	result = call3(SYS_recvmsg, fd, (long)&message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (result < 0)
		return result == -EBADF ? -EBADF : -EOPNOTSUPP;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && rights.header.cmsg_type == SCM_RIGHTS)
		memcpy(files, CMSG_DATA(&rights.header), rights.header.cmsg_len >= CMSG_LEN(sizeof(files)) ? sizeof(files) : sizeof(int));
	if (result != sizeof(words) || words[0] != MAGIC || words[1] >= RUNTIME_VECTORS || files[1] < 0 ||
	    call3(SYS_fstat, files[1], (long)&status, 0) < 0 || !S_ISFIFO(status.st_mode)) {
		runtime_close(files[0]);
		runtime_close(files[1]);
		return -EOPNOTSUPP;
	}
	call3(SYS_fstat, fd, (long)&status, 0);
	*out = (struct runtime_ticket){ words[1], status.st_ino, files[0], runtime_high(own_description(files[1])) };
	return 0;
}

bool runtime_descriptor_is(int fd)
{
	uint64_t words[2] = { 0, 0 };
	int kind = 0, domain = 0;
	socklen_t size = sizeof(kind), room = sizeof(domain);

	/* Of no other kind of socket is anything read. */
	return runtime_call(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&kind, (long)&size, 0) == 0 && kind == SOCK_SEQPACKET &&
	       runtime_call(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, (long)&domain, (long)&room, 0) == 0 && domain == AF_UNIX &&
	       runtime_call(SYS_recvfrom, fd, (long)words, sizeof(words), MSG_PEEK | MSG_DONTWAIT, 0, 0) == sizeof(words) &&
	       words[0] == MAGIC;
}

bool runtime_descriptor_gone(int peer)
{
	struct pollfd poll = { peer, 0, 0 };

	call3(SYS_poll, (long)&poll, 1, 0);
	return poll.revents & (POLLHUP | POLLERR);
}

bool runtime_pipe_gone(int notify)
{
	struct pollfd poll = { notify, 0, 0 };

	call3(SYS_poll, (long)&poll, 1, 0);
	return poll.revents & POLLERR;
}

int runtime_duplicate(int fd)
{
	return runtime_high((int)call3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0));
}

int runtime_notify(struct runtime_thread *thread, int pipe)
{
	static const struct timespec none;
	uint64_t broken = 1ull << (SIGPIPE - 1);
	/* The send of a signal handler that comes in between ends within this one. */
	uint32_t outer = thread->sending;
	long result;

	thread->sending = 1;
	runtime_fence();
	result = call3(SYS_write, pipe, (long)"", 1);
	/* Where the signal is blocked, it waits: nobody shall find it. */
	if (result == -EPIPE)
		runtime_call(SYS_rt_sigtimedwait, (long)&broken, 0, (long)&none, 8, 0, 0);
	runtime_fence();
	thread->sending = outer;
	/* A full pipe signals its reader all the same. */
	return result < 0 && result != -EAGAIN ? (int)result : 0;
}
