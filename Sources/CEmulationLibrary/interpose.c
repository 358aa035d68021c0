/* libc's functions that the library stands in for, because they would take a signal or a system call away from the runtime. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "internal.h"

#define PUBLIC __attribute__((visibility("default")))

static int (*real_close)(int);

/* For gate.S: what syscall(2) returns for a negated errno. */
INTERNAL long runtime_fail(long result)
{
	errno = (int)-result;
	return -1;
}

PUBLIC int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	int result = number == 32 || number == 33 ? -EINVAL : runtime_sigaction(number, action, old);

	return result < 0 ? (int)runtime_fail(result) : 0;
}

static sighandler_t set_handler(int number, sighandler_t handler, int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags }, old;

	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, &old) ? SIG_ERR : old.sa_handler;
}

PUBLIC sighandler_t signal(int number, sighandler_t handler) { return set_handler(number, handler, SA_RESTART); }
PUBLIC sighandler_t bsd_signal(int number, sighandler_t handler) { return set_handler(number, handler, SA_RESTART); }
PUBLIC sighandler_t sysv_signal(int number, sighandler_t handler) { return set_handler(number, handler, SA_RESETHAND | SA_NODEFER); }
PUBLIC sighandler_t __sysv_signal(int number, sighandler_t handler) { return sysv_signal(number, handler); }

/* The runtime's descriptors are not the program's: they are not open, as far as it can tell. */
PUBLIC int close(int fd)
{
	if (runtime_is_own(fd))
		return (int)runtime_fail(-EBADF);
	if (!real_close)
		real_close = dlsym(RTLD_NEXT, "close");
	return real_close(fd);
}

/* uintr-next 6.0's one ioctl; a uipi_fd is a socket, which has none of that number. */
PUBLIC int ioctl(int fd, unsigned long request, ...)
{
	struct runtime_thread *thread;
	long argument, result;
	va_list arguments;

	va_start(arguments, request);
	argument = va_arg(arguments, long);
	va_end(arguments);
	if (request == UINTR_IOCTL_SET_TARGET_TABLE && runtime_abi.nr[UINTR_CALL_IPI_FD] >= 0) {
		thread = runtime_thread_current();
		result = runtime_adopt_table(thread, fd);
		if (result != -ENOTTY)
			return result < 0 ? (int)runtime_fail(result) : (int)result;
	}
	result = runtime_call(SYS_ioctl, fd, (long)request, argument, 0, 0, 0);
	return result < 0 ? (int)runtime_fail(result) : (int)result;
}

PUBLIC int close_range(unsigned int first, unsigned int last, int flags)
{
	long result = runtime_close_range(first, last, flags);

	return result < 0 ? (int)runtime_fail(result) : 0;
}

PUBLIC void closefrom(int first) { close_range(first < 0 ? 0 : (unsigned int)first, ~0u, 0); }

/*
 * What glibc tells of CPUID (sys/platform/x86.h): leaf 7, EDX[5]. A program that executes CPUID itself cannot be told. The layout is
 * glibc's: four registers as CPUID gives them, and the four as far as they are usable.
 */
struct cpuid_feature;
PUBLIC const struct cpuid_feature *__x86_get_cpuid_feature_leaf(unsigned int leaf)
{
	static const struct cpuid_feature *(*real)(unsigned int);
	static unsigned int with_uintr[8];
	const struct cpuid_feature *features;

	if (!real)
		real = dlsym(RTLD_NEXT, "__x86_get_cpuid_feature_leaf");
	features = real ? real(leaf) : NULL;
	if (!features || leaf != 1)
		return features;
	memcpy(with_uintr, features, sizeof(with_uintr));
	with_uintr[3] |= 1u << 5, with_uintr[7] |= 1u << 5;
	return (const struct cpuid_feature *)with_uintr;
}

/* What cannot be blocked is remembered: a program finds its mask as it left it. */
static int change_mask(int how, const sigset_t *set, sigset_t *old)
{
	uint64_t *kept = &runtime_thread_current()->masked, masked = *kept, mask = 0, before = 0;
	long result;

	if (set) {
		memcpy(&mask, set, sizeof(mask));
		/* The two that libc keeps for itself. */
		mask &= ~(1ull << 31 | 1ull << 32);
		if (how == SIG_UNBLOCK)
			masked &= ~mask;
		else
			masked = (how == SIG_BLOCK ? masked : 0) | (mask & ~runtime_maskable(mask));
		if (how != SIG_UNBLOCK)
			mask = runtime_maskable(mask);
	}
	result = runtime_call(SYS_rt_sigprocmask, how, (long)(set ? &mask : NULL), (long)&before, 8, 0, 0);
	if (!result && old) {
		before |= *kept;
		memset(old, 0, sizeof(*old));
		memcpy(old, &before, sizeof(before));
	}
	if (!result)
		*kept = masked;
	return (int)-result;
}

static int (*real_fcntl)(int, int, ...);

/* A descriptor of the runtime is a socket, which is open for both; the kernel's are read-only. */
PUBLIC int fcntl(int fd, int command, ...)
{
	va_list list;
	void *argument;
	int result;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	if (!real_fcntl)
		real_fcntl = dlsym(RTLD_NEXT, "fcntl64") ?: dlsym(RTLD_NEXT, "fcntl");
	result = real_fcntl(fd, command, argument);
	if (command == F_GETFL && result >= 0 && (result & O_ACCMODE) == O_RDWR && runtime_descriptor_is(fd))
		result &= ~O_ACCMODE;
	return result;
}

PUBLIC int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

PUBLIC int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) { return change_mask(how, set, old); }

PUBLIC int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	int failure = change_mask(how, set, old);

	return failure ? (int)runtime_fail(-failure) : 0;
}
