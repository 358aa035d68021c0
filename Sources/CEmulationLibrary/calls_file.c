/* The list of a kernel's calls (docs/uapi.md, "The numbers themselves"), for programs that find `project` by it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "../CUserInterrupts/include/uintr_abi.h"
#include "internal.h"

#define VARIABLE "UINTR_CALLS"
#define FILES "/proc/self/fd/"

static const struct {
	enum uintr_call call;
	const char *name;
} names[] = {
	{ UINTR_CALL_REGISTER_HANDLER, "uintr_register_handler" }, { UINTR_CALL_UNREGISTER_HANDLER, "uintr_unregister_handler" },
	{ UINTR_CALL_CREATE_FD, "uintr_create_fd" },		   { UINTR_CALL_REGISTER_SENDER, "uintr_register_sender" },
	{ UINTR_CALL_UNREGISTER_SENDER, "uintr_unregister_sender" }, { UINTR_CALL_WAIT, "uintr_wait" },
	{ UINTR_CALL_ALT_STACK, "uintr_alt_stack" },
};

static bool begins(const char *text, const char *with)
{
	while (*with && *text == *with)
		text++, with++;
	return !*with;
}

static char *put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *put_number(char *to, unsigned int number)
{
	if (number >= 10)
		to = put_number(to, number / 10);
	*to++ = (char)('0' + number % 10);
	return to;
}

/*
 * A file that lasts as long as the process, and the variable that names it. An environment without libc cannot grow: there
 * `uintr run` has put an entry with the longest number that there can be, and the number is written over it.
 */
void runtime_calls_file_open(void)
{
	char text[512], *end = put(text, UINTR_CALLS_FIRST_LINE "\n"), path[sizeof(FILES) + 10];
	char *present = getenv(VARIABLE);
	long file;

	/* A file of the user's own. */
	if (present && *present && !begins(present, FILES))
		return;
	for (size_t place = 0; place < sizeof(names) / sizeof(*names); place++) {
		end = put(put(end, names[place].name), " ");
		end = put(put_number(end, (unsigned int)runtime_abi.nr[names[place].call]), "\n");
	}
	file = runtime_high((int)runtime_call(SYS_memfd_create, (long)"uintr_calls", MFD_CLOEXEC, 0, 0, 0, 0));
	if (file < 0)
		return;
	runtime_call(SYS_write, file, (long)text, end - text, 0, 0, 0);
	*put_number(put(path, FILES), (unsigned int)file) = 0;
	if (!runtime_is_alone)
		setenv(VARIABLE, path, 1);
	else if (present && strlen(present) >= strlen(path))
		*put(present, path) = 0;
}
