/*
 * greenthreads --driver uintr|signal|polling|none --quantum 20us --tasks N
 *
 * Short tasks arrive among long ones. Each round runs them to completion, then preempted, and compares: how long short tasks
 * take from their arrival, what preemption costs, and whether every task computed the same. Exit 0; 1 if anything is wrong;
 * 4 with a sentence where there are no user interrupts; 64 wrong usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/find_abi.h"
#include "greenthreads.h"

#define PROVEN_PREEMPTIONS 3
/* As many are printed; all are counted. */
#define MOST_VIOLATIONS 10

struct options {
	const struct driver *driver;
	uint64_t quantum, tasks, rounds, load, seed;
	bool spins;
};

/* Of one run. */
struct figures {
	double median, tail, cpu_time, quantum;
	uint64_t preemptions, kicks, stale;
	bool is_realtime;
};

static int violations;

static void violated(const char *format, ...)
{
	va_list arguments;

	if (violations++ >= MOST_VIOLATIONS)
		return;
	va_start(arguments, format);
	printf("  VIOLATED: ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Nearest rank. Sorts. */
static double percentile(double *values, size_t count, double percent)
{
	size_t rank = (size_t)(percent / 100 * (double)count + 0.999999);

	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare_doubles);
	return values[rank ? rank - 1 : 0];
}

/* One task in twenty is long: fifty quanta. The others take half a quantum. */
static void make_tasks(struct task *tasks, const struct options *options)
{
	uint64_t state = options->seed * 0x9e3779b97f4a7c15 | 1, time = 0;
	double mean = 0.95 * 0.5 + 0.05 * 50;
	double gap = 2 * mean * (double)options->quantum * 100 / (double)options->load;

	for (size_t i = 0; i < options->tasks; i++) {
		size_t kind = next_random(&state) % workload_kinds();
		bool is_long = i % 20 == 0;
		double microseconds = (double)options->quantum / 1000 * (is_long ? 50 : 0.5);

		tasks[i].run = workload_kind(kind, false);
		tasks[i].steps = 1 + (uint64_t)(workload_steps(kind) * microseconds);
		tasks[i].seed = next_random(&state);
		tasks[i].is_short = !is_long;
		tasks[i].arrival = time;
		time += (uint64_t)((double)(next_random(&state) >> 11) * 0x1p-53 * gap);
	}
}

/*
 * User interrupts and signals merge while they are pending; none may be invented. All runs are counted together: uintr-next
 * 6.0 keeps what was still pending at the end of one for the handler of the next.
 */
static void judge_kicks(const struct run *run)
{
	static uint64_t sent, arrived;

	sent += run->kicks;
	arrived += run->preemptions + run->stale;
	if (arrived > sent)
		violated("%lu ends of quanta were sent, and %lu arrived", sent, arrived);
}

/* Two tasks that end when they have been preempted: a driver that does nothing is found whatever the machine's load. */
static void prove(const struct options *options)
{
	struct task tasks[2] = { 0 };
	struct run run = {
		.driver = options->driver, .quantum = options->quantum, .tasks = tasks, .count = 2, .spins = options->spins,
	};

	for (int i = 0; i < 2; i++) {
		tasks[i].run = workload_wait_for_preemption;
		tasks[i].steps = PROVEN_PREEMPTIONS;
	}
	greenthreads_run(&run);
	judge_kicks(&run);
	for (int i = 0; i < 2; i++)
		if (tasks[i].result < PROVEN_PREEMPTIONS)
			violated("a task that ran for 20 s was preempted %lu times; the timer ended %lu quanta", tasks[i].result,
				 run.kicks);
}

static const char *kind_name(const struct task *task)
{
	for (size_t kind = 0; kind < workload_kinds(); kind++)
		if (task->run == workload_kind(kind, false) || task->run == workload_kind(kind, true))
			return workload_kind_name(kind);
	return "?";
}

static void judge(const struct run *run, const uint64_t *expected)
{
	uint64_t preemptions = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct task *task = &run->tasks[i];

		preemptions += task->preemptions;
		if (!task->is_done)
			violated("task %zu was lost", i);
		else if (expected && task->result != expected[i])
			violated("task %zu (%s) computed %016lx, and %016lx when it ran to completion", i, kind_name(task),
				 task->result, expected[i]);
	}
	if (preemptions != run->preemptions)
		violated("%lu preemptions of tasks, %lu of the scheduler", preemptions, run->preemptions);
	judge_kicks(run);
}

