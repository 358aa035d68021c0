/* uipi_fd of uintr-next 6.0: a socket with one message that holds the entries of a table, two descriptors for each. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "internal.h"

#define MAGIC 0x656c626174746975ull

union rights {
	char bytes[CMSG_SPACE(2 * RUNTIME_TABLE_MAX * sizeof(int))];
	struct cmsghdr header;
};

int runtime_table_make(struct runtime_table *table)
{
	size_t files = 2 * table->count * sizeof(int);
	struct iovec content = { table, offsetof(struct runtime_table, file) };
	union rights rights = { .header = { CMSG_LEN(files), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr message = {
		.msg_iov = &content, .msg_iovlen = 1, .msg_control = files ? &rights : NULL, .msg_controllen = files ? CMSG_SPACE(files) : 0,
	};
	int ends[2];
	long result = runtime_call(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, (long)ends, 0, 0);

	if (result < 0)
		return (int)result;
	table->magic = MAGIC;
	memcpy(CMSG_DATA(&rights.header), table->file, files);
	result = runtime_call(SYS_sendmsg, ends[0], (long)&message, MSG_NOSIGNAL, 0, 0, 0);
	runtime_close(ends[0]);
	if (result >= 0)
		return ends[1];
	runtime_close(ends[1]);
	return (int)result;
}

int runtime_table_read(int fd, struct runtime_table *out)
{
	struct iovec content = { out, offsetof(struct runtime_table, file) };
	union rights rights;
	struct msghdr message = { .msg_iov = &content, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights) };
	struct stat status;
	size_t files = 0;

	if (runtime_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) < 0)
		return -EBADF;
	if (!S_ISSOCK(status.st_mode) ||
	    runtime_call(SYS_recvmsg, fd, (long)&message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0, 0, 0) != (long)content.iov_len)
		return -ENOTTY;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && rights.header.cmsg_type == SCM_RIGHTS)
		files = (rights.header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(out->file, CMSG_DATA(&rights.header), files * sizeof(int));
	if (out->magic == MAGIC && out->count <= RUNTIME_TABLE_MAX && files == 2 * out->count)
		return 0;
	for (size_t i = 0; i < files; i++)
		runtime_close(out->file[i]);
	return -ENOTTY;
}
