/*
 * The system-call ABIs under which user interrupts have been published, as data.
 *
 * Stands alone: no other header of this target, nothing of libc beyond the headers below, no
 * symbol to link. Programs that emulate a kernel include it as well as programs that call one.
 * With UINTR_ABI_TYPES_ONLY the table is left out, and may be included later.
 */
#ifndef UINTR_ABI_H
#define UINTR_ABI_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Every call that any of the ABIs has. The order is that of the oldest numbering. */
enum uintr_call {
	UINTR_CALL_REGISTER_HANDLER,
	UINTR_CALL_UNREGISTER_HANDLER,
	/** (u64 vector, flags): a vector is registered once. RFC v1 and its descendants, and `project`. */
	UINTR_CALL_CREATE_FD,
	/** (u64 vector, flags): a vector may be registered again. uintr-next 6.0. */
	UINTR_CALL_VECTOR_FD,
	UINTR_CALL_REGISTER_SENDER,
	UINTR_CALL_UNREGISTER_SENDER,
	UINTR_CALL_WAIT,
	UINTR_CALL_REGISTER_SELF,
	UINTR_CALL_ALT_STACK,
	UINTR_CALL_IPI_FD,
};
#define UINTR_CALL_COUNT 10

/** The signature of uintr_wait. */
enum uintr_wait_kind {
	UINTR_WAIT_NONE,
	/** (unsigned int flags). */
	UINTR_WAIT_FLAGS,
	/** (u64 usec, unsigned int flags); usec in microseconds. */
	UINTR_WAIT_USEC_FLAGS,
	/** (u64 deadline, unsigned int flags); deadline in nanoseconds of CLOCK_MONOTONIC. */
	UINTR_WAIT_DEADLINE_FLAGS,
};

/** What unregister_sender takes as its first argument. */
enum uintr_sender_operand {
	/** The descriptor that was given to register_sender. */
	UINTR_SENDER_BY_FD,
	/** The UITT index that register_sender returned. */
	UINTR_SENDER_BY_INDEX,
};

/** The flags of register_handler in uintr-next 6.0; no other ABI takes any. Both bits mean RECEIVER there. */
#define UINTR_HANDLER_FLAG_WAITING_NONE 0x0u
#define UINTR_HANDLER_FLAG_WAITING_RECEIVER 0x1000u
#define UINTR_HANDLER_FLAG_WAITING_SENDER 0x2000u
#define UINTR_HANDLER_FLAG_WAITING_ANY 0x3000u

/** Vectors are 0 to 63 and the highest is delivered first (SDM Vol. 3A, 9.4.2). */
#define UINTR_VECTOR_COUNT 64
/** UITT entries that every kernel so far gives: to a task in v1, to an mm in 6.0. */
#define UINTR_TARGET_TABLE_ENTRIES 256
/** Bytes below RSP that delivery skips: UISTACKADJUST as every kernel so far sets it, the psABI's red zone. */
#define UINTR_STACK_ADJUST 128
/** `project`: the least size that uintr_alt_stack takes, MINSIGSTKSZ. */
#define UINTR_ALT_STACK_MIN 2048
/** `project`: a deadline that never comes, as is every other from 2^63 - 1 up. */
#define UINTR_WAIT_FOREVER UINT64_MAX
/** ioctl of a uipi_fd, uintr-next 6.0: _IO('u', 0). */
#define UINTR_IOCTL_SET_TARGET_TABLE 0x7500ul

/**
 * One ABI. A plain value: it may be copied, kept and compared field by field. Two copies of a
 * named ABI may stand at different addresses.
 */
struct uintr_abi {
	/** As UINTR_ABI takes it; ends in a zero byte. */
	char name[16];
	/** System-call numbers by enum uintr_call; -1: the ABI has no such call. */
	int32_t nr[UINTR_CALL_COUNT];
	enum uintr_wait_kind wait;
	enum uintr_sender_operand unregister_sender;
	/** The positive errno with which every call answers on a processor without user interrupts. */
	int32_t no_hardware_errno;
	/** Bits that register_handler accepts; the others are EINVAL. */
	uint32_t handler_flags;
	/** Longest wait in microseconds, beyond it EINVAL; 0: the ABI's wait takes no time; UINT64_MAX: there is no limit. */
	uint64_t wait_usec_max;
	/** A thread may register a vector twice; otherwise EBUSY. */
	bool vector_repeats;
	/** A sender may connect to one descriptor twice and gets a second index; otherwise EISCONN. */
	bool sender_repeats;
	/** The UITT belongs to the mm: all threads share it. Otherwise to the task. */
	bool table_of_process;
	/** A forked child shares the UITT. Otherwise it has none. */
	bool table_inherited;
	/** The positive errno of register_sender for a descriptor that is open and of another kind. */
	int32_t other_descriptor_errno;
	/** The positive errno of uintr_wait and uintr_alt_stack for a thread without a handler. */
	int32_t no_handler_errno;
	/** What uintr_alt_stack takes first is the low end of the stack; otherwise its high end. */
	bool alt_stack_by_base;
};