static struct figures run_all(const struct options *options, const struct driver *driver, struct task *tasks,
			      const struct task *fresh, const uint64_t *expected)
{
	struct run run = {
		.driver = driver, .quantum = options->quantum, .tasks = tasks, .count = options->tasks, .spins = options->spins,
	};
	double *latencies = calloc(options->tasks, sizeof(*latencies));
	struct figures figures = { 0 };
	size_t count = 0;

	memcpy(tasks, fresh, options->tasks * sizeof(*tasks));
	for (size_t i = 0; driver->polls && i < options->tasks; i++)
		for (size_t kind = 0; kind < workload_kinds(); kind++)
			if (fresh[i].run == workload_kind(kind, false))
				tasks[i].run = workload_kind(kind, true);
	greenthreads_run(&run);
	judge(&run, expected);
	for (size_t i = 0; latencies && i < options->tasks; i++)
		if (tasks[i].is_short)
			latencies[count++] = (double)(tasks[i].finished - tasks[i].arrival) / (double)options->quantum;
	figures.median = percentile(latencies, count, 50);
	figures.tail = percentile(latencies, count, 99);
	figures.cpu_time = (double)run.cpu_time;
	figures.quantum = run.preemptions ? (double)run.preempted_time / (double)run.preemptions / 1000 : 0;
	figures.preemptions = run.preemptions;
	figures.kicks = run.kicks;
	figures.stale = run.stale;
	figures.is_realtime = run.is_realtime;
	free(latencies);
	return figures;
}

/* The middle of the rounds. */
static double middle(const struct figures *rounds, size_t count, double (*value)(const struct figures *))
{
	double values[count];

	for (size_t i = 0; i < count; i++)
		values[i] = value(&rounds[2 * i]);
	return percentile(values, count, 50);
}

/* Of a pair: run to completion first, preempted second. */
static double median_before(const struct figures *pair) { return pair[0].median; }
static double median_after(const struct figures *pair) { return pair[1].median; }
static double tail_before(const struct figures *pair) { return pair[0].tail; }
static double tail_after(const struct figures *pair) { return pair[1].tail; }
static double median_ratio(const struct figures *pair) { return pair[1].median / pair[0].median; }
static double tail_ratio(const struct figures *pair) { return pair[1].tail / pair[0].tail; }
static double throughput(const struct figures *pair) { return pair[0].cpu_time / pair[1].cpu_time; }
static double quantum(const struct figures *pair) { return pair[1].quantum; }

static void print(const struct options *options, const struct figures *pairs)
{
	size_t count = options->rounds;
	uint64_t preemptions = 0, kicks = 0, stale = 0;

	for (size_t i = 0; i < count; i++) {
		preemptions += pairs[2 * i + 1].preemptions;
		kicks += pairs[2 * i + 1].kicks;
		stale += pairs[2 * i + 1].stale;
	}
	printf("  short tasks, from arrival to end, in quanta    to completion  %9s      ratio\n", options->driver->name);
	printf("    median                                       %13.2f  %9.2f  %9.3f\n", middle(pairs, count, median_before),
	       middle(pairs, count, median_after), middle(pairs, count, median_ratio));
	printf("    99th percentile                              %13.2f  %9.2f  %9.3f\n", middle(pairs, count, tail_before),
	       middle(pairs, count, tail_after), middle(pairs, count, tail_ratio));
	printf("  tasks per CPU time, to completion = 1                         %9.3f\n", middle(pairs, count, throughput));
	printf("  length of a quantum that was ended, us                        %9.1f\n", middle(pairs, count, quantum));
	printf("  %lu preemptions; %lu sent, of which %lu came after their quantum; the timer's thread %s\n", preemptions, kicks, stale,
	       options->spins ? "spins" : pairs[1].is_realtime ? "has real-time priority" : "is an ordinary one: run as root, or with --spin");
}

