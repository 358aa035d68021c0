/*
 * Running something that may raise a fault, and learning which.
 *
 * Faults are caught as signals (SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE) on an alternate stack and
 * left by editing the interrupted context. Handlers are installed for the process while any thread is
 * in a guard, and the previous ones are put back when the last leaves; a fault on a thread that is in
 * no guard goes to the previous handler. So any number of threads may be in guards, and guards nest,
 * but the process must not change these signals' actions meanwhile, nor enter a guard from a
 * signal handler. With a user shadow stack enabled (CET) a fault inside a guard ends the process.
 */
#ifndef UINTR_GUARD_H
#define UINTR_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/** Exceptions, as uintr_fault.exception names them (SDM Vol. 3A, 6.15). */
#define UINTR_EXCEPTION_DE 0
#define UINTR_EXCEPTION_DB 1
#define UINTR_EXCEPTION_BP 3
#define UINTR_EXCEPTION_UD 6
#define UINTR_EXCEPTION_SS 12
#define UINTR_EXCEPTION_GP 13
#define UINTR_EXCEPTION_PF 14
#define UINTR_EXCEPTION_AC 17

struct uintr_fault {
	/** SIGILL, SIGSEGV, SIGBUS, SIGTRAP or SIGFPE. */
	int signal;
	/** siginfo's si_code: ILL_ILLOPN, SEGV_MAPERR, SI_KERNEL … */
	int code;
	/** siginfo's si_addr: the data address of a page fault, the instruction of a #UD, 0 for #GP. */
	uint64_t address;
	/** The instruction pointer at the fault: of the instruction itself, but behind an INT3. */
	uint64_t rip;
	/** The exception's number, and the error code that it pushed (0 if none). */
	uint64_t exception, error_code;
};

/**
 * Call function(argument). 0: it returned; 1: it faulted and `*fault` says how; negative errno: the
 * guard could not be set up and nothing was called. After a fault the function's frames are gone:
 * it must hold no lock and need no clean-up.
 */
int uintr_run_guarded(void (*function)(void *argument), void *argument, struct uintr_fault *fault);

/** One instruction under the guard; results as uintr_run_guarded. #UD: the kernel has not set CR4.UINTR. */
int uintr_try_testui(bool *uif, struct uintr_fault *fault);
int uintr_try_clui(struct uintr_fault *fault);
int uintr_try_stui(struct uintr_fault *fault);
int uintr_try_senduipi(uint64_t index, struct uintr_fault *fault);
int uintr_try_senduipi_via(unsigned int reg, uint64_t value, struct uintr_fault *fault);

#endif
