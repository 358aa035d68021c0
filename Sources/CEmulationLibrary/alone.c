#define _GNU_SOURCE
#include "alone.h"

#include <asm/prctl.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#define EXPORTED __attribute__((visibility("default"), used))
#define STATE_SIZE 4096
#define NOTIFICATIONS (BIT(NOTIFY_RESTART) | BIT(NOTIFY_BREAK))

_Static_assert(offsetof(struct runtime_thread, self) == 16, "alone.S");
_Static_assert(sizeof(struct runtime_thread) <= STATE_SIZE, "a page holds it");

EXPORTED struct runtime_alone uintr_emulation_alone = { .entry = 1 };
/* For alone.S: the symbol that is exported can only be reached by way of a table. */
INTERNAL extern struct runtime_alone runtime_alone_words __attribute__((alias("uintr_emulation_alone")));
INTERNAL bool runtime_is_alone;

static char **environment;

/* --- what takes libc's place (Running, SharedLibrary.swift) --- */

EXPORTED char *uintr_emulation_getenv(const char *name)
{
	for (char **entry = environment; *entry; entry++) {
		size_t length = 0;

		while (name[length] && (*entry)[length] == name[length])
			length++;
		if (!name[length] && (*entry)[length] == '=')
			return *entry + length + 1;
	}
	return NULL;
}

EXPORTED int uintr_emulation_strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

EXPORTED int uintr_emulation_clock_gettime(clockid_t clock, struct timespec *time)
{
	return (int)runtime_call(SYS_clock_gettime, clock, (long)time, 0, 0, 0, 0);
}

EXPORTED int uintr_emulation_getpid(void) { return (int)runtime_call(SYS_getpid, 0, 0, 0, 0, 0, 0); }

/* A thread's end comes as its system call. */
EXPORTED int uintr_emulation_pthread_setspecific(unsigned int key, const void *value)
{
	(void)key, (void)value;
	return 0;
}

EXPORTED _Noreturn void uintr_emulation_missing(void)
{
	runtime_refuse((const char *[]){ "a function of libc was called that a program without it cannot have. Report this.", NULL });
}

/* --- threads --- */

static struct runtime_thread *make_state(void)
{
	struct runtime_thread *thread = runtime_map(STATE_SIZE);

	if (thread)
		thread->self = thread;
	return thread;
}

INTERNAL void runtime_alone_start(uint64_t *stack)
{
	struct runtime_thread *thread;
	uint64_t mask = 0;

	runtime_is_alone = true;
	environment = (char **)(stack + 1 + stack[0] + 1);
	thread = make_state();
	if (!thread || runtime_call(SYS_arch_prctl, ARCH_SET_GS, (long)thread, 0, 0, 0, 0))
		runtime_refuse((const char *[]){ "there is no memory for the first thread's state.", NULL });
	runtime_runner = uintr_emulation_alone.runner;
	runtime_start();
	/* What the program was started with blocked. */
	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&mask, 8, 0, 0);
	runtime_signals_restore(runtime_maskable(mask));
}

/* A thread of this address space: it starts with a state of its own, where the kernel would have it share its parent's GS. */
static long make_thread(const uint64_t *registers, uint64_t mask)
{
	struct runtime_thread *state = make_state();
	uint64_t *block = (uint64_t *)((registers[RUNTIME_RSI] - 512) & ~15ull), word;
	long result;

	if (!state)
		return -ENOMEM;
	/* The kernel would let the child die of such a stack; here the parent is told. */
	if (!runtime_user_load((uint64_t)block, &word) || !runtime_user_store((uint64_t)block, word)) {
		runtime_unmap(state, STATE_SIZE);
		return -EFAULT;
	}
	memcpy(block, registers, 18 * sizeof(*block));
	block[RUNTIME_RSP] = registers[RUNTIME_RSI];
	block[18] = mask;
	block[19] = (uint64_t)state;
	result = runtime_clone(registers[RUNTIME_RDI], block, registers[RUNTIME_RDX], registers[RUNTIME_R10], registers[RUNTIME_R8]);
	/* Of a child that the parent has waited for, only its address space's page is left. */
	if (result < 0 || registers[RUNTIME_RDI] & CLONE_VFORK)
		runtime_unmap(state, STATE_SIZE);
	return result;
}

