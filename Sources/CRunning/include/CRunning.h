/* What `uintr run` needs of Linux that Swift cannot call: variadic functions, and calls that libc has no function for. */
#ifndef CRUNNING_H
#define CRUNNING_H

#include <stdbool.h>

/** True where the kernel takes seccomp filters that trap (SECCOMP_RET_TRAP). */
bool running_seccomp_traps(void);
/** True if this process can gain no privileges by executing a file (PR_SET_NO_NEW_PRIVS). */
bool running_gains_no_privileges(void);

/** True for a file with the attribute security.capability. */
bool running_has_capabilities(const char *path);

#endif
