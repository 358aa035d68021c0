#define _GNU_SOURCE
#include <unistd.h>

#include "uintr_calls.h"
#include "uintr_entry.h"

/*
 * Through libc's syscall(), which a preloaded library can replace far more cheaply than it can trap the
 * instruction; errno is given back as it was.
 */
static long raw_call(long number, long a, long b, long c)
{
	int before = errno;
	long result = syscall(number, a, b, c);

	if (result == -1)
		result = -errno;
	errno = before;
	return result;
}

static int call(const struct uintr_abi *abi, enum uintr_call which, long a, long b, long c)
{
	long number = abi ? uintr_abi_number(abi, which) : -1;

	return number < 0 ? -ENOSYS : (int)raw_call(number, a, b, c);
}

int uintr_register_handler(const struct uintr_abi *abi, const void *entry, unsigned int flags)
{
	return call(abi, UINTR_CALL_REGISTER_HANDLER, (long)entry, flags, 0);
}

int uintr_unregister_handler(const struct uintr_abi *abi, unsigned int flags)
{
	return call(abi, UINTR_CALL_UNREGISTER_HANDLER, flags, 0, 0);
}

int uintr_create_fd(const struct uintr_abi *abi, uint64_t vector, unsigned int flags)
{
	return call(abi, UINTR_CALL_CREATE_FD, (long)vector, flags, 0);
}

int uintr_vector_fd(const struct uintr_abi *abi, uint64_t vector, unsigned int flags)
{
	return call(abi, UINTR_CALL_VECTOR_FD, (long)vector, flags, 0);
}

int uintr_register_sender(const struct uintr_abi *abi, uintr_fd fd, unsigned int flags)
{
	return call(abi, UINTR_CALL_REGISTER_SENDER, fd.value, flags, 0);
}

int uintr_unregister_sender_by_fd(const struct uintr_abi *abi, uintr_fd fd, unsigned int flags)
{
	if (abi && uintr_abi_has(abi, UINTR_CALL_UNREGISTER_SENDER) && abi->unregister_sender != UINTR_SENDER_BY_FD)
		return -EINVAL;
	return call(abi, UINTR_CALL_UNREGISTER_SENDER, fd.value, flags, 0);
}

int uintr_unregister_sender_by_index(const struct uintr_abi *abi, uintr_index index, unsigned int flags)
{
	if (abi && uintr_abi_has(abi, UINTR_CALL_UNREGISTER_SENDER) && abi->unregister_sender != UINTR_SENDER_BY_INDEX)
		return -EINVAL;
	return call(abi, UINTR_CALL_UNREGISTER_SENDER, index.value, flags, 0);
}

int uintr_wait_flags(const struct uintr_abi *abi, unsigned int flags)
{
	if (!abi || abi->wait != UINTR_WAIT_FLAGS)
		return -ENOSYS;
	return call(abi, UINTR_CALL_WAIT, flags, 0, 0);
}

int uintr_wait_usec(const struct uintr_abi *abi, uint64_t usec, unsigned int flags)
{
	if (!abi || abi->wait != UINTR_WAIT_USEC_FLAGS)
		return -ENOSYS;
	return call(abi, UINTR_CALL_WAIT, (long)usec, flags, 0);
}

int uintr_wait_deadline(const struct uintr_abi *abi, uint64_t deadline, unsigned int flags)
{
	if (!abi || abi->wait != UINTR_WAIT_DEADLINE_FLAGS)
		return -ENOSYS;
	return call(abi, UINTR_CALL_WAIT, (long)deadline, flags, 0);
}

int uintr_register_self(const struct uintr_abi *abi, uint64_t vector, unsigned int flags)
{
	return call(abi, UINTR_CALL_REGISTER_SELF, (long)vector, flags, 0);
}

int uintr_alt_stack(const struct uintr_abi *abi, void *address, size_t size, unsigned int flags)
{
	return call(abi, UINTR_CALL_ALT_STACK, (long)address, (long)size, flags);
}

int uintr_ipi_fd(const struct uintr_abi *abi, unsigned int flags)
{
	return call(abi, UINTR_CALL_IPI_FD, flags, 0, 0);
}

/* Should a kernel accept the flag after all, the entry drops what is delivered: no function is set. */
int uintr_probe_471_flags(void)
{
	return (int)raw_call(471, (long)uintr_handler_entry_address(), 1, 0);
}

int uintr_probe_473_vector(void)
{
	return (int)raw_call(473, UINTR_VECTOR_COUNT, 0, 0);
}

int uintr_probe_478_flags(void)
{
	return (int)raw_call(478, 0, 0, 1);
}
