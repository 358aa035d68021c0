/*
 * One thin function for each system call of each ABI.
 *
 * All of them return what the kernel returned: >= 0, or a negative errno. They leave errno as it
 * is and retry nothing. A call that the ABI has not, and NULL for the ABI, is -ENOSYS without
 * entering the kernel: a number that means something else there is never called.
 */
#ifndef UINTR_CALLS_H
#define UINTR_CALLS_H

#include "uintr_abi.h"

/** A file descriptor: a uintrfd, uvecfd or uipi_fd. Not an index; 475 takes the one or the other. */
typedef struct { int value; } uintr_fd;

/** An index into the sender's UITT: SENDUIPI's operand. */
typedef struct { int value; } uintr_index;

/**
 * Register this thread's handler entry (uintr_handler_entry or uintr_record_entry): an address, not
 * a C function. EINVAL flags, EFAULT null, EBUSY second call of this thread, ENOMEM.
 */
int uintr_register_handler(const struct uintr_abi *abi, const void *entry, unsigned int flags);

/** EINVAL: flags, or no handler. */
int uintr_unregister_handler(const struct uintr_abi *abi, unsigned int flags);

/** v1, project: descriptor for a vector. EINVAL flags or no handler, ENOSPC vector > 63, EBUSY vector taken, EMFILE, ENFILE, ENOMEM. */
int uintr_create_fd(const struct uintr_abi *abi, uint64_t vector, unsigned int flags);

/** 6.0: descriptor for a vector. As uintr_create_fd, but a vector may be registered again. */
int uintr_vector_fd(const struct uintr_abi *abi, uint64_t vector, unsigned int flags);

/**
 * Connect to a receiver; returns the index for SENDUIPI. EINVAL flags, EBADF, EOPNOTSUPP (project: EBADF) not such
 * a descriptor, EISCONN (v1) already connected, ESHUTDOWN receiver gone, ENOSPC all 256 entries used, ENOMEM.
 */
int uintr_register_sender(const struct uintr_abi *abi, uintr_fd fd, unsigned int flags);

/**
 * v1: disconnect, naming the descriptor. EINVAL flags or not connected, EBADF, EOPNOTSUPP.
 * -EINVAL without entering the kernel if the ABI takes an index: the number would be misread there.
 */
int uintr_unregister_sender_by_fd(const struct uintr_abi *abi, uintr_fd fd, unsigned int flags);

/**
 * 6.0, project: disconnect, naming the index. EINVAL flags, no UITT, or entry invalid. Keep to indices that
 * register_sender returned: uintr-next 6.0 tests a bit at the index without looking at its range.
 * -EINVAL without entering the kernel if the ABI takes a descriptor.
 */
int uintr_unregister_sender_by_index(const struct uintr_abi *abi, uintr_index index, unsigned int flags);

/** v1's wait, without a limit. -EINTR whatever ended it; EINVAL flags, EOPNOTSUPP no handler. -ENOSYS if the ABI's wait takes a time. */
int uintr_wait_flags(const struct uintr_abi *abi, unsigned int flags);

/**
 * 6.0's wait for `usec` microseconds, at most 10^9. 0 when the time is over, -EINTR when woken
 * earlier; EINVAL flags or usec, EOPNOTSUPP no handler, ENOSYS kernel built without
 * X86_UINTR_BLOCKING. -ENOSYS also, without entering the kernel, if the ABI's wait takes flags only.
 */
int uintr_wait_usec(const struct uintr_abi *abi, uint64_t usec, unsigned int flags);

/**
 * project's wait until `deadline`, nanoseconds of CLOCK_MONOTONIC; 0 only looks, UINTR_WAIT_FOREVER has no end. 0 when a
 * user interrupt is pending, -ETIMEDOUT, -EINTR signal; EINVAL flags or no handler, EOPNOTSUPP user interrupts are off.
 * -ENOSYS, without entering the kernel, if the ABI's wait takes no deadline.
 */
int uintr_wait_deadline(const struct uintr_abi *abi, uint64_t deadline, unsigned int flags);

/** 6.0: a vector of this thread and a sender's entry for it in one; returns the index. EINVAL flags or no handler, ENOSPC, ENOMEM, ESHUTDOWN. */
int uintr_register_self(const struct uintr_abi *abi, uint64_t vector, unsigned int flags);

/**
 * Have delivery load RSP with the high end of a stack; NULL and 0 go back to skipping 128 bytes. `address` is what the
 * ABI takes (alt_stack_by_base): in 6.0 that high end, which it writes to UISTACKADJUST with bit 0 set; in project the
 * low end. EINVAL flags; no handler: EOPNOTSUPP in 6.0, EINVAL in project. project: EFAULT range, ENOMEM below
 * UINTR_ALT_STACK_MIN.
 */
int uintr_alt_stack(const struct uintr_abi *abi, void *address, size_t size, unsigned int flags);

/** 6.0: descriptor of this process's UITT, to pass to another process. EINVAL flags, ENOMEM, EMFILE, ENFILE. */
int uintr_ipi_fd(const struct uintr_abi *abi, unsigned int flags);

/*
 * Raw probes, for detection alone.
 *
 * DO NOT CALL THESE before /proc/cpuinfo has shown the flag `uintr`, which only kernels with
 * user-interrupt patches print. On other kernels 471 and up are, or will be, other system calls;
 * a mainline kernel from 7.0 on runs rseq_slice_yield for 471. They judge nothing: the answer is
 * the kernel's, >= 0 or a negative errno.
 */

/** 471 with an entry that is not null and flags = 1. A UINTR kernel: -EINVAL; rseq_slice_yield: 0. */
int uintr_probe_471_flags(void);

/** 473 with vector 64 and no flags. UINTR: -ENOSPC with a handler, -EINVAL without; else -ENOSYS. */
int uintr_probe_473_vector(void);

/** 478 with a null stack of size 0 and flags = 1. uintr-next 6.0: -EINVAL; mainline-tracking: -ENOSYS. */
int uintr_probe_478_flags(void);

#endif
