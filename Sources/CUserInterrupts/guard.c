#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "guard_internal.h"
#include "uintr_instructions.h"

static const int caught[] = { SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE };
#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

/* Protects `users` and the installing; `previous` is stable while users > 0, which is when handlers read it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long users;
static struct sigaction previous[CAUGHT];

INTERNAL __thread struct uintr_guard *uintr_guard_current __attribute__((tls_model("initial-exec")));

INTERNAL void uintr_guard_signal_handler(int number, siginfo_t *info, void *raw);

INTERNAL void uintr_guard_signals(void *sigset)
{
	sigemptyset(sigset);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaddset(sigset, caught[i]);
}

/* Hand over a signal that is not a guard's: to the previous handler, or to the default, which ends the process. */
static void pass_on(int number, siginfo_t *info, void *raw)
{
	const struct sigaction *old = NULL;
	bool sent = info->si_code <= 0;

	for (size_t i = 0; i < CAUGHT; i++)
		if (caught[i] == number)
			old = &previous[i];
	if (!old || (sent && old->sa_handler == SIG_IGN))
		return;
	if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN) {
		struct sigaction fallback = { .sa_handler = SIG_DFL };

		sigaction(number, &fallback, NULL);
		if (sent)
			raise(number);
		return;
	}
	if (old->sa_flags & SA_SIGINFO)
		old->sa_sigaction(number, info, raw);
	else
		old->sa_handler(number);
}

static void store_registers(struct uintr_cpu_context *to, const greg_t *from)
{
	to->rax = (uint64_t)from[REG_RAX];
	to->rcx = (uint64_t)from[REG_RCX];
	to->rdx = (uint64_t)from[REG_RDX];
	to->rbx = (uint64_t)from[REG_RBX];
	to->rsp = (uint64_t)from[REG_RSP];
	to->rbp = (uint64_t)from[REG_RBP];
	to->rsi = (uint64_t)from[REG_RSI];
	to->rdi = (uint64_t)from[REG_RDI];
	to->r8 = (uint64_t)from[REG_R8];
	to->r9 = (uint64_t)from[REG_R9];
	to->r10 = (uint64_t)from[REG_R10];
	to->r11 = (uint64_t)from[REG_R11];
	to->r12 = (uint64_t)from[REG_R12];
	to->r13 = (uint64_t)from[REG_R13];
	to->r14 = (uint64_t)from[REG_R14];
	to->r15 = (uint64_t)from[REG_R15];
	to->rip = (uint64_t)from[REG_RIP];
	to->rflags = (uint64_t)from[REG_EFL];
}

/* Called by guard.S. Async-signal-safe: it reads and writes memory only. */
INTERNAL void uintr_guard_signal_handler(int number, siginfo_t *info, void *raw)
{
	greg_t *registers = ((ucontext_t *)raw)->uc_mcontext.gregs;
	struct uintr_guard *guard = uintr_guard_current;
	uint64_t rip = (uint64_t)registers[REG_RIP];
	int result = 1;

	if (!guard || info->si_code <= 0) {
		pass_on(number, info, raw);
		return;
	}
	guard->fault = (struct uintr_fault){
		.signal = number,
		.code = info->si_code,
		.address = (uint64_t)(uintptr_t)info->si_addr,
		.rip = rip,
		.exception = (uint64_t)registers[REG_TRAPNO],
		.error_code = (uint64_t)registers[REG_ERR],
	};
	if (guard->context && rip == (uint64_t)(uintptr_t)uintr_guard_iretq) {
		/* IRETQ itself refused: rip is not canonical. */
		result = -EINVAL;
	} else if (guard->context) {
		store_registers(guard->context, registers);
		if (number == SIGTRAP && guard->fault.exception == UINTR_EXCEPTION_BP && rip - 1 == guard->end) {
			guard->context->rip = guard->end;
			result = 0;
		}
	}
	registers[REG_RSP] = (greg_t)guard->rsp;
	registers[REG_RIP] = (greg_t)(uintptr_t)uintr_guard_landing;
	registers[REG_RAX] = result;
	/* Clear TF, DF, NT, RF and AC; the landing then pops the caller's own flags. */
	registers[REG_EFL] &= ~(greg_t)(0x100 | 0x400 | 0x4000 | 0x10000 | 0x40000);
}

