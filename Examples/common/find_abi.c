#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "find_abi.h"

static _Noreturn void end(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(status);
}

_Noreturn void fail_errno(const char *what, int negative_errno)
{
	end(EXIT_FAILURE, "%s: %s", what, strerror(-negative_errno));
}

int check(const char *what, int result)
{
	if (result < 0)
		fail_errno(what, result);
	return result;
}

#define OTHER_WAYS \
	"Use a machine that has them, an emulation (uintr run -- PROGRAM), or another driver."

/* Only kernels with user-interrupt patches print the flag. */
static bool cpuinfo_has_flag(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool found = false;
	char *line = NULL;
	size_t size = 0;

	while (file && !found && getline(&line, &size, file) > 0) {
		char *rest = NULL;

		if (strncmp(line, "flags", 5))
			continue;
		for (char *word = strtok_r(line, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
			found |= !strcmp(word, "uintr");
		break;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* The list of docs/uapi.md. 1: read; 0: there is none; a list that cannot be understood ends the process. */
static int read_calls(struct uintr_abi *out)
{
	const char *variable = getenv("UINTR_CALLS"), *path = variable && *variable ? variable : UINTR_CALLS_FILE;
	int32_t numbers[UINTR_CALL_COUNT];
	char line[256], name[64];
	FILE *file = fopen(path, "re");
	long number;

	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		end(EXIT_SKIPPED, "%s cannot be read (%m), so the numbers of the calls are not known.", path);
	memset(numbers, -1, sizeof(numbers));
	if (!fgets(line, sizeof(line), file) || strcspn(line, "\n") != strlen(UINTR_CALLS_FIRST_LINE) ||
	    strncmp(line, UINTR_CALLS_FIRST_LINE, strlen(UINTR_CALLS_FIRST_LINE)))
		end(EXIT_SKIPPED, "%s does not begin with \"" UINTR_CALLS_FIRST_LINE
		    "\": use the version of this program that came with the kernel.", path);
	while (fgets(line, sizeof(line), file))
		for (int call = 0; call < UINTR_CALL_COUNT; call++)
			if (sscanf(line, "%63s %ld", name, &number) == 2 && !strcmp(name, uintr_call_name(call)))
				numbers[call] = (int32_t)number;
	fclose(file);
	if (uintr_abi_project_numbers(out, numbers))
		end(EXIT_SKIPPED, "%s has a number below 0.", path);
	return 1;
}

static void require_testui(void)
{
	struct uintr_fault fault;
	bool uif;

	if (uintr_try_testui(&uif, &fault))
		end(EXIT_SKIPPED, "no user interrupts: TESTUI raises #UD, so no kernel has set CR4.UINTR. " OTHER_WAYS);
}

static void take_named(const char *name, struct uintr_abi *out)
{
	const struct uintr_abi *row = uintr_abi_named(name);

	if (!row)
		end(EXIT_USAGE, "UINTR_ABI=%s names no ABI: use rfc-v1, port-5.16, intel-mt, intel-6.0 or project.", name);
	require_testui();
	*out = *row;
	if (row == &uintr_abi_table[UINTR_ABI_PROJECT] && !read_calls(out))
		end(EXIT_SKIPPED, "UINTR_ABI=project, and no file lists its calls: set UINTR_CALLS, or leave UINTR_ABI unset.");
}

void find_abi(struct uintr_abi *out)
{
	const char *name = getenv("UINTR_ABI");

	if (name && *name) {
		take_named(name, out);
		return;
	}
	if (!uintr_cpuid_uintr())
		end(EXIT_SKIPPED, "no user interrupts: CPUID.(EAX=7,ECX=0):EDX[5] is 0. " OTHER_WAYS);
	if (!cpuinfo_has_flag())
		end(EXIT_SKIPPED, "no user interrupts: /proc/cpuinfo has no flag uintr, so the kernel does not know them. "
		    OTHER_WAYS);
	require_testui();
	if (read_calls(out))
		return;
	if (uintr_probe_471_flags() != -EINVAL)
		end(EXIT_SKIPPED, "the kernel's calls are not known: set UINTR_ABI to the ABI that it has.");
	*out = uintr_abi_table[uintr_probe_478_flags() == -EINVAL ? UINTR_ABI_INTEL_6_0 : UINTR_ABI_INTEL_MT];
}

int make_descriptor(const struct uintr_abi *abi, uint64_t vector)
{
	return uintr_abi_has(abi, UINTR_CALL_VECTOR_FD) ? uintr_vector_fd(abi, vector, 0) : uintr_create_fd(abi, vector, 0);
}

int unregister_sender(const struct uintr_abi *abi, uintr_fd fd, uintr_index index)
{
	if (abi->unregister_sender == UINTR_SENDER_BY_FD)
		return uintr_unregister_sender_by_fd(abi, fd, 0);
	return uintr_unregister_sender_by_index(abi, index, 0);
}
