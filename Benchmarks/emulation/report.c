/* The table, and the JSON of the same. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "summary.h"

static const char *time_text(char *text, size_t size, double nanoseconds)
{
	if (nanoseconds < 1000)
		snprintf(text, size, "%.1f ns", nanoseconds);
	else
		snprintf(text, size, "%.1f us", nanoseconds / 1000);
	return text;
}

static const char *environment(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

static const char *limit_text(char *text, size_t size, const struct measurement *measurement)
{
	if (measurement->absolute)
		snprintf(text, size, "< %.0f ns", measurement->limit);
	else
		snprintf(text, size, "%s %.2f", measurement->counts_work ? ">=" : "<=", measurement->limit);
	return text;
}

void print_head(bool judged)
{
	struct utsname system;

	uname(&system);
	printf("user interrupts under the emulation: ABI %s, mode %s; %ld CPUs, of which %d and %d; Linux %s\n\n",
	       environment("UINTR_ABI", "?"), environment("UINTR_EMULATION_MODE", "stub"), sysconf(_SC_NPROCESSORS_ONLN), cpus[0],
	       cpus[1], system.release);
	printf("%-16s %-10s %9s %9s   %-14s %9s %9s   %6s %13s %7s%s\n", "", "", "p50", "p99", "beside", "p50", "p99", "ratio",
	       "least..most", "limit", judged ? "" : "  (not judged)");
	fflush(stdout);
}

void print_line(const struct summary *summary, bool judged)
{
	const struct measurement *measurement = summary->measurement;
	char times[4][24] = { "-", "-", "-", "-" }, limit[24], range[32];

	for (int way = 0; way < WAYS && !measurement->counts_work; way++) {
		time_text(times[2 * way], sizeof(times[0]), summary->p50[way]);
		time_text(times[2 * way + 1], sizeof(times[0]), summary->p99[way]);
	}
	snprintf(range, sizeof(range), "%.2f..%.2f", summary->ratio.least, summary->ratio.greatest);
	printf("%-16s %-10s %9s %9s   %-14s %9s %9s   %6.3f %13s %7s  %s\n", measurement->name, measurement->uintr, times[0], times[1],
	       measurement->other, times[2], times[3], summary->ratio.median, range, limit_text(limit, sizeof(limit), measurement),
	       !judged ? "" : summary->passes ? "ok" : "NOT REACHED");
	if (summary->rate > 0)
		printf("%-16s %.0f sends a second, of %d wanted\n", "", summary->rate, FLOOD_RATE);
	fflush(stdout);
}

void print_load(const struct summary *summaries, unsigned int count, const double loads[2])
{
	unsigned int disturbed = 0, rounds = 0;
	uint64_t preempted = 0;

	for (unsigned int i = 0; i < count; i++)
		rounds += summaries[i].rounds, disturbed += summaries[i].disturbed, preempted += summaries[i].preempted;
	printf("\nratio: the median of the rounds' own; a round's time is its median event. Load average %.2f before, %.2f after.\n",
	       loads[0], loads[1]);
	printf("In %u of %u rounds a thread was preempted, %llu times in all%s.\n", disturbed, rounds, (unsigned long long)preempted,
	       disturbed * 4 > rounds ? ": the machine does something else too, and the numbers show it" : "");
}

static void print_spread(const char *name, struct spread spread)
{
	printf("\"%s\": {\"min\": %.4f, \"q1\": %.4f, \"median\": %.4f, \"q3\": %.4f, \"max\": %.4f}", name, spread.least,
	       spread.first_quartile, spread.median, spread.third_quartile, spread.greatest);
}

void print_json(const struct summary *summaries, unsigned int count, const double loads[2], bool judged)
{
	static const char *const names[WAYS] = { "uintr", "beside" };
	struct utsname system;

	uname(&system);
	printf("{\"abi\": \"%s\", \"mode\": \"%s\", \"cpus_online\": %ld, \"cpus\": [%d, %d], \"linux\": \"%s\",\n", environment("UINTR_ABI", ""),
	       environment("UINTR_EMULATION_MODE", "stub"), sysconf(_SC_NPROCESSORS_ONLN), cpus[0], cpus[1], system.release);
	printf(" \"load_before\": %.2f, \"load_after\": %.2f, \"judged\": %s, \"measurements\": [", loads[0], loads[1],
	       judged ? "true" : "false");
	for (unsigned int i = 0; i < count; i++) {
		const struct summary *summary = &summaries[i];
		const struct measurement *measurement = summary->measurement;

		printf("%s\n  {\"name\": \"%s\", \"beside\": \"%s\", \"unit\": \"%s\", \"rounds\": %u, \"limit\": %.2f, \"limit_is\": \"%s\",\n   ",
		       i ? "," : "", measurement->name, measurement->other, measurement->counts_work ? "units/s" : "ns", summary->rounds,
		       measurement->limit, measurement->absolute ? "ns, below" : measurement->counts_work ? "ratio, at least" : "ratio, at most");
		for (int way = 0; way < WAYS; way++) {
			print_spread(names[way], summary->value[way]);
			printf(",\n   ");
			if (!measurement->counts_work)
				printf("\"%s_p50\": %.1f, \"%s_p99\": %.1f,\n   ", names[way], summary->p50[way], names[way], summary->p99[way]);
		}
		print_spread("ratio", summary->ratio);
		if (summary->rate > 0)
			printf(",\n   \"sends_per_second\": %.0f", summary->rate);
		printf(",\n   \"rounds_preempted\": %u, \"preemptions\": %llu, \"passes\": %s}", summary->disturbed,
		       (unsigned long long)summary->preempted, summary->passes ? "true" : "false");
	}
	printf("\n]}\n");
}