static int install(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
	int failure = 0;

	action.sa_sigaction = (void (*)(int, siginfo_t *, void *))(uintptr_t)&uintr_guard_signal;
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < CAUGHT; i++) {
		if (!sigaction(caught[i], &action, &previous[i]))
			continue;
		failure = -errno;
		while (i-- > 0)
			sigaction(caught[i], &previous[i], NULL);
		break;
	}
	return failure;
}

static void remove_stack(const struct uintr_guard_setup *setup)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	if (!setup->stack)
		return;
	sigaltstack(&none, NULL);
	munmap(setup->stack, setup->stack_size);
}

INTERNAL int uintr_guard_enter(struct uintr_guard_setup *setup)
{
	long minimum = sysconf(_SC_MINSIGSTKSZ);
	stack_t own = { 0 }, old;
	int failure = 0;

	setup->stack = NULL;
	setup->stack_size = 0;
	if (sigaltstack(NULL, &old))
		return -errno;
	/* Already on it: the executor's RSP would make the kernel start again at its top, over our frames. */
	if (old.ss_flags & SS_ONSTACK)
		return -EPERM;
	if (old.ss_flags & SS_DISABLE) {
		own.ss_size = (minimum > 0 ? (size_t)minimum : 16384) + 65536;
		own.ss_sp = mmap(NULL, own.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (own.ss_sp == MAP_FAILED)
			return -errno;
		if (sigaltstack(&own, NULL)) {
			failure = -errno;
			munmap(own.ss_sp, own.ss_size);
			return failure;
		}
		setup->stack = own.ss_sp;
		setup->stack_size = own.ss_size;
	}
	pthread_mutex_lock(&lock);
	if (users++ == 0 && (failure = install()))
		users--;
	pthread_mutex_unlock(&lock);
	if (failure)
		remove_stack(setup);
	return failure;
}

INTERNAL void uintr_guard_leave(struct uintr_guard_setup *setup)
{
	pthread_mutex_lock(&lock);
	if (--users == 0)
		for (size_t i = 0; i < CAUGHT; i++)
			sigaction(caught[i], &previous[i], NULL);
	pthread_mutex_unlock(&lock);
	remove_stack(setup);
}

int uintr_run_guarded(void (*function)(void *), void *argument, struct uintr_fault *fault)
{
	struct uintr_guard guard = { .outer = uintr_guard_current };
	struct uintr_guard_setup setup;
	sigset_t signals, mask;
	int result = uintr_guard_enter(&setup);

	if (result)
		return result;
	/* A fault whose signal is blocked ends the process, handler or not. */
	uintr_guard_signals(&signals);
	pthread_sigmask(SIG_UNBLOCK, &signals, &mask);
	uintr_guard_current = &guard;
	result = uintr_guard_call(function, argument, &guard);
	uintr_guard_current = guard.outer;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	uintr_guard_leave(&setup);
	if (result && fault)
		*fault = guard.fault;
	return result;
}

static void testui(void *uif)
{
	*(bool *)uif = uintr_testui();
}

static void clui(void *unused)
{
	(void)unused;
	uintr_clui();
}

static void stui(void *unused)
{
	(void)unused;
	uintr_stui();
}

struct operand {
	unsigned int reg;
	uint64_t value;
};

static void senduipi(void *operand)
{
	const struct operand *from = operand;

	uintr_senduipi_functions[from->reg](from->value);
}

int uintr_try_testui(bool *uif, struct uintr_fault *fault)
{
	return uintr_run_guarded(testui, uif, fault);
}

int uintr_try_clui(struct uintr_fault *fault)
{
	return uintr_run_guarded(clui, NULL, fault);
}

int uintr_try_stui(struct uintr_fault *fault)
{
	return uintr_run_guarded(stui, NULL, fault);
}

int uintr_try_senduipi(uint64_t index, struct uintr_fault *fault)
{
	return uintr_try_senduipi_via(0, index, fault);
}

int uintr_try_senduipi_via(unsigned int reg, uint64_t value, struct uintr_fault *fault)
{
	struct operand operand = { reg, value };

	return reg < 16 ? uintr_run_guarded(senduipi, &operand, fault) : -EINVAL;
}
