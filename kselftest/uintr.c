// SPDX-License-Identifier: GPL-2.0
/* Finding the kernel's ABI, and its system calls. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "uintr.h"

#define NUMBERS_V1(b)								\
	.register_handler = (b), .unregister_handler = (b) + 1,			\
	.vector_fd = (b) + 2, .register_sender = (b) + 3,			\
	.unregister_sender = (b) + 4, .wait = (b) + 5,				\
	.register_self = -1, .alt_stack = -1, .ipi_fd = -1, .meaning = UINTR_V1
#define NUMBERS_NEXT(b)								\
	.register_handler = (b), .unregister_handler = (b) + 1,			\
	.vector_fd = (b) + 2, .register_sender = (b) + 3,			\
	.unregister_sender = (b) + 4, .wait = (b) + 5,				\
	.register_self = (b) + 6, .alt_stack = (b) + 7, .ipi_fd = (b) + 8, .meaning = UINTR_NEXT

static const struct uintr_abi rfc_v1 = { .name = "rfc-v1", NUMBERS_V1(449) };
static const struct uintr_abi port_5_16 = { .name = "port-5.16", NUMBERS_V1(450) };
static const struct uintr_abi intel_mt = { .name = "intel-mt", NUMBERS_V1(471) };
static const struct uintr_abi intel_6_0 = { .name = "intel-6.0", NUMBERS_NEXT(471) };

static long call(int number, long a, long b, long c)
{
	long result;

	if (number < 0)
		return -ENOSYS;
	result = syscall(number, a, b, c);
	return result < 0 ? -errno : result;
}

int uintr_register_handler(const struct uintr_abi *abi, const void *entry, unsigned int flags)
{
	return (int)call(abi->register_handler, (long)entry, flags, 0);
}

int uintr_unregister_handler(const struct uintr_abi *abi, unsigned int flags)
{
	return (int)call(abi->unregister_handler, flags, 0, 0);
}

int uintr_vector_fd(const struct uintr_abi *abi, uint64_t vector, unsigned int flags)
{
	return (int)call(abi->vector_fd, (long)vector, flags, 0);
}

int uintr_register_sender(const struct uintr_abi *abi, int fd, unsigned int flags)
{
	return (int)call(abi->register_sender, fd, flags, 0);
}

int uintr_unregister_sender(const struct uintr_abi *abi, int operand, unsigned int flags)
{
	return (int)call(abi->unregister_sender, operand, flags, 0);
}

int uintr_wait_deadline(const struct uintr_abi *abi, uint64_t deadline, unsigned int flags)
{
	return (int)call(abi->wait, (long)deadline, flags, 0);
}

int uintr_wait(const struct uintr_abi *abi, uint64_t usec, unsigned int flags)
{
	struct timespec now;

	if (abi->meaning == UINTR_V1)
		return (int)call(abi->wait, flags, 0, 0);
	if (abi->meaning == UINTR_NEXT)
		return (int)call(abi->wait, (long)usec, flags, 0);
	if (!usec)
		return uintr_wait_deadline(abi, 0, flags);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return uintr_wait_deadline(abi, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + usec * 1000, flags);
}

int uintr_register_self(const struct uintr_abi *abi, uint64_t vector, unsigned int flags)
{
	return (int)call(abi->register_self, (long)vector, flags, 0);
}

int uintr_alt_stack(const struct uintr_abi *abi, uint64_t address, uint64_t size, unsigned int flags)
{
	return (int)call(abi->alt_stack, (long)address, (long)size, flags);
}

int uintr_ipi_fd(const struct uintr_abi *abi, unsigned int flags)
{
	return (int)call(abi->ipi_fd, flags, 0, 0);
}

static void too_late(int signal)
{
	static const char message[] = "Bail out! The watchdog ended the test: an interrupt or a wakeup was lost.\n";

	(void)signal;
	if (write(STDOUT_FILENO, message, sizeof(message) - 1) < 0)
		_exit(KSFT_FAIL);
	_exit(KSFT_FAIL);
}

void uintr_watchdog(unsigned int seconds)
{
	struct sigaction action = { .sa_handler = too_late };

	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

static bool cpuid_has_uintr(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (edx >> 5 & 1);
}

/* The value of the first line of /proc/cpuinfo with that key; false if there is none. */
static bool cpuinfo(const char *key, char *value, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char *line = NULL, *colon;
	size_t room = 0, length = strlen(key);
	bool found = false;

	if (!file)
		return false;
	while (!found && getline(&line, &room, file) > 0) {
		colon = strchr(line, ':');
		if (strncmp(line, key, length) || !colon || !strchr("\t :", line[length]))
			continue;
		colon += 1 + (colon[1] == ' ');
		colon[strcspn(colon, "\n")] = 0;
		snprintf(value, size, "%s", colon);
		found = true;
	}
	free(line);
	fclose(file);
	return found;
}

