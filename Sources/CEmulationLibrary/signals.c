/*
 * The signals that the runtime handles, and the program's own actions for them: what is not the runtime's is passed on as the
 * kernel would have delivered it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* si_code of a SIGSYS from seccomp (asm-generic/siginfo.h). */
#define CODE_SECCOMP 1

INTERNAL void runtime_illegal_entry(int, siginfo_t *, void *);
INTERNAL void runtime_breakpoint_entry(int, siginfo_t *, void *);
INTERNAL void runtime_fault_entry(int, siginfo_t *, void *);
INTERNAL void runtime_notify_entry(int, siginfo_t *, void *);
INTERNAL void runtime_pipe_entry(int, siginfo_t *, void *);
INTERNAL void runtime_system_call_entry(int, siginfo_t *, void *);

/* The program's actions for the runtime's signals. Changed by sigaction alone, a word at a time. */
static struct kernel_action program[SIGSYS + 1];
/* Changed by the runtime in the kernel. */
static uint64_t virtual_signals;
/* Of the other signals, those that the program handles, with SA_RESTART and without. */
static uint64_t restarting, breaking;

/* The runtime's signals that the program must not block: a trapped instruction would end it, a notification be late. */
#define NEVER_BLOCKED (BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGSYS) | BIT(NOTIFY_RESTART) | BIT(NOTIFY_BREAK))

static void set_mask(const uint64_t *mask) { runtime_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)mask, 0, 8, 0, 0); }

/* From a handler: the signal waits for its return, so it comes at the interrupted instruction. */
static void queue_to_self(int number, siginfo_t *info)
{
	uint64_t all = ~0ull;
	long process = runtime_call(SYS_getpid, 0, 0, 0, 0, 0, 0), task = runtime_call(SYS_gettid, 0, 0, 0, 0, 0, 0);

	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, 0, 8, 0, 0);
	runtime_call(SYS_rt_tgsigqueueinfo, process, task, number, (long)info, 0, 0);
}

static struct kernel_action own[SIGSYS + 1];

static void install(int number, void (*entry)(int, siginfo_t *, void *), unsigned long flags, uint64_t mask)
{
	own[number] = (struct kernel_action){ (void *)entry, flags | SA_SIGINFO | SA_ONSTACK | RESTORER, runtime_restorer, mask };
	raw_sigaction(number, &own[number], &program[number]);
	virtual_signals |= BIT(number);
}

static void install_again(int number) { raw_sigaction(number, &own[number], NULL); }

/* The default action, at the interrupted instruction, with the same siginfo. */
static void end_by(int number, siginfo_t *info, ucontext_t *context)
{
	struct kernel_action fallback = { SIG_DFL, RESTORER, runtime_restorer, 0 };
	uint64_t mask;

	runtime_watch_print();
	raw_sigaction(number, &fallback, NULL);
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	mask &= ~BIT(number);
	memcpy(&context->uc_sigmask, &mask, sizeof(mask));
	queue_to_self(number, info);
}

static void pass_on(int number, siginfo_t *info, ucontext_t *context)
{
	struct kernel_action action = program[number];
	bool sent = info->si_code <= 0;
	uint64_t mask;

	/* The default action of SIGURG is to do nothing. */
	if ((action.handler == SIG_IGN && sent) || (action.handler == SIG_DFL && number == SIGURG))
		return;
	if (action.handler == SIG_DFL || action.handler == SIG_IGN) {
		end_by(number, info, context);
		return;
	}
	if (action.flags & SA_RESETHAND)
		program[number].handler = SIG_DFL;
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	mask |= action.mask;
	if (!(action.flags & SA_NODEFER) && !(NEVER_BLOCKED & BIT(number)))
		mask |= BIT(number);
	set_mask(&mask);
	if (action.flags & SA_SIGINFO)
		((void (*)(int, siginfo_t *, void *))action.handler)(number, info, context);
	else
		((void (*)(int))action.handler)(number);
}

/* The exceptions, as the kernel numbers them in a signal's context. */
static const greg_t vectors[] = { [RUNTIME_UD] = 6, [RUNTIME_GP] = 13, [RUNTIME_SS] = 12, [RUNTIME_PF] = 14, [RUNTIME_AC] = 17 };

