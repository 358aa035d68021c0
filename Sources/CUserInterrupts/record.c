#include <stddef.h>

#include "uintr_record.h"

/* Read by record.S. */
__attribute__((tls_model("initial-exec"), visibility("hidden"))) __thread struct uintr_record_log *uintr_record_slot;

_Static_assert(sizeof(struct uintr_record) == 56, "record.S");
_Static_assert(offsetof(struct uintr_record_log, capacity) == 8, "record.S");
_Static_assert(offsetof(struct uintr_record_log, count) == 16, "record.S");
_Static_assert(offsetof(struct uintr_record_log, overflow) == 24, "record.S");

void uintr_record_set(struct uintr_record_log *log)
{
	uintr_record_slot = log;
	/* What the caller does next may deliver: the log must be in place before it. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

const void *uintr_record_entry_address(void)
{
	return (const void *)(uintptr_t)&uintr_record_entry;
}

const void *uintr_test_record_entry_address(void)
{
	return (const void *)(uintptr_t)&uintr_test_record_entry;
}
