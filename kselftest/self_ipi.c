// SPDX-License-Identifier: GPL-2.0
/*
 * User IPIs from a thread to itself: all 64 vectors, once for each send, highest first, coalesced
 * while they are pending, and none while UIF = 0.
 *
 * A self-IPI takes its way through the local APIC and nothing says how long: no test waits a
 * certain time. They wait for the delivery, and a watchdog ends the run if it does not come.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest.h"
#include "uintr.h"

#define LOG_SIZE 4096
/* What a pending notification may need to arrive is not known: try again, later each time. */
#define ROUNDS 16

static const struct uintr_abi *abi;
static int fds[UINTR_VECTORS], indices[UINTR_VECTORS];

static struct {
	uint64_t vector[LOG_SIZE];
	uint64_t count;
	/* Deliveries with a wrong frame, or with UIF = 1 in the handler. */
	uint64_t wrong_frame, wrong_uif;
} record;
static volatile uint64_t *const count = &record.count;

UINTR_HANDLER void note(struct uintr_frame *frame);
void note(struct uintr_frame *frame)
{
	uint64_t behind_frame = (uint64_t)(uintptr_t)(frame + 1);

	/* SDM Vol. 3A, 9.4.2: RSP - UISTACKADJUST, aligned to 16; then four quadwords. */
	if (behind_frame != ((frame->rsp - UINTR_RED_ZONE) & ~15ull))
		record.wrong_frame++;
	if (uintr_testui())
		record.wrong_uif++;
	if (record.count < LOG_SIZE)
		record.vector[record.count] = frame->vector;
	record.count++;
}
UINTR_ENTRY(entry, note);

static void forget(void)
{
	/* The handler writes what is cleared here. */
	uintr_clui();
	memset(&record, 0, sizeof(record));
	uintr_stui();
}

static void wait_for(uint64_t deliveries)
{
	while (*count < deliveries)
		__builtin_ia32_pause();
}

/* Longer with each round. The system calls are there since a kernel re-sends on its way out what it finds posted. */
static void linger(unsigned int round)
{
	for (unsigned int i = 0; i < 1u << round; i++) {
		syscall(SYS_getpid);
		for (unsigned int j = 0; j < 64; j++)
			__builtin_ia32_pause();
	}
}

/* True if each of the 64 vectors was delivered `times` times, and nothing else. */
static bool each_vector(uint64_t times)
{
	uint64_t seen[UINTR_VECTORS] = { 0 };

	if (*count != times * UINTR_VECTORS || *count > LOG_SIZE)
		return false;
	for (uint64_t i = 0; i < *count; i++) {
		if (record.vector[i] >= UINTR_VECTORS)
			return false;
		seen[record.vector[i]]++;
	}
	for (int v = 0; v < UINTR_VECTORS; v++)
		if (seen[v] != times)
			return false;
	return true;
}

static sigjmp_buf faulted;

static void caught(int signal)
{
	siglongjmp(faulted, signal);
}