/* What the kernel sends for it; the context will show the same, see show_raised. */
static siginfo_t prepare_to_raise(int verdict, uint64_t address)
{
	struct runtime_thread *thread = runtime_thread_current();
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };

	thread->raised = (uint32_t)verdict;
	thread->raised_address = address;
	thread->raised_code = verdict == RUNTIME_PF ? thread->fault_code : 0;
	if (verdict == RUNTIME_SS)
		info.si_signo = SIGBUS;
	else if (verdict == RUNTIME_AC)
		info.si_signo = SIGBUS, info.si_code = BUS_ADRALN;
	else if (verdict == RUNTIME_PF)
		info.si_code = thread->raised_code & 1 ? SEGV_ACCERR : SEGV_MAPERR, info.si_addr = (void *)address;
	return info;
}

/* The context of a signal that the runtime has queued has the exception that brought the runtime in, not the emulated one. */
static void show_raised(struct runtime_thread *thread, greg_t *registers)
{
	registers[REG_TRAPNO] = vectors[thread->raised];
	registers[REG_ERR] = (greg_t)thread->raised_code;
	if (thread->raised == RUNTIME_PF)
		registers[REG_CR2] = (greg_t)thread->raised_address;
	thread->raised = 0;
}

void runtime_raise(int verdict, uint64_t address, ucontext_t *context)
{
	siginfo_t info;
	uint64_t mask;

	if (verdict == RUNTIME_UD) {
		info = (siginfo_t){ .si_signo = SIGILL, .si_code = ILL_ILLOPN };
		info.si_addr = (void *)context->uc_mcontext.gregs[REG_RIP];
		context->uc_mcontext.gregs[REG_TRAPNO] = vectors[RUNTIME_UD];
		pass_on(SIGILL, &info, context);
		return;
	}
	info = prepare_to_raise(verdict, address);
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	/* A fault whose signal is blocked or ignored ends the process (signal(7)). */
	if (mask & BIT(info.si_signo) || program[info.si_signo].handler == SIG_IGN)
		end_by(info.si_signo, &info, context);
	else
		queue_to_self(info.si_signo, &info);
}

void runtime_raise_here(int verdict, uint64_t address)
{
	siginfo_t info = prepare_to_raise(verdict, address);

	queue_to_self(info.si_signo, &info);
}

INTERNAL void runtime_on_illegal(int number, siginfo_t *info, void *raw)
{
	struct runtime_thread *thread = runtime_thread_current();
	ucontext_t *context = raw;
	uint64_t *registers = (uint64_t *)context->uc_mcontext.gregs, address = 0;
	int verdict = info->si_code <= 0 ? RUNTIME_OTHER : runtime_execute(thread, registers, &address);

	if (verdict == RUNTIME_DONE)
		verdict = runtime_boundary_at(thread, context, &address);
	if (verdict == RUNTIME_OTHER)
		pass_on(number, info, context);
	else if (verdict != RUNTIME_DONE)
		runtime_raise(verdict, address, context);
}

/* A patched instruction, from a signal that came in its place. */
static void execute_site(struct runtime_thread *thread, const struct runtime_site *site, ucontext_t *context)
{
	uint64_t *registers = (uint64_t *)context->uc_mcontext.gregs, address = 0;
	int verdict;

	registers[RUNTIME_RIP] = site->address;
	verdict = runtime_execute_site(thread, registers, &address, site);
	if (verdict == RUNTIME_DONE)
		verdict = runtime_boundary_at(thread, context, &address);
	if (verdict != RUNTIME_DONE)
		runtime_raise(verdict, address, context);
}

/* INT3 in the place of an instruction's first byte. */
INTERNAL void runtime_on_breakpoint(int number, siginfo_t *info, void *raw)
{
	struct runtime_thread *thread = runtime_thread_current();
	ucontext_t *context = raw;
	uint64_t *registers = (uint64_t *)context->uc_mcontext.gregs;
	const struct runtime_site *site = info->si_code == SI_KERNEL ? runtime_patched_site(registers[RUNTIME_RIP] - 1) : NULL;

	if (site)
		execute_site(thread, site, context);
	else
		pass_on(number, info, context);
}

/* A notification to a process that has ended is no matter of the program's. */
INTERNAL void runtime_on_pipe(int number, siginfo_t *info, void *raw)
{
	if (!runtime_thread_current()->sending)
		pass_on(number, info, raw);
}

static _Thread_local struct runtime_access last_access __attribute__((tls_model("initial-exec")));

void runtime_access_last(struct runtime_access *out) { *out = last_access; }

/*
 * A stub's or a gate's first store below the program's red zone has failed: there is no such stack. The program's registers are as
 * they were before the stub, but for RSP. NULL for any other place.
 */
