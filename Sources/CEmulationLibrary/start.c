/* The start of the library: what the environment asks for, and whether this machine can be given it. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "../CUserInterrupts/include/uintr_abi.h"
#include "alone.h"

/* The project's numbers (docs/uapi.md, "The numbers themselves"). */
#define PROJECT_BASE 1000
/* A message must end somewhere: what the command line has for wrong usage. */
#define EXIT_USAGE 64

INTERNAL extern uint32_t runtime_first_call, runtime_call_span;
INTERNAL void runtime_patching_open(void);
INTERNAL int runtime_filter_open(void);
INTERNAL void runtime_calls_file_open(void);

_Noreturn void runtime_refuse(const char *const parts[])
{
	runtime_call(SYS_write, 2, (long)"libuintr-emulation: ", 20, 0, 0, 0);
	for (; *parts; parts++)
		runtime_call(SYS_write, 2, (long)*parts, (long)strlen(*parts), 0, 0, 0);
	runtime_call(SYS_write, 2, (long)"\n", 1, 0, 0, 0);
	runtime_call(SYS_exit_group, EXIT_USAGE, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

static void choose_abi(void)
{
	const char *name = getenv("UINTR_ABI");
	const struct uintr_abi *abi = uintr_abi_named(name);
	uint32_t first = UINT32_MAX, last = 0;

	if (!name)
		runtime_refuse((const char *[]){ "UINTR_ABI is not set. Set it to the ABI that the program was written for: "
						 "rfc-v1, port-5.16, intel-mt, intel-6.0 or project.", NULL });
	if (!abi)
		runtime_refuse((const char *[]){ "UINTR_ABI=", name, " names no ABI. Use rfc-v1, port-5.16, intel-mt, intel-6.0 "
						 "or project.", NULL });
	runtime_abi = *abi;
	if (abi == &uintr_abi_table[UINTR_ABI_PROJECT])
		uintr_abi_project(&runtime_abi, PROJECT_BASE);
	for (int call = 0; call < UINTR_CALL_COUNT; call++) {
		if (runtime_abi.nr[call] < 0)
			continue;
		first = (uint32_t)runtime_abi.nr[call] < first ? (uint32_t)runtime_abi.nr[call] : first;
		last = (uint32_t)runtime_abi.nr[call] > last ? (uint32_t)runtime_abi.nr[call] : last;
	}
	runtime_first_call = first;
	runtime_call_span = last - first + 1;
}

static void choose_mode(void)
{
	static const char *const names[] = { "trap", "int3", "stub" };
	const char *name = getenv("UINTR_EMULATION_MODE");

	runtime_mode = RUNTIME_STUB;
	if (!name || !*name)
		return;
	for (runtime_mode = 0; runtime_mode < 3; runtime_mode++)
		if (!strcmp(names[runtime_mode], name))
			return;
	runtime_refuse((const char *[]){ "UINTR_EMULATION_MODE=", name, " is no mode. Use trap, int3 or stub.", NULL });
}

/*
 * On by default where the numbers are nobody else's: with those of RFC v1 a child without the library would be killed for a
 * futex_waitv.
 */
static void filter(void)
{
	const char *wish = getenv("UINTR_EMULATION_SECCOMP");

	if (runtime_is_alone) {
		if (runtime_alone_filter())
			runtime_refuse((const char *[]){ "the kernel takes no seccomp filter, which a static program needs. Link it "
							 "dynamically.", NULL });
		return;
	}
	if ((wish && *wish ? *wish != '0' : runtime_first_call >= 471) && runtime_filter_open())
		runtime_refuse((const char *[]){ "the kernel takes no seccomp filter, which system calls made without libc need. Set "
						 "UINTR_EMULATION_SECCOMP=0 if the program makes none.", NULL });
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value && *value != '0';
}

void runtime_start(void)
{
	runtime_look_at_processor();
	choose_abi();
	choose_mode();
	runtime_watch_open(is_set("UINTR_EMULATION_STATS"), is_set("UINTR_EMULATION_TRACE"),
			   is_set("UINTR_EMULATION_TRACE") && strcmp(getenv("UINTR_EMULATION_TRACE"), "upids"));
	runtime_patching_open();
	if (!runtime_is_alone)
		runtime_threads_open();
	runtime_probe();
	if (!runtime_is_alone)
		runtime_exec_open();
	runtime_signals_open();
	if (!strcmp(runtime_abi.name, uintr_abi_table[UINTR_ABI_PROJECT].name))
		runtime_calls_file_open();
	filter();
}

__attribute__((constructor(101))) static void start(void) { runtime_start(); }
__attribute__((destructor)) static void end(void) { runtime_watch_end(); }