#endif

#if !defined(UINTR_ABI_TABLE_H) && !defined(UINTR_ABI_TYPES_ONLY)
#define UINTR_ABI_TABLE_H

/** Places in the table below. */
enum uintr_abi_index {
	UINTR_ABI_RFC_V1,
	UINTR_ABI_PORT_5_16,
	UINTR_ABI_INTEL_MT,
	UINTR_ABI_INTEL_6_0,
	UINTR_ABI_PROJECT,
};
#define UINTR_ABI_COUNT 5

/*                                  reg  unreg create vector send unsend wait self alt  ipi */
#define UINTR_NUMBERS_V1(b)       { (b), (b) + 1, (b) + 2, -1, (b) + 3, (b) + 4, (b) + 5, -1, -1, -1 }
#define UINTR_NUMBERS_6_0(b)      { (b), (b) + 1, -1, (b) + 2, (b) + 3, (b) + 4, (b) + 5, (b) + 6, (b) + 7, (b) + 8 }
#define UINTR_NUMBERS_PROJECT(b)  { (b), (b) + 1, (b) + 2, -1, (b) + 3, (b) + 4, (b) + 5, -1, (b) + 6, -1 }
#define UINTR_NUMBERS_UNKNOWN     { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }

#define UINTR_MEANING_V1 \
	.wait = UINTR_WAIT_FLAGS, .unregister_sender = UINTR_SENDER_BY_FD, \
	.no_hardware_errno = EOPNOTSUPP, .handler_flags = 0, .wait_usec_max = 0, \
	.vector_repeats = false, .sender_repeats = false, .table_of_process = false, .table_inherited = false, \
	.other_descriptor_errno = EOPNOTSUPP, .no_handler_errno = EOPNOTSUPP, .alt_stack_by_base = false
#define UINTR_MEANING_6_0 \
	.wait = UINTR_WAIT_USEC_FLAGS, .unregister_sender = UINTR_SENDER_BY_INDEX, \
	.no_hardware_errno = ENOSYS, .handler_flags = UINTR_HANDLER_FLAG_WAITING_ANY, \
	.wait_usec_max = 1000000000, \
	.vector_repeats = true, .sender_repeats = true, .table_of_process = true, .table_inherited = true, \
	.other_descriptor_errno = EOPNOTSUPP, .no_handler_errno = EOPNOTSUPP, .alt_stack_by_base = false
/* docs/uapi.md. */
#define UINTR_MEANING_PROJECT \
	.wait = UINTR_WAIT_DEADLINE_FLAGS, .unregister_sender = UINTR_SENDER_BY_INDEX, \
	.no_hardware_errno = EOPNOTSUPP, .handler_flags = 0, .wait_usec_max = UINT64_MAX, \
	.vector_repeats = false, .sender_repeats = true, .table_of_process = true, .table_inherited = false, \
	.other_descriptor_errno = EBADF, .no_handler_errno = EINVAL, .alt_stack_by_base = true

static const struct uintr_abi uintr_abi_table[UINTR_ABI_COUNT] __attribute__((unused)) = {
	/* RFC v1 as mailed, 13 September 2021, patch 12/13. */
	[UINTR_ABI_RFC_V1] = {
		.name = "rfc-v1", .nr = UINTR_NUMBERS_V1(449), UINTR_MEANING_V1,
	},
	/* The RFC carried to Linux 5.16, where futex_waitv had taken 449. */
	[UINTR_ABI_PORT_5_16] = {
		.name = "port-5.16", .nr = UINTR_NUMBERS_V1(450), UINTR_MEANING_V1,
	},
	/* Intel's mainline-tracking: the RFC's calls from 471. */
	[UINTR_ABI_INTEL_MT] = {
		.name = "intel-mt", .nr = UINTR_NUMBERS_V1(471), UINTR_MEANING_V1,
	},
	/* Intel's uintr-next on 6.0: 473, 475 and 476 mean something else than in mainline-tracking. */
	[UINTR_ABI_INTEL_6_0] = {
		.name = "intel-6.0", .nr = UINTR_NUMBERS_6_0(471), UINTR_MEANING_6_0,
	},
	/* The project's own kernel. Its numbers are read from UINTR_CALLS_FILE; until then it has no call. */
	[UINTR_ABI_PROJECT] = {
		.name = "project", .nr = UINTR_NUMBERS_UNKNOWN, UINTR_MEANING_PROJECT,
	},
};

