/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the user-interrupt selftests share: the ABIs, the system calls, the instructions (as bytes:
 * no -muintr needed) and the handler entry.
 */
#ifndef SELFTEST_UINTR_H
#define SELFTEST_UINTR_H

#ifndef __x86_64__
#error "User interrupts exist only in 64-bit mode of x86-64 processors."
#endif

#include <stdbool.h>
#include <stdint.h>

#define UINTR_VECTORS 64
#define UINTR_TABLE_ENTRIES 256
#define UINTR_RED_ZONE 128

/* Handler flags of uintr-next 6.0. */
#define UINTR_WAITING_RECEIVER 0x1000u
#define UINTR_WAITING_SENDER 0x2000u

/* What the calls mean; one bit each, so that a test can name those that it fits. */
enum uintr_meaning {
	/*
	 * create_fd refuses a vector that is registered, register_sender a descriptor that is connected,
	 * unregister_sender takes the descriptor, wait takes flags only.
	 */
	UINTR_V1 = 1,
	/* uintr-next 6.0: neither is refused; an index; wait takes microseconds. */
	UINTR_NEXT = 2,
	/* The ABI `project`: a vector is refused, a second connection is not; an index; wait takes a deadline. */
	UINTR_PROJECT = 4,
};

struct uintr_abi {
	const char *name;
	/* System-call numbers; -1: the ABI has no such call. */
	int register_handler, unregister_handler, vector_fd, register_sender, unregister_sender, wait;
	int register_self, alt_stack, ipi_fd;
	enum uintr_meaning meaning;
};

/* What unregister_sender takes of a connection. */
static inline int uintr_operand(const struct uintr_abi *abi, int fd, int index)
{
	return abi->meaning == UINTR_V1 ? fd : index;
}

/*
 * The ABI that UINTR_ABI names, or the one found; for project UINTR_CALLS may name another file than the
 * kernel's that lists the calls. Ends the test if there is none: with KSFT_SKIP and
 * the reason, or with KSFT_FAIL if UINTR_ABI names none that is known. Prints what it found.
 */
const struct uintr_abi *uintr_find_abi(void);

/* All calls return >= 0 or a negative errno. */
int uintr_register_handler(const struct uintr_abi *abi, const void *entry, unsigned int flags);
int uintr_unregister_handler(const struct uintr_abi *abi, unsigned int flags);
/* create_fd in v1 and project, vector_fd in 6.0. */
int uintr_vector_fd(const struct uintr_abi *abi, uint64_t vector, unsigned int flags);
int uintr_register_sender(const struct uintr_abi *abi, int fd, unsigned int flags);
/* `operand`: see uintr_operand(). */
int uintr_unregister_sender(const struct uintr_abi *abi, int operand, unsigned int flags);
/* `usec` is not passed in v1, whose wait has no limit; in project it makes a deadline, 0 for one that is past. */
int uintr_wait(const struct uintr_abi *abi, uint64_t usec, unsigned int flags);
/* project: until `deadline`, nanoseconds of CLOCK_MONOTONIC. */
int uintr_wait_deadline(const struct uintr_abi *abi, uint64_t deadline, unsigned int flags);
int uintr_register_self(const struct uintr_abi *abi, uint64_t vector, unsigned int flags);
/* `address`: the high end of the stack in 6.0, the low end in project. */
int uintr_alt_stack(const struct uintr_abi *abi, uint64_t address, uint64_t size, unsigned int flags);
int uintr_ipi_fd(const struct uintr_abi *abi, unsigned int flags);

/* End the test with a failure after `seconds`, so that a lost interrupt is a result and not a hang. */
void uintr_watchdog(unsigned int seconds);

static inline void uintr_senduipi(uint64_t index)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0xc7, 0xf0" : : "a"(index) : "memory");
}

static inline void uintr_clui(void)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xee" : : : "memory");
}

static inline void uintr_stui(void)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xef" : : : "memory");
}

static inline bool uintr_testui(void)
{
	unsigned char carry;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xed\n\tsetc %0" : "=r"(carry) : : "memory", "cc");
	return carry;
}

/* What delivery pushes, from the handler's RSP up. */
struct uintr_frame {
	uint64_t vector, rip, rflags, rsp;
};

/*
 * Put into one C file: the entry `name`, which calls function(struct uintr_frame *). The function may touch
 * general registers only; declare it with UINTR_HANDLER. At entry RSP is a multiple of 16.
 */
#define UINTR_HANDLER __attribute__((target("general-regs-only"), used))
#define UINTR_ENTRY(name, function)						\
	extern const char name[];						\
	__asm__(".pushsection .text\n"						\
		".balign 16\n"							\
		".globl " #name "\n"						\
		#name ":\n\t"							\
		".byte 0xf3, 0x0f, 0x1e, 0xfa\n\t" /* ENDBR64 */		\
		"pushq %rax\n\tpushq %rcx\n\tpushq %rdx\n\t"			\
		"pushq %rsi\n\tpushq %rdi\n\tpushq %r8\n\t"			\
		"pushq %r9\n\tpushq %r10\n\tpushq %r11\n\t"			\
		"leaq 72(%rsp), %rdi\n\t"					\
		"subq $8, %rsp\n\t"						\
		"cld\n\t"							\
		"call " #function "\n\t"					\
		"addq $8, %rsp\n\t"						\
		"popq %r11\n\tpopq %r10\n\tpopq %r9\n\t"			\
		"popq %r8\n\tpopq %rdi\n\tpopq %rsi\n\t"			\
		"popq %rdx\n\tpopq %rcx\n\tpopq %rax\n\t"			\
		"addq $8, %rsp\n\t"						\
		".byte 0xf3, 0x0f, 0x01, 0xec\n" /* UIRET */			\
		".popsection\n")

#endif
