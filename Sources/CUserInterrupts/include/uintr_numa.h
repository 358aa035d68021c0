/*
 * NUMA nodes through libnuma, opened when the process runs and has it. Its absence is a sentence.
 */
#ifndef UINTR_NUMA_H
#define UINTR_NUMA_H

/** Number of configured nodes, at least 1; or -1, and `*reason` (if given) says why in a sentence. */
int uintr_numa_node_count(const char **reason);

/** Node of a CPU; or -1, and `*reason` (if given) says why in a sentence. The text is never freed. */
int uintr_numa_node_of_cpu(int cpu, const char **reason);

#endif