static long fork_with(long number, const uint64_t *registers)
{
	long result;

	runtime_before_fork();
	result = runtime_call(number, (long)registers[RUNTIME_RDI], (long)registers[RUNTIME_RSI], (long)registers[RUNTIME_RDX],
			      (long)registers[RUNTIME_R10], (long)registers[RUNTIME_R8], 0);
	if (result)
		runtime_parent_after_fork();
	else
		runtime_child_after_fork();
	return result;
}

static _Noreturn void end_thread(struct runtime_thread *thread, long status)
{
	runtime_thread_end(thread);
	for (;;)
		runtime_call(SYS_exit, status, 0, 0, 0, 0, 0);
}

/* --- signals --- */

static long change_action(int number, uint64_t given, uint64_t out, uint64_t size)
{
	struct sigaction action = { 0 }, old = { 0 };
	struct kernel_action words;
	long result;

	if (size != 8)
		return -EINVAL;
	for (size_t word = 0; given && word < sizeof(words) / 8; word++)
		if (!runtime_user_load(given + 8 * word, (uint64_t *)&words + word))
			return -EFAULT;
	if (given) {
		action.sa_handler = (void (*)(int))words.handler;
		action.sa_flags = (int)words.flags;
		memcpy(&action.sa_mask, &words.mask, sizeof(words.mask));
	}
	result = runtime_sigaction(number, given ? &action : NULL, &old);
	if (result || !out)
		return result;
	words = (struct kernel_action){ (void *)old.sa_handler, (unsigned int)old.sa_flags, NULL, 0 };
	memcpy(&words.mask, &old.sa_mask, sizeof(words.mask));
	/* The restorer is the runtime's own: the program's is left as it is. */
	if (!runtime_user_store(out, (uint64_t)words.handler) || !runtime_user_store(out + 8, words.flags) ||
	    !runtime_user_store(out + 24, words.mask))
		return -EFAULT;
	return 0;
}

/* The mask that the handler's return sets is the program's. */
static long change_mask(ucontext_t *context, int how, uint64_t set, uint64_t old, uint64_t size)
{
	uint64_t before, mask = 0;

	if (size != 8)
		return -EINVAL;
	memcpy(&before, &context->uc_sigmask, sizeof(before));
	if (set) {
		if (!runtime_user_load(set, &mask))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK: mask = before | runtime_maskable(mask); break;
		case SIG_UNBLOCK: mask = before & ~mask; break;
		case SIG_SETMASK: mask = runtime_maskable(mask); break;
		default: return -EINVAL;
		}
		mask &= ~(BIT(SIGKILL) | BIT(SIGSTOP));
		memcpy(&context->uc_sigmask, &mask, sizeof(mask));
	}
	return old && !runtime_user_store(old, before) ? -EFAULT : 0;
}

/* --- blocking calls, as shields.c has them for libc's functions --- */

/* Which argument is a mask in place of the thread's; -1 for none. */
static int mask_argument(long number)
{
	switch (number) {
	case SYS_ppoll: return 3;
	case SYS_epoll_pwait: return 4;
	case SYS_epoll_pwait2: return 4;
	case SYS_rt_sigsuspend: return 0;
	default: return -1;
	}
}

static long block(struct runtime_thread *thread, const ucontext_t *context, long number, const uint64_t *registers)
{
	uint64_t arguments[6] = { registers[RUNTIME_RDI], registers[RUNTIME_RSI], registers[RUNTIME_RDX],
				  registers[RUNTIME_R10], registers[RUNTIME_R8], registers[RUNTIME_R9] };
	uint64_t mask, all, replaced = 0, pair[2] = { 0, 0 };
	bool shielded = thread->receiver && !thread->receiver->flags;
	int place = mask_argument(number);
	long result;

	if (shielded && place >= 0 && arguments[place] && runtime_user_load(arguments[place], &replaced)) {
		replaced = runtime_maskable(replaced) | NOTIFICATIONS;
		arguments[place] = (uint64_t)&replaced;
	}
	/* pselect6: the last argument is the address of {mask, size}. */
	if (shielded && number == SYS_pselect6 && arguments[5] && runtime_user_load(arguments[5], &pair[0]) &&
	    runtime_user_load(arguments[5] + 8, &pair[1]) && pair[0] && runtime_user_load(pair[0], &replaced)) {
		replaced = runtime_maskable(replaced) | NOTIFICATIONS;
		pair[0] = (uint64_t)&replaced;
		arguments[5] = (uint64_t)pair;
	}
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	if (shielded)
		mask |= NOTIFICATIONS;
	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&all, 8, 0, 0);
	runtime_signals_restore(mask);
	result = runtime_call(number, (long)arguments[0], (long)arguments[1], (long)arguments[2], (long)arguments[3],
			      (long)arguments[4], (long)arguments[5]);
	runtime_signals_restore(all);
	return result;
}