static _Noreturn void usage(void)
{
	fprintf(stderr,
		"usage: greenthreads [--driver uintr|signal|polling|none] [--quantum 20us] [--tasks N] [--rounds N]\n"
		"                    [--load PERCENT] [--seed N] [--spin]\n"
		"  --quantum  1us to 1s; user interrupts are for 5us to 100us\n"
		"  --load     of the worker by tasks alone, without the preemptions (default 50)\n"
		"  --spin     the timer's thread never sleeps: exact quanta, for a CPU of its own\n");
	exit(EXIT_USAGE);
}

static uint64_t parse(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < least || value > most)
		usage();
	return value;
}

static uint64_t parse_time(const char *text)
{
	static const struct { const char *unit; uint64_t nanoseconds; } units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	};
	char *end;
	double value = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double time = value * (double)units[i].nanoseconds;

		if (end != text && !strcmp(end, units[i].unit) && time >= 1000 && time <= 1e9)
			return (uint64_t)time;
	}
	usage();
}

static const struct driver *parse_driver(const char *text)
{
	static const struct driver *const drivers[] = { &driver_uintr, &driver_signal, &driver_polling, &driver_none };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(text, drivers[i]->name))
			return drivers[i];
	usage();
}

static struct options parse_options(int count, char **words)
{
	static const struct option known[] = {
		{ "driver", required_argument, NULL, 'd' }, { "quantum", required_argument, NULL, 'q' },
		{ "tasks", required_argument, NULL, 't' }, { "rounds", required_argument, NULL, 'r' },
		{ "load", required_argument, NULL, 'l' }, { "seed", required_argument, NULL, 's' },
		{ "spin", no_argument, NULL, 'p' }, { 0 },
	};
	struct options options = {
		.driver = &driver_uintr, .quantum = 20000, .tasks = 2000, .rounds = 3, .load = 50, .seed = 1,
	};
	int option;

	while ((option = getopt_long(count, words, "", known, NULL)) != -1)
		switch (option) {
		case 'd': options.driver = parse_driver(optarg); break;
		case 'q': options.quantum = parse_time(optarg); break;
		case 't': options.tasks = parse(optarg, 1, 1000000); break;
		case 'r': options.rounds = parse(optarg, 1, 1000); break;
		case 'l': options.load = parse(optarg, 1, 1000); break;
		case 's': options.seed = parse(optarg, 0, UINT64_MAX); break;
		case 'p': options.spins = true; break;
		default: usage();
		}
	if (optind != count)
		usage();
	return options;
}

int main(int count, char **words)
{
	struct options options = parse_options(count, words);
	struct task *fresh = calloc(options.tasks, sizeof(*fresh)), *tasks = calloc(options.tasks, sizeof(*tasks));
	struct figures *pairs = calloc(2 * options.rounds, sizeof(*pairs));
	uint64_t *expected = calloc(options.tasks, sizeof(*expected));

	if (!fresh || !tasks || !pairs || !expected)
		fail_errno("memory for the tasks", -errno);
	if (options.driver != &driver_none)
		prove(&options);
	make_tasks(fresh, &options);
	printf("greenthreads: %s%s%s, quantum %g us, %lu tasks, load %lu %%, seed %lu, %lu rounds\n", options.driver->name,
	       options.driver == &driver_uintr ? " by " : "", options.driver == &driver_uintr ? driver_uintr_abi() : "",
	       (double)options.quantum / 1000, options.tasks, options.load, options.seed, options.rounds);
	for (size_t round = 0; round < options.rounds; round++) {
		struct figures *pair = &pairs[2 * round];

		pair[0] = run_all(&options, &driver_none, tasks, fresh, round ? expected : NULL);
		for (size_t i = 0; !round && i < options.tasks; i++)
			expected[i] = tasks[i].result;
		pair[1] = run_all(&options, options.driver, tasks, fresh, expected);
	}
	print(&options, pairs);
	if (violations)
		printf("greenthreads: %d violations\n", violations);
	free(fresh), free(tasks), free(pairs), free(expected);
	return violations ? EXIT_FAILURE : EXIT_SUCCESS;
}
