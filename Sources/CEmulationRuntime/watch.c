/* Counters, and a ring buffer of the last events. Both are off, and cost a test, unless somebody asks for them. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define RING 4096
/* What is printed of the ring. */
#define LAST 64

struct event {
	uint64_t time, detail, rip;
	uint32_t tid, kind;
};

INTERNAL uint32_t runtime_watched;
static uint64_t counts[RUNTIME_EVENTS], next;
static struct event *ring;
/* At a crash the UPIDs are printed, with the ring or alone. */
static bool counted, shows_receivers;

static const char *const names[RUNTIME_EVENTS] = {
	"SENDUIPI", "UIRET", "TESTUI", "CLUI", "STUI", "delivered", "notification sent", "notification taken", "call",
	"patched to INT3", "patched to a stub",
};

/* Who has been kept from writing for as long as the others take for the whole ring writes into a newer entry. */
void runtime_record(uint32_t event, uint64_t detail, uint64_t rip)
{
	struct event *entry;

	__atomic_fetch_add(&counts[event], 1, __ATOMIC_RELAXED);
	if (!ring)
		return;
	entry = &ring[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % RING];
	__atomic_store_n(&entry->time, __builtin_ia32_rdtsc(), __ATOMIC_RELAXED);
	__atomic_store_n(&entry->detail, detail, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->rip, rip, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->tid, runtime_thread_current()->tid, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->kind, event, __ATOMIC_RELAXED);
}

/* A line is put together without libc, since it may be a crash that prints it. */
static char line[256];
static size_t length;

static void text(const char *from)
{
	while (*from && length < sizeof(line) - 1)
		line[length++] = *from++;
}

static void number(uint64_t value, unsigned int base)
{
	char digits[24];
	size_t count = 0;

	do
		digits[count++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (count && length < sizeof(line) - 1)
		line[length++] = digits[--count];
}

static void flush(void)
{
	line[length++] = '\n';
	runtime_call(SYS_write, 2, (long)line, (long)length, 0, 0, 0);
	length = 0;
}

/* Without the lock, whose holder may be what hangs: receivers are never unmapped while they are in the list. */
static void print_receivers(void)
{
	const struct runtime_thread *thread = runtime_thread_current();

	text("libuintr-emulation: thread "), number(thread->tid, 10), text(" UIF "), number(thread->uif, 10);
	text(" UIRR 0x"), number(thread->uirr, 16), text(" held "), number(thread->held, 10);
	text(" paused until "), number(thread->until, 10), flush();
	for (const struct runtime_receiver *receiver = runtime_receivers; receiver; receiver = receiver->next)
		for (uint64_t vector = 0; vector < RUNTIME_VECTORS; vector++) {
			const struct runtime_page *page = runtime_receiver_page(receiver, vector);

			if (!page || !(receiver->vectors >> vector & 1))
				continue;
			text("libuintr-emulation: UPID of thread "), number(page->upid[0] >> 32, 10), text(", vector ");
			number(vector, 10), text(": ON "), number(page->upid[0] & 1, 10), text(" SN ");
			number(page->upid[0] >> 1 & 1, 10), text(" PIR 0x"), number(page->upid[1], 16), flush();
		}
}

void runtime_watch_print(void)
{
	uint64_t end = next, first = end > LAST ? end - LAST : 0;

	if (counted) {
		text("libuintr-emulation: process "), number((uint64_t)getpid(), 10), flush();
		for (int event = 0; event < RUNTIME_EVENTS; event++)
			text("libuintr-emulation: "), number(counts[event], 10), text(" "), text(names[event]), flush();
	}
	counted = false;
	for (uint64_t place = first; ring && place < end; place++) {
		const struct event *event = &ring[place % RING];

		text("libuintr-emulation: tsc "), number(event->time, 10), text(" thread "), number(event->tid, 10), text(" ");
		text(names[event->kind]);
		if (event->kind == RUNTIME_DELIVERED || event->kind == RUNTIME_SENT || event->kind == RUNTIME_CALLED)
			text(" "), number(event->detail, 10);
		text(" at 0x"), number(event->rip, 16), flush();
	}
	if (shows_receivers)
		print_receivers();
}

void runtime_watch_end(void)
{
	if (counted)
		ring = NULL, shows_receivers = false, runtime_watch_print();
}

void runtime_watch_open(bool count, bool shows, bool keeps)
{
	counted = count;
	shows_receivers = shows;
	if (keeps)
		ring = runtime_map(RING * sizeof(*ring));
	runtime_watched = counted || ring;
}