static bool cpuinfo_has_uintr(void)
{
	char flags[8192];
	char *rest = flags, *word;

	if (!cpuinfo("flags", flags, sizeof(flags)))
		return false;
	while ((word = strsep(&rest, " ")))
		if (!strcmp(word, "uintr"))
			return true;
	return false;
}

static sigjmp_buf undefined;

static void caught(int signal)
{
	siglongjmp(undefined, signal);
}

static bool testui_executes(void)
{
	struct sigaction action = { .sa_handler = caught }, previous;
	bool executes = false;

	sigaction(SIGILL, &action, &previous);
	if (!sigsetjmp(undefined, 1)) {
		uintr_testui();
		executes = true;
	}
	sigaction(SIGILL, &previous, NULL);
	return executes;
}

#define NOT_GUESSED "Kernels whose calls start at 449 or 450 are never found by calling: if this is one, set UINTR_ABI to rfc-v1 or port-5.16"

/* 449 to 470 are never called: on other kernels those are futex and memory-policy calls. */
static const struct uintr_abi *probe(void)
{
	static const char entry[1];
	long result = call(471, (long)entry, 1, 0);

	if (result == 0)
		ksft_exit_skip("system call 471 answers 0 as rseq_slice_yield of Linux 7.0 does, so this kernel has no user-interrupt calls there. " NOT_GUESSED "\n");
	if (result != -EINVAL)
		ksft_exit_skip("system call 471 with an invalid flag answers %ld (%s) and not EINVAL. " NOT_GUESSED "\n",
			       result, strerror(result < 0 ? (int)-result : 0));
	/* EINVAL: there is no handler yet. ENOSPC would be the answer with one. */
	result = call(473, UINTR_VECTORS, 0, 0);
	if (result != -EINVAL && result != -ENOSPC)
		ksft_exit_skip("system call 473 with vector 64 answers %ld and neither EINVAL nor ENOSPC: 471 and up are not user-interrupt calls here. " NOT_GUESSED "\n", result);
	result = call(478, 0, 0, 1);
	if (result == -EINVAL)
		return &intel_6_0;
	if (result == -ENOSYS)
		return &intel_mt;
	ksft_exit_skip("system call 478 with an invalid flag answers %ld: neither EINVAL (uintr-next 6.0) nor ENOSYS (mainline-tracking). Set UINTR_ABI\n", result);
	return NULL; /* Not every tree marks ksft_exit_skip() as never returning. */
}

#define CALLS_FILE "/proc/sys/kernel/uintr/calls"
#define CALLS_FIRST_LINE "abi 1\n"

/* Puts the number of one line of the list into its place; false if it is no such line, or stands there twice. */
static bool listed(struct uintr_abi *abi, char *line)
{
	const struct { const char *name; int *number; } calls[] = {
		{ "uintr_register_handler", &abi->register_handler },
		{ "uintr_unregister_handler", &abi->unregister_handler },
		{ "uintr_create_fd", &abi->vector_fd },
		{ "uintr_register_sender", &abi->register_sender },
		{ "uintr_unregister_sender", &abi->unregister_sender },
		{ "uintr_wait", &abi->wait },
		{ "uintr_alt_stack", &abi->alt_stack },
	};
	char *space = strchr(line, ' '), *end;
	long number;

	if (!space || space[1] < '0' || space[1] > '9')
		return false;
	*space = 0;
	errno = 0;
	number = strtol(space + 1, &end, 10);
	if (errno || (*end && *end != '\n') || number >= 1 << 30)
		return false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, line)) {
			if (*calls[i].number >= 0)
				return false;
			*calls[i].number = (int)number;
		}
	return true;
}