static const struct runtime_site *site_without_stack(greg_t *registers)
{
	uint64_t place = (uint64_t)registers[REG_RIP], moved = 128;
	const struct runtime_site *site;

	if (place == (uint64_t)runtime_gate_boundary_probe || place == (uint64_t)runtime_gate_execute_probe) {
		moved = 136;
		if (!runtime_user_load((uint64_t)registers[REG_RSP], &place))
			return NULL;
	}
	site = runtime_stub_site(place);
	if (site)
		registers[REG_RSP] += (greg_t)moved;
	return site;
}

INTERNAL void runtime_on_fault(int number, siginfo_t *info, void *raw)
{
	struct runtime_thread *thread = runtime_thread_current();
	ucontext_t *context = raw;
	greg_t *registers = context->uc_mcontext.gregs, rip = registers[REG_RIP];
	const struct runtime_site *site;

	if (info->si_code <= 0) {
		pass_on(number, info, context);
		return;
	}
	if (thread->raised) {
		show_raised(thread, registers);
		/* What a fault has kept from being delivered is recognised at the next boundary: the program's handler's first. */
		if (thread->uif && thread->uirr) {
			siginfo_t again = { .si_signo = NOTIFY_RESTART, .si_code = POLL_IN };

			queue_to_self(NOTIFY_RESTART, &again);
		}
		pass_on(number, info, context);
		return;
	}
	if (rip == (greg_t)runtime_access_load || rip == (greg_t)runtime_access_store || rip == (greg_t)runtime_access_byte) {
		last_access = (struct runtime_access){ (uint64_t)registers[REG_TRAPNO], (uint64_t)registers[REG_CR2],
						       (uint64_t)registers[REG_ERR] };
		registers[REG_RIP] = (greg_t)runtime_access_failed;
		return;
	}
	if (rip >= (greg_t)runtime_leave && rip < (greg_t)runtime_leave_stored) {
		/* The block has the order of the context, up to RFLAGS. */
		memcpy(registers, (const void *)registers[REG_RSP], (REG_EFL + 1) * sizeof(greg_t));
		return;
	}
	if (rip == (greg_t)runtime_leave_return) {
		registers[REG_RIP] = *(const greg_t *)registers[REG_RSP];
		registers[REG_RSP] += RUNTIME_SLOTS - 8;
		return;
	}
	site = site_without_stack(registers);
	if (site)
		execute_site(thread, site, context);
	else
		pass_on(number, info, context);
}

int runtime_notification_signal(bool restarts) { return restarts ? NOTIFY_RESTART : NOTIFY_BREAK; }

/* Where no receiver has the flags that break off calls, the signal that does so tells of a descriptor's last close. */
int runtime_close_signal(void) { return runtime_abi.handler_flags ? 0 : NOTIFY_BREAK; }

/* A call that the seccomp filter has stopped: its number and arguments are in the registers still. */
INTERNAL void runtime_on_system_call(int number, siginfo_t *info, void *raw)
{
	struct runtime_thread *thread = runtime_thread_current();
	ucontext_t *context = raw;
	uint64_t *registers = (uint64_t *)context->uc_mcontext.gregs, address = 0, mask, all;
	uint32_t call = runtime_call_of((long)registers[RUNTIME_RAX]);
	int verdict;

	if (info->si_code == CODE_SECCOMP && runtime_is_alone && call == UINTR_CALL_COUNT) {
		runtime_alone_call(thread, context);
		return;
	}
	if (info->si_code != CODE_SECCOMP || call == UINTR_CALL_COUNT) {
		pass_on(number, info, context);
		return;
	}
	all = runtime_signals_block();
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	mask = runtime_maskable(mask);
	thread->delivered_before = thread->delivered;
	/* As in runtime_called. */
	if (call == UINTR_CALL_WAIT)
		set_mask(&mask);
	registers[RUNTIME_RAX] = (uint64_t)runtime_emulate_call(thread, (long)registers[RUNTIME_RAX], registers[RUNTIME_RDI],
								registers[RUNTIME_RSI], registers[RUNTIME_RDX]);
	set_mask(&all);
	verdict = runtime_boundary_at(thread, context, &address);
	if (verdict != RUNTIME_DONE)
		runtime_raise(verdict, address, context);
}