/* The signal that SENDUIPI with that index raises, 0 for none. */
static int fault_of(uint64_t index)
{
	struct sigaction action = { .sa_handler = caught }, ill, segv;
	int signal;

	sigaction(SIGILL, &action, &ill);
	sigaction(SIGSEGV, &action, &segv);
	signal = sigsetjmp(faulted, 1);
	if (!signal)
		uintr_senduipi(index);
	sigaction(SIGILL, &ill, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return signal;
}

static bool unregistered_is_sigill(void)
{
	int signal = fault_of(0);

	if (signal != SIGILL)
		ksft_print_msg("signal %d, not SIGILL\n", signal);
	return signal == SIGILL;
}

static bool registers(void)
{
	int result = uintr_register_handler(abi, entry, 0);

	if (result)
		ksft_exit_fail_msg("register_handler: %s\n", strerror(-result));
	for (int v = 0; v < UINTR_VECTORS; v++) {
		fds[v] = uintr_vector_fd(abi, (uint64_t)v, 0);
		if (fds[v] < 0)
			ksft_exit_fail_msg("fd for vector %d: %s\n", v, strerror(-fds[v]));
		indices[v] = uintr_register_sender(abi, fds[v], 0);
		if (indices[v] < 0)
			ksft_exit_fail_msg("register_sender for vector %d: %s\n", v, strerror(-indices[v]));
		if (indices[v] != v) {
			ksft_print_msg("vector %d has index %d: not the lowest that was free\n", v, indices[v]);
			return false;
		}
	}
	return true;
}

static bool uif_starts_clear(void)
{
	return !uintr_testui();
}

static bool stui_and_clui(void)
{
	bool after_stui, after_clui;

	uintr_stui();
	after_stui = uintr_testui();
	uintr_clui();
	after_clui = uintr_testui();
	uintr_stui();
	return after_stui && !after_clui && uintr_testui();
}

static bool one_of_each(void)
{
	forget();
	for (uint64_t v = 0; v < UINTR_VECTORS; v++) {
		uintr_senduipi((uint64_t)indices[v]);
		wait_for(v + 1);
		if (*count != v + 1 || record.vector[v] != v) {
			ksft_print_msg("vector %llu: %llu deliveries, the last of vector %llu\n", (unsigned long long)v,
				       (unsigned long long)*count, (unsigned long long)record.vector[v]);
			return false;
		}
	}
	linger(8);
	return each_vector(1);
}

static bool one_for_each_send(void)
{
	const uint64_t sends = 50;

	forget();
	for (uint64_t n = 0; n < sends; n++)
		for (uint64_t v = 0; v < UINTR_VECTORS; v++) {
			uint64_t before = *count;

			uintr_senduipi((uint64_t)indices[v]);
			wait_for(before + 1);
		}
	linger(8);
	return each_vector(sends);
}

static bool frames(void)
{
	if (record.wrong_frame)
		ksft_print_msg("%llu deliveries had another frame\n", (unsigned long long)record.wrong_frame);
	return *count && !record.wrong_frame;
}

static bool uif_in_handler(void)
{
	return *count && !record.wrong_uif && uintr_testui();
}

static bool none_with_uif_clear(void)
{
	uint64_t early;

	forget();
	uintr_clui();
	uintr_senduipi((uint64_t)indices[5]);
	linger(8);
	early = *count;
	uintr_stui();
	wait_for(1);
	if (early)
		ksft_print_msg("%llu deliveries with UIF = 0\n", (unsigned long long)early);
	return !early && record.vector[0] == 5;
}

/*
 * Sent lowest first with UIF = 0. Once all 64 requests are in UIRR, STUI must deliver them highest
 * first. A notification that is still on its way at STUI makes for a second run, so not every round can
 * show it; a processor (or kernel) with any other order never would.
 */
static bool highest_first(void)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		bool descending = true;

		forget();
		uintr_clui();
		for (int v = 0; v < UINTR_VECTORS; v++)
			uintr_senduipi((uint64_t)indices[v]);
		linger(round);
		uintr_stui();
		wait_for(UINTR_VECTORS);
		if (!each_vector(1)) {
			ksft_print_msg("round %u: %llu deliveries, not one for each vector\n", round,
				       (unsigned long long)*count);
			return false;
		}
		for (int i = 0; i < UINTR_VECTORS; i++)
			descending = descending && record.vector[i] == (uint64_t)(UINTR_VECTORS - 1 - i);
		if (descending)
			return true;
	}
	ksft_print_msg("no round of %u delivered 63, 62 … 0\n", ROUNDS);
	return false;
}

/*
 * 1000 sends of one vector with UIF = 0 set one bit of PIR and one of UIRR: one delivery, or two if the last
 * notification is late. A round without the late one must come.
 */
static bool coalesced(void)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		forget();
		uintr_clui();
		for (int n = 0; n < 1000; n++)
			uintr_senduipi((uint64_t)indices[42]);
		linger(round);
		uintr_stui();
		wait_for(1);
		linger(8);
		if (*count > 2 || record.vector[0] != 42) {
			ksft_print_msg("round %u: %llu deliveries, the first of vector %llu\n", round,
				       (unsigned long long)*count, (unsigned long long)record.vector[0]);
			return false;
		}
		if (*count == 1)
			return true;
	}
	ksft_print_msg("no round of %u delivered 1000 sends once\n", ROUNDS);
	return false;
}

