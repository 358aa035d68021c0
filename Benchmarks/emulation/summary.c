/* Rounds, and their medians. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "summary.h"

static int compare_times(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static int compare_values(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Between the two nearest. */
static double quantile(const double *sorted, unsigned int count, double part)
{
	double place = part * (count - 1);
	unsigned int below = (unsigned int)place;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

static struct spread spread_of(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare_values);
	return (struct spread){ values[0], quantile(values, count, 0.25), quantile(values, count, 0.5),
				quantile(values, count, 0.75), values[count - 1] };
}

static void *allocate(uint64_t count, uint64_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		fail("calloc");
	return memory;
}

struct summary measure(const struct measurement *measurement, unsigned int rounds)
{
	struct summary summary = { .measurement = measurement, .rounds = rounds };
	double *values[WAYS], *ratios = allocate(rounds, sizeof(double)), *rates = allocate(rounds, sizeof(double));
	uint64_t *events[WAYS], count = measurement->count;
	const double each = (double)measurement->per_event;

	for (int way = 0; way < WAYS; way++) {
		values[way] = allocate(rounds, sizeof(double));
		events[way] = measurement->counts_work ? NULL : allocate(rounds * count, sizeof(uint64_t));
	}
	for (unsigned int round = 0; round < rounds; round++) {
		uint64_t preempted = 0;

		/* Each way is first in every second round. */
		for (int turn = 0; turn < WAYS; turn++) {
			enum way way = (enum way)((turn + (int)round) % WAYS);
			struct result result = { .event = events[way] ? events[way] + round * count : NULL };

			measurement->run(way, count, &result);
			preempted += result.preempted;
			if (way == UINTR)
				rates[round] = (double)result.rate;
			if (measurement->counts_work) {
				values[way][round] = (double)result.speed;
				continue;
			}
			qsort(result.event, count, sizeof(uint64_t), compare_times);
			values[way][round] = (double)result.event[count / 2] / each;
		}
		ratios[round] = values[UINTR][round] / values[OTHER][round];
		summary.preempted += preempted;
		summary.disturbed += preempted > 0;
	}
	for (int way = 0; way < WAYS; way++) {
		summary.value[way] = spread_of(values[way], rounds);
		free(values[way]);
		if (!events[way])
			continue;
		qsort(events[way], rounds * count, sizeof(uint64_t), compare_times);
		summary.p50[way] = (double)events[way][rounds * count / 2] / each;
		summary.p99[way] = (double)events[way][rounds * count * 99 / 100] / each;
		free(events[way]);
	}
	summary.ratio = spread_of(ratios, rounds);
	summary.rate = spread_of(rates, rounds).median;
	free(ratios);
	free(rates);
	if (measurement->absolute)
		summary.passes = summary.value[UINTR].median < measurement->limit;
	else if (measurement->counts_work)
		summary.passes = summary.ratio.median >= measurement->limit && summary.rate >= 0.9 * FLOOD_RATE;
	else
		summary.passes = summary.ratio.median <= measurement->limit;
	return summary;
}