/*
 * The ABI `project`, by the file in which its kernel lists the calls; NULL if there is none. With a file
 * that cannot be understood the test ends: no kernel that is found by calling has one.
 */
static const struct uintr_abi *project(void)
{
	static struct uintr_abi abi = {
		.name = "project", .register_handler = -1, .unregister_handler = -1, .vector_fd = -1,
		.register_sender = -1, .unregister_sender = -1, .wait = -1, .register_self = -1,
		.alt_stack = -1, .ipi_fd = -1, .meaning = UINTR_PROJECT,
	};
	const char *variable = getenv("UINTR_CALLS");
	const char *path = variable && *variable ? variable : CALLS_FILE;
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	bool good;

	if (!file && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (!file)
		ksft_exit_fail_msg("%s is there and cannot be read: %s\n", path, strerror(errno));
	good = getline(&line, &room, file) > 0 && !strcmp(line, CALLS_FIRST_LINE);
	while (good && getline(&line, &room, file) > 0)
		good = *line == '\n' || listed(&abi, line);
	free(line);
	fclose(file);
	if (!good || abi.register_handler < 0)
		ksft_exit_fail_msg("%s is no list of calls that begins with \"abi 1\" and has uintr_register_handler: these tests are of another version than the kernel\n", path);
	return &abi;
}

static const struct uintr_abi *named(const char *name)
{
	static const struct uintr_abi *const known[] = { &rfc_v1, &port_5_16, &intel_mt, &intel_6_0 };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i]->name, name))
			return known[i];
	ksft_exit_fail_msg("UINTR_ABI=%s is unknown: set it to rfc-v1, port-5.16, intel-mt, intel-6.0 or project, or leave it unset\n", name);
	return NULL;
}

const struct uintr_abi *uintr_find_abi(void)
{
	const char *variable = getenv("UINTR_ABI");
	const char *name = variable && *variable ? variable : NULL;
	bool is_project = name && !strcmp(name, "project");
	const struct uintr_abi *abi = name && !is_project ? named(name) : NULL;
	const char *how = "named by UINTR_ABI";
	struct utsname kernel;
	char model[256] = "unknown";

	if (!uname(&kernel))
		ksft_print_msg("kernel: %s %s\n", kernel.release, kernel.version);
	cpuinfo("model name", model, sizeof(model));
	ksft_print_msg("cpu: %s\n", model);

	/*
	 * A named ABI needs no enumeration, since an emulator that runs this test cannot change CPUID; but
	 * no call is made unless TESTUI executes, which only a kernel or an emulator brings about.
	 */
	if (!name && !cpuid_has_uintr())
		ksft_exit_skip("the processor has no user interrupts: CPUID.(EAX=7,ECX=0):EDX[5] is 0\n");
	if (!name && !cpuinfo_has_uintr())
		ksft_exit_skip("the processor has user interrupts, the kernel does not know them: no flag uintr in /proc/cpuinfo\n");
	if (!testui_executes())
		ksft_exit_skip("TESTUI raises #UD: the kernel has not enabled user interrupts (CR4.UINTR is 0)\n");
	if (!abi) {
		abi = project();
		if (!name)
			how = "found by its list of calls";
	}
	if (!abi && is_project)
		ksft_exit_fail_msg("UINTR_ABI=project: no file lists the kernel's calls, neither " CALLS_FILE " nor one that UINTR_CALLS names\n");
	if (!abi) {
		abi = probe();
		how = "found by its answers";
	}
	ksft_print_msg("abi: %s, %s\n", abi->name, how);
	return abi;
}