/** The ABI at a place of the table, NULL past its end: iterate with 0, 1, 2 … until NULL. */
static inline const struct uintr_abi *uintr_abi_at(size_t place)
{
	return place < UINTR_ABI_COUNT ? &uintr_abi_table[place] : NULL;
}

/** The ABI of that exact name, NULL if there is none. "project" comes without numbers. */
static inline const struct uintr_abi *uintr_abi_named(const char *name)
{
	for (size_t place = 0; name && place < UINTR_ABI_COUNT; place++) {
		const char *own = uintr_abi_table[place].name;
		size_t i = 0;

		while (own[i] && own[i] == name[i])
			i++;
		if (own[i] == name[i])
			return &uintr_abi_table[place];
	}
	return NULL;
}

/** The name as a C string; lives as long as `abi`. */
static inline const char *uintr_abi_name(const struct uintr_abi *abi)
{
	return abi->name;
}

/** The system-call number, -1 if the ABI has no such call (or `call` is none). */
static inline long uintr_abi_number(const struct uintr_abi *abi, enum uintr_call call)
{
	return (unsigned int)call < UINTR_CALL_COUNT ? abi->nr[call] : -1;
}

static inline bool uintr_abi_has(const struct uintr_abi *abi, enum uintr_call call)
{
	return uintr_abi_number(abi, call) >= 0;
}

/** Where a kernel with the ABI `project` lists its numbers, and the first line of that list (docs/uapi.md). */
#define UINTR_CALLS_FILE "/proc/sys/kernel/uintr/calls"
#define UINTR_CALLS_FIRST_LINE "abi 1"

/** `project` with its calls numbered from `base` without a gap, in the order of docs/uapi.md. -EINVAL if base < 0. */
static inline int uintr_abi_project(struct uintr_abi *out, long base)
{
	const struct uintr_abi layout = { .nr = UINTR_NUMBERS_PROJECT(0) };

	if (base < 0 || base > INT32_MAX - UINTR_CALL_COUNT)
		return -EINVAL;
	*out = uintr_abi_table[UINTR_ABI_PROJECT];
	for (size_t i = 0; i < UINTR_CALL_COUNT; i++)
		out->nr[i] = layout.nr[i] < 0 ? -1 : (int32_t)base + layout.nr[i];
	return 0;
}

/** `project` with each number given, by enum uintr_call; -1: no such call. -EINVAL for any number below -1. */
static inline int uintr_abi_project_numbers(struct uintr_abi *out, const int32_t numbers[UINTR_CALL_COUNT])
{
	for (size_t i = 0; i < UINTR_CALL_COUNT; i++)
		if (numbers[i] < -1)
			return -EINVAL;
	*out = uintr_abi_table[UINTR_ABI_PROJECT];
	for (size_t i = 0; i < UINTR_CALL_COUNT; i++)
		out->nr[i] = numbers[i];
	return 0;
}

/** What a call is named in the kernel, for messages: "uintr_register_handler"; "uintr_?" if there is none such. */
static inline const char *uintr_call_name(enum uintr_call call)
{
	switch (call) {
	case UINTR_CALL_REGISTER_HANDLER: return "uintr_register_handler";
	case UINTR_CALL_UNREGISTER_HANDLER: return "uintr_unregister_handler";
	case UINTR_CALL_CREATE_FD: return "uintr_create_fd";
	case UINTR_CALL_VECTOR_FD: return "uintr_vector_fd";
	case UINTR_CALL_REGISTER_SENDER: return "uintr_register_sender";
	case UINTR_CALL_UNREGISTER_SENDER: return "uintr_unregister_sender";
	case UINTR_CALL_WAIT: return "uintr_wait";
	case UINTR_CALL_REGISTER_SELF: return "uintr_register_self";
	case UINTR_CALL_ALT_STACK: return "uintr_alt_stack";
	case UINTR_CALL_IPI_FD: return "uintr_ipi_fd";
	}
	return "uintr_?";
}

#endif