static bool unused_index_is_sigsegv(void)
{
	/* In the table, not in use; past the table is another matter: v1 sets UITTSZ one too high. */
	int signal = fault_of(UINTR_TABLE_ENTRIES - 1);

	if (signal != SIGSEGV)
		ksft_print_msg("signal %d, not SIGSEGV\n", signal);
	return signal == SIGSEGV;
}

static bool index_is_64_bits(void)
{
	int low = fault_of((1ull << 32) | (uint64_t)indices[0]), high = fault_of(1ull << 63 | (uint64_t)indices[0]);

	if (low != SIGSEGV || high != SIGSEGV)
		ksft_print_msg("signals %d and %d, not SIGSEGV\n", low, high);
	return low == SIGSEGV && high == SIGSEGV;
}

static bool disconnected_is_a_fault(void)
{
	int signal, result = uintr_unregister_sender(abi, uintr_operand(abi, fds[7], indices[7]), 0);

	if (result) {
		ksft_print_msg("unregister_sender: %s\n", strerror(-result));
		return false;
	}
	signal = fault_of((uint64_t)indices[7]);
	if (signal != SIGSEGV)
		ksft_print_msg("signal %d, not SIGSEGV\n", signal);
	return signal == SIGSEGV;
}

static bool the_others_still_work(void)
{
	forget();
	uintr_senduipi((uint64_t)indices[8]);
	wait_for(1);
	return record.vector[0] == 8;
}

static bool none_after_unregister(void)
{
	int result, signal;

	forget();
	result = uintr_unregister_handler(abi, 0);
	if (result) {
		ksft_print_msg("unregister_handler: %s\n", strerror(-result));
		return false;
	}
	/* The entry stays valid: SENDUIPI posts to a UPID with SN = 1. */
	signal = fault_of((uint64_t)indices[9]);
	linger(8);
	if (signal || *count)
		ksft_print_msg("signal %d, %llu deliveries\n", signal, (unsigned long long)*count);
	return !signal && !*count;
}

static const struct {
	bool (*run)(void);
	const char *claim;
} tests[] = {
	{ unregistered_is_sigill, "SENDUIPI in a process that is no sender is SIGILL" },
	{ registers, "64 vectors are registered and connected, with indices 0 to 63" },
	{ uif_starts_clear, "UIF is 0 until STUI" },
	{ stui_and_clui, "STUI sets UIF, CLUI clears it, TESTUI shows it" },
	{ one_of_each, "each vector runs the handler once, with its own number" },
	{ one_for_each_send, "50 times 64 sends, each after the last was delivered, run the handler 3200 times" },
	{ frames, "each frame stands below the red zone, aligned to 16" },
	{ uif_in_handler, "UIF is 0 in the handler and 1 after UIRET" },
	{ none_with_uif_clear, "with UIF = 0 nothing is delivered; STUI brings it" },
	{ highest_first, "64 pending vectors are delivered highest first, once each" },
	{ coalesced, "1000 sends of a pending vector are delivered once" },
	{ unused_index_is_sigsegv, "SENDUIPI with an index that is not in use is SIGSEGV" },
	{ index_is_64_bits, "SENDUIPI looks at all 64 bits of the index" },
	{ disconnected_is_a_fault, "SENDUIPI with an index that was given up is SIGSEGV" },
	{ the_others_still_work, "the other indices still work" },
	{ none_after_unregister, "after unregister_handler nothing is delivered, and SENDUIPI does not fault" },
};

#define TESTS (sizeof(tests) / sizeof(tests[0]))

int main(void)
{
	ksft_print_header();
	abi = uintr_find_abi();
	ksft_set_plan(TESTS);
	uintr_watchdog(40);
	for (size_t i = 0; i < TESTS; i++) {
		/* Its #GP handler tests a bit at the index without looking at the range. */
		if (tests[i].run == index_is_64_bits && !strcmp(abi->name, "intel-6.0"))
			ksft_test_result_skip("%s (uintr-next 6.0 would use the index unchecked in the kernel)\n", tests[i].claim);
		else if (tests[i].run())
			ksft_test_result_pass("%s\n", tests[i].claim);
		else
			ksft_test_result_fail("%s\n", tests[i].claim);
	}
	ksft_finished();
}
