/* The filter for a program without libc's interposed functions: it looks at the calls that the program's own code makes. */
#define _GNU_SOURCE
#include "alone.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

INTERNAL extern uint32_t runtime_first_call, runtime_call_span;

/*
 * After an exec the filter is there still, and this program's code is not. A program that happens to lie at the same addresses was
 * executed by `uintr run` (alone.c), and has these calls handled.
 */
static const uint16_t trapped[] = {
	SYS_rt_sigaction, SYS_fork, SYS_exit, SYS_exit_group, SYS_execve, SYS_close_range,
	/* Those that end with EINTR whatever a handler's flags (signal(7)). */
	SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6, SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_nanosleep,
	SYS_clock_nanosleep, SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_pause, SYS_msgrcv, SYS_msgsnd, SYS_semop, SYS_semtimedop,
};

enum { NEXT = 0, ALLOW = 253, TRAP = 254, NO_CALL = 255 };

struct assembler {
	struct sock_filter code[96];
	unsigned short count;
};

static void emit(struct assembler *to, uint16_t code, uint8_t is, uint8_t is_not, uint32_t value)
{
	to->code[to->count++] = (struct sock_filter){ code, is, is_not, value };
}
static void load(struct assembler *to, uint32_t offset) { emit(to, BPF_LD | BPF_W | BPF_ABS, NEXT, NEXT, offset); }
static void equal(struct assembler *to, uint32_t value, uint8_t is, uint8_t is_not) { emit(to, BPF_JMP | BPF_JEQ | BPF_K, is, is_not, value); }
static void above(struct assembler *to, uint32_t value, uint8_t is, uint8_t is_not) { emit(to, BPF_JMP | BPF_JGE | BPF_K, is, is_not, value); }

static void resolve(struct assembler *to)
{
	unsigned short body = to->count;

	emit(to, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	emit(to, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP);
	emit(to, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	for (unsigned short place = 0; place < body; place++) {
		struct sock_filter *line = &to->code[place];

		if (BPF_CLASS(line->code) != BPF_JMP)
			continue;
		if (line->jt >= ALLOW)
			line->jt = (uint8_t)(body + line->jt - ALLOW - place - 1);
		if (line->jf >= ALLOW)
			line->jf = (uint8_t)(body + line->jf - ALLOW - place - 1);
	}
}

#define FIELD(name) offsetof(struct seccomp_data, name)
#define LOW(place) (FIELD(args) + 8 * (place))
#define HIGH(place) (FIELD(args) + 8 * (place) + 4)

INTERNAL int runtime_alone_filter(void)
{
	uint64_t first = uintr_emulation_alone.text_first, last = uintr_emulation_alone.text_last;
	bool one = first >> 32 == last >> 32;
	struct assembler code = { .count = 0 };
	struct sock_fprog program = { 0, code.code };
	long result;

	load(&code, FIELD(arch));
	equal(&code, AUDIT_ARCH_X86_64, NEXT, ALLOW);
	/* The instruction pointer, in halves. Text that crosses a multiple of 4 GiB has two upper ones. */
	load(&code, FIELD(instruction_pointer) + 4);
	equal(&code, (uint32_t)(first >> 32), NEXT, 4);
	load(&code, FIELD(instruction_pointer));
	above(&code, (uint32_t)first, NEXT, ALLOW);
	emit(&code, BPF_JMP | BPF_JGT | BPF_K, ALLOW, NEXT, one ? (uint32_t)last : UINT32_MAX);
	emit(&code, BPF_JMP | BPF_JA, NEXT, NEXT, 3);
	equal(&code, (uint32_t)(last >> 32), NEXT, ALLOW);
	load(&code, FIELD(instruction_pointer));
	emit(&code, BPF_JMP | BPF_JGT | BPF_K, ALLOW, NEXT, (uint32_t)last);

	load(&code, FIELD(nr));
	above(&code, runtime_first_call, NEXT, 1);
	above(&code, runtime_first_call + runtime_call_span, NEXT, TRAP);
	/* Whoever asks for clone3 falls back to clone, whose flags a filter can see. */
	equal(&code, SYS_clone3, NO_CALL, NEXT);
	for (size_t place = 0; place < sizeof(trapped) / sizeof(*trapped); place++)
		equal(&code, trapped[place], TRAP, NEXT);
	/* rt_sigprocmask: with a set that is not to be unblocked. */
	equal(&code, SYS_rt_sigprocmask, NEXT, 4);
	load(&code, LOW(0));
	equal(&code, SIG_UNBLOCK, ALLOW, NEXT);
	load(&code, LOW(1));
	equal(&code, 0, ALLOW, TRAP);
	/* ioctl: that of a uipi_fd. */
	equal(&code, SYS_ioctl, NEXT, 2);
	load(&code, LOW(1));
	equal(&code, (uint32_t)UINTR_IOCTL_SET_TARGET_TABLE, TRAP, ALLOW);
	/* close: of what may be the runtime's. */
	equal(&code, SYS_close, NEXT, 2);
	load(&code, LOW(0));
	above(&code, (uint32_t)runtime_first_high(), TRAP, ALLOW);
	/* futex: a wait with a timeout. */
	equal(&code, SYS_futex, NEXT, 8);
	load(&code, LOW(3));
	equal(&code, 0, NEXT, 2);
	load(&code, HIGH(3));
	equal(&code, 0, ALLOW, NEXT);
	load(&code, LOW(1));
	emit(&code, BPF_ALU | BPF_AND | BPF_K, NEXT, NEXT, FUTEX_CMD_MASK);
	equal(&code, FUTEX_WAIT, TRAP, NEXT);
	equal(&code, FUTEX_WAIT_BITSET, TRAP, ALLOW);
	/* clone: a thread with a stack of its own, or a process with a copy of this one. The rest is vfork. */
	equal(&code, SYS_clone, NEXT, ALLOW);
	load(&code, LOW(1));
	equal(&code, 0, NEXT, 4);
	load(&code, HIGH(1));
	equal(&code, 0, NEXT, 2);
	load(&code, LOW(0));
	emit(&code, BPF_JMP | BPF_JSET | BPF_K, ALLOW, TRAP, CLONE_VM);
	load(&code, LOW(0));
	emit(&code, BPF_JMP | BPF_JSET | BPF_K, TRAP, ALLOW, CLONE_VM);
	resolve(&code);
	program.len = code.count;
	result = runtime_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0, 0, 0);
	if (result != -EACCES)
		return (int)result;
	result = runtime_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	return result ? (int)result : (int)runtime_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0, 0, 0);
}