INTERNAL void runtime_on_notification(int number, siginfo_t *info, void *raw)
{
	struct runtime_thread *thread = runtime_thread_current();
	ucontext_t *context = raw;
	uint64_t address = 0;
	/* The receiver may have gone while its timer's signal was pending. */
	bool timer = info->si_code == SI_TIMER && (program[number].handler == SIG_DFL ||
						   (thread->receiver && info->si_value.sival_ptr == thread->receiver));
	int verdict;

	runtime_event(RUNTIME_TAKEN, 0, (uint64_t)context->uc_mcontext.gregs[REG_RIP]);
	runtime_notified(thread);
	/* The program's own; a notification that came while it was pending has found no room, so it may be both. */
	if (!timer && (info->si_code <= 0 || info->si_code == SI_KERNEL)) {
		pass_on(number, info, context);
		runtime_signals_block();
	}
	/* In its wait, all signals blocked: the wait goes on from here (sleep.c). */
	if (context->uc_mcontext.gregs[REG_RIP] == (greg_t)runtime_ppoll_return) {
		if (number == runtime_close_signal() && !timer)
			runtime_vectors_closed(thread);
		return;
	}
	if (number == runtime_close_signal() && !timer)
		runtime_vectors_closed(thread);
	verdict = runtime_boundary_at(thread, context, &address);
	if (verdict != RUNTIME_DONE)
		runtime_raise(verdict, address, context);
}

void runtime_signals_open(void)
{
	/* Nothing nests in the runtime but the faults of its own accesses. */
	uint64_t all = ~(BIT(SIGSEGV) | BIT(SIGBUS));

	install(SIGILL, runtime_illegal_entry, 0, all);
	install(SIGTRAP, runtime_breakpoint_entry, 0, all);
	install(SIGSEGV, runtime_fault_entry, SA_NODEFER, 0);
	install(SIGBUS, runtime_fault_entry, SA_NODEFER, 0);
	install(NOTIFY_RESTART, runtime_notify_entry, SA_RESTART, all);
	install(NOTIFY_BREAK, runtime_notify_entry, runtime_close_signal() ? SA_RESTART : 0, all);
	install(SIGSYS, runtime_system_call_entry, 0, all);
}

/* From the first connection on. Who ignores the signal goes on ignoring it, and so do the programs that it executes. */
void runtime_signals_send(void)
{
	struct kernel_action now;

	if (virtual_signals & BIT(SIGPIPE))
		return;
	raw_sigaction(SIGPIPE, NULL, &now);
	install(SIGPIPE, runtime_pipe_entry, SA_RESTART, 0);
	if (now.handler == SIG_IGN)
		raw_sigaction(SIGPIPE, &now, NULL);
}

static void note_restart(int number, const struct kernel_action *action)
{
	bool handled = action->handler != SIG_DFL && action->handler != SIG_IGN, restarts = action->flags & SA_RESTART;

	__atomic_fetch_and(&restarting, ~BIT(number), __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&breaking, ~BIT(number), __ATOMIC_SEQ_CST);
	if (handled)
		__atomic_fetch_or(restarts ? &restarting : &breaking, BIT(number), __ATOMIC_SEQ_CST);
}

enum runtime_restarting runtime_restarting(void)
{
	return !breaking ? RUNTIME_ALL_RESTART : !restarting ? RUNTIME_NONE_RESTARTS : RUNTIME_SOME_RESTART;
}

int runtime_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	struct kernel_action given, before;
	long result = 0;

	if (action) {
		given.handler = (void *)action->sa_handler;
		given.flags = (unsigned int)action->sa_flags | RESTORER;
		given.restorer = runtime_restorer;
		memcpy(&given.mask, &action->sa_mask, sizeof(given.mask));
		given.mask &= ~NEVER_BLOCKED;
	}
	if (number > 0 && number <= SIGSYS && (virtual_signals & BIT(number))) {
		before = program[number];
		if (action) {
			program[number] = given;
			if (number == SIGPIPE && given.handler == SIG_IGN)
				raw_sigaction(number, &given, NULL);
			else if (number == SIGPIPE)
				install_again(number);
		}
	} else {
		result = raw_sigaction(number, action ? &given : NULL, &before);
		if (!result && action)
			note_restart(number, &given);
	}
	if (!result && old) {
		memset(old, 0, sizeof(*old));
		old->sa_handler = (void (*)(int))before.handler;
		old->sa_flags = (int)(before.flags & ~RESTORER);
		memcpy(&old->sa_mask, &before.mask, sizeof(before.mask));
	}
	return (int)result;
}

uint64_t runtime_maskable(uint64_t mask) { return mask & ~NEVER_BLOCKED; }
