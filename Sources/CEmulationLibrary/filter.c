/* The seccomp filter that brings system calls made inline to the runtime, by SIGSYS. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "internal.h"

INTERNAL extern uint32_t runtime_first_call, runtime_call_span;

/* Numbers below this are mainline's own by now; a probe would do what they do there. */
#define FIRST_SAFE 471

/* 0 or a negated errno. After runtime_signals_open. */
INTERNAL int runtime_filter_open(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, runtime_first_call, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, runtime_first_call + runtime_call_span, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	long result;

	/* A filter survives exec. If a parent has set ours, this probe (a flag that no ABI has) comes back from our handler. */
	if (runtime_first_call >= FIRST_SAFE &&
	    runtime_call(runtime_abi.nr[UINTR_CALL_REGISTER_HANDLER], 1, 1, 0, 0, 0, 0) == -EINVAL)
		return 0;
	result = runtime_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0, 0, 0);
	if (result != -EACCES)
		return (int)result;
	result = runtime_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	return result ? (int)result : (int)runtime_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0, 0, 0);
}