/* --- other programs --- */

/* execve(2). What is unreadable is the kernel's to refuse. */
static long execute(const ucontext_t *context, uint64_t path, uint64_t arguments, uint64_t environ)
{
	uint64_t count = 0, word = 0, mask, all, *list = NULL;
	char resolved[RUNTIME_PATH_SIZE];
	uint8_t byte;
	long result;

	while (arguments && runtime_user_load(arguments + 8 * count, &word) && word)
		count++;
	/* A signal mask survives exec: this one is the handler's. */
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&all, 8, 0, 0);
	runtime_signals_restore(mask);
	if (count && runtime_user_byte(path, &byte) && (list = runtime_runner_arguments((const char *)path, (char **)arguments, resolved)))
		result = runtime_call(SYS_execve, (long)runtime_runner, (long)list, (long)environ, 0, 0, 0);
	else
		result = runtime_call(SYS_execve, (long)path, (long)arguments, (long)environ, 0, 0, 0);
	runtime_signals_restore(all);
	if (list)
		runtime_runner_free(list);
	return result;
}

void runtime_alone_call(struct runtime_thread *thread, ucontext_t *context)
{
	uint64_t *registers = (uint64_t *)context->uc_mcontext.gregs, mask;
	long number = (long)registers[RUNTIME_RAX], result;

	/* All signals are blocked but in `block` and `execute`, which leave nothing half done while they are not. */
	switch (number) {
	case SYS_rt_sigaction:
		result = change_action((int)registers[RUNTIME_RDI], registers[RUNTIME_RSI], registers[RUNTIME_RDX], registers[RUNTIME_R10]);
		break;
	case SYS_rt_sigprocmask:
		result = change_mask(context, (int)registers[RUNTIME_RDI], registers[RUNTIME_RSI], registers[RUNTIME_RDX],
				     registers[RUNTIME_R10]);
		break;
	case SYS_clone:
		memcpy(&mask, &context->uc_sigmask, sizeof(mask));
		result = registers[RUNTIME_RDI] & CLONE_VM ? make_thread(registers, mask) : fork_with(number, registers);
		break;
	case SYS_fork:
		result = fork_with(number, registers);
		break;
	case SYS_exit:
		end_thread(thread, (long)registers[RUNTIME_RDI]);
	case SYS_exit_group:
		runtime_watch_end();
		runtime_call(number, (long)registers[RUNTIME_RDI], 0, 0, 0, 0, 0);
		__builtin_unreachable();
	case SYS_execve:
		result = execute(context, registers[RUNTIME_RDI], registers[RUNTIME_RSI], registers[RUNTIME_RDX]);
		break;
	case SYS_close:
		result = runtime_is_own((int)registers[RUNTIME_RDI]) ? -EBADF : runtime_call(number, (long)registers[RUNTIME_RDI], 0, 0, 0, 0, 0);
		break;
	case SYS_close_range:
		result = runtime_close_range((unsigned int)registers[RUNTIME_RDI], (unsigned int)registers[RUNTIME_RSI],
					     (int)registers[RUNTIME_RDX]);
		break;
	case SYS_ioctl:
		result = runtime_abi.nr[UINTR_CALL_IPI_FD] < 0 ? -ENOTTY : runtime_adopt_table(thread, (int)registers[RUNTIME_RDI]);
		/* Another kind of descriptor's. */
		if (result == -ENOTTY)
			result = runtime_call(number, (long)registers[RUNTIME_RDI], (long)registers[RUNTIME_RSI],
					      (long)registers[RUNTIME_RDX], 0, 0, 0);
		break;
	default:
		result = block(thread, context, number, registers);
	}
	registers[RUNTIME_RAX] = (uint64_t)result;
}
