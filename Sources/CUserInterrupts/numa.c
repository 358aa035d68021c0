#include <stddef.h>

#include "uintr_numa.h"

#if defined(__has_include)
#if __has_include(<numa.h>)
#define HAVE_NUMA_H 1
#endif
#endif

#ifdef HAVE_NUMA_H

#include <dlfcn.h>
#include <numa.h>
#include <pthread.h>

/* The header gives the types alone; no symbol of the library is linked. */
static struct {
	__typeof__(&numa_available) available;
	__typeof__(&numa_num_configured_nodes) node_count;
	__typeof__(&numa_node_of_cpu) node_of_cpu;
} library;
static const char *absence;
static pthread_once_t opened = PTHREAD_ONCE_INIT;

static void open_library(void)
{
	void *handle = dlopen("libnuma.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		absence = "libnuma.so.1 is not installed, so NUMA nodes are not known; install libnuma1 (Debian) or numactl-libs (Fedora)";
		return;
	}
	library.available = (__typeof__(&numa_available))dlsym(handle, "numa_available");
	library.node_count = (__typeof__(&numa_num_configured_nodes))dlsym(handle, "numa_num_configured_nodes");
	library.node_of_cpu = (__typeof__(&numa_node_of_cpu))dlsym(handle, "numa_node_of_cpu");
	if (!library.available || !library.node_count || !library.node_of_cpu)
		absence = "libnuma.so.1 lacks numa_available, numa_num_configured_nodes or numa_node_of_cpu, so NUMA nodes are not known";
	else if (library.available() < 0)
		absence = "libnuma reports that this kernel has no NUMA support, so NUMA nodes are not known";
	/* Kept open: a library that is in use is not closed again. */
}

static int refuse(const char **reason, const char *sentence)
{
	if (reason)
		*reason = sentence;
	return -1;
}

int uintr_numa_node_count(const char **reason)
{
	int count;

	pthread_once(&opened, open_library);
	if (absence)
		return refuse(reason, absence);
	count = library.node_count();
	return count > 0 ? count : refuse(reason, "libnuma counts no configured NUMA node");
}

int uintr_numa_node_of_cpu(int cpu, const char **reason)
{
	int node;

	pthread_once(&opened, open_library);
	if (absence)
		return refuse(reason, absence);
	node = library.node_of_cpu(cpu);
	return node >= 0 ? node : refuse(reason, "libnuma knows no such CPU");
}

#else

static int refuse(const char **reason)
{
	if (reason)
		*reason = "this build was made without <numa.h>, so NUMA nodes are not known; install libnuma-dev and build again";
	return -1;
}

int uintr_numa_node_count(const char **reason)
{
	return refuse(reason);
}

int uintr_numa_node_of_cpu(int cpu, const char **reason)
{
	(void)cpu;
	return refuse(reason);
}

#endif
