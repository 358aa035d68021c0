/* The measurements, their limits, and what is asked for. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "summary.h"

enum { PASSED = 0, FAILED = 1, CANNOT = 4, USAGE = 64 };

static const struct measurement measurements[] = {
	{ "round trip", "SENDUIPI", "tgkill", round_trip, 1000, 1.1, .per_event = 1 },
	{ "one way", "SENDUIPI", "tgkill", one_way, 1000, 1.1, .per_event = 1 },
	{ "blocked wakeup", "SENDUIPI", "eventfd", blocked_wakeup, 500, 1.1, .per_event = 1 },
	{ "CLUI and STUI", "", "two sigmasks", flags, 50, 5, .absolute = true, .per_event = PAIRS },
	{ "flood", "", "alone", flood, 100, 0.5, .counts_work = true, .per_event = 1 },
};
#define MEASUREMENTS (sizeof(measurements) / sizeof(measurements[0]))

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: Benchmarks/emulation/run [--abi ABI] [--mode stub|int3|trap] [--rounds N] [--only NAME]... [--json]"
			" [--report-only]\n  ABI  rfc-v1 port-5.16 intel-mt intel-6.0 project\n  NAME ");
	for (size_t i = 0; i < MEASUREMENTS; i++)
		fprintf(stderr, " \"%s\"", measurements[i].name);
	fprintf(stderr, "\n");
	exit(USAGE);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = text ? strtoul(text, &end, 10) : 0;
	if (!text || *text < '0' || *text > '9' || *end || errno || value < 1 || value > 10000)
		usage();
	return (unsigned int)value;
}

static void choose_cpus(void)
{
	cpu_set_t set;
	int found = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		fail("sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[found++] = cpu;
	if (found == 2)
		return;
	fprintf(stderr, "emulation benchmark: SKIP: two threads spin at the same time, and this process may use one CPU only.\n");
	exit(CANNOT);
}

int main(int argc, char **argv)
{
	struct summary summaries[MEASUREMENTS];
	bool chosen[MEASUREMENTS] = { false }, any = false, json = false, judged = true, passed = true;
	unsigned int rounds = 15, count = 0;
	double loads[2] = { 0, 0 };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--rounds")) {
			rounds = number(argv[++i]);
		} else if (!strcmp(argv[i], "--json")) {
			json = true;
		} else if (!strcmp(argv[i], "--report-only")) {
			judged = false;
		} else if (!strcmp(argv[i], "--only") && i + 1 < argc) {
			size_t place = 0;

			i++;
			while (place < MEASUREMENTS && strcmp(measurements[place].name, argv[i]))
				place++;
			if (place == MEASUREMENTS)
				usage();
			any = chosen[place] = true;
		} else {
			usage();
		}
	}
	choose_cpus();
	open_abi();
	getloadavg(&loads[0], 1);
	if (!json)
		print_head(judged);
	for (size_t i = 0; i < MEASUREMENTS; i++) {
		if (any && !chosen[i])
			continue;
		summaries[count] = measure(&measurements[i], rounds);
		passed = passed && summaries[count].passes;
		if (!json)
			print_line(&summaries[count], judged);
		count++;
	}
	getloadavg(&loads[1], 1);
	if (json)
		print_json(summaries, count, loads, judged);
	else
		print_load(summaries, count, loads);
	return passed || !judged ? PASSED : FAILED;
}
