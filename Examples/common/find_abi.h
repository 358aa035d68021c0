/* What both C examples need before they can use user interrupts: which calls this kernel, or an emulation, has. */
#ifndef EXAMPLES_FIND_ABI_H
#define EXAMPLES_FIND_ABI_H

#include "CUserInterrupts.h"

#define EXIT_SKIPPED 4
#define EXIT_USAGE 64

/**
 * Finds the ABI without a call that could mean something else (README.md, "Checking a machine"), or takes the one
 * that UINTR_ABI names. Ends the process with a sentence where there is none: status 4, or 64 for a name that is none.
 */
void find_abi(struct uintr_abi *out);

/** A descriptor for one vector of this thread, under whichever name the ABI has for the call. Negative errno. */
int make_descriptor(const struct uintr_abi *abi, uint64_t vector);

/** Gives a connection up, by what the ABI takes. */
int unregister_sender(const struct uintr_abi *abi, uintr_fd fd, uintr_index index);

/** Ends the process: status 1, what was tried, and the errno in words. */
_Noreturn void fail_errno(const char *what, int negative_errno);

/** As the call; a failure ends the process. */
int check(const char *what, int result);

#endif
