/* What the rounds of a measurement came to. */
#ifndef SUMMARY_H
#define SUMMARY_H
#include "bench.h"

struct measurement {
	const char *name, *uintr, *other;
	void (*run)(enum way way, uint64_t count, struct result *result);
	/** Events of one way in one round, or milliseconds where `counts_work`. */
	uint64_t count;
	/** The limit: of the ratio, at most; of the ratio, at least (`counts_work`); or of nanoseconds (`absolute`). */
	double limit;
	bool counts_work, absolute;
	/** How many things one event is. */
	uint64_t per_event;
};

/** Of sorted values. */
struct spread {
	double least, first_quartile, median, third_quartile, greatest;
};

struct summary {
	const struct measurement *measurement;
	unsigned int rounds;
	/** One value for each round: its median event, or its speed; and UINTR / OTHER of the two. */
	struct spread value[WAYS], ratio;
	/** Of all events of all rounds, in nanoseconds; 0 where work is counted. */
	double p50[WAYS], p99[WAYS];
	/** Sends in a second, the median round's. 0 where they are not paced. */
	double rate;
	/** Rounds in which a thread was preempted, of either way, and how often in all. */
	unsigned int disturbed;
	uint64_t preempted;
	bool passes;
};

/** Runs `rounds` rounds of both ways in turn. */
struct summary measure(const struct measurement *measurement, unsigned int rounds);

/** `loads`: the load average of the last minute before and after. `judged`: the verdicts count. */
void print_head(bool judged);
void print_line(const struct summary *summary, bool judged);
void print_load(const struct summary *summaries, unsigned int count, const double loads[2]);
void print_json(const struct summary *summaries, unsigned int count, const double loads[2], bool judged);

#endif
