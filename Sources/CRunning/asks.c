#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "CRunning.h"

bool running_seccomp_traps(void)
{
	uint32_t action = SECCOMP_RET_TRAP;

	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

bool running_gains_no_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }

bool running_has_capabilities(const char *path) { return getxattr(path, "security.capability", NULL, 0) > 0; }

int running_execute(const char *path, char *const arguments[], char *const environment[])
{
	syscall(SYS_execve, path, arguments, environment);
	return errno;
}
