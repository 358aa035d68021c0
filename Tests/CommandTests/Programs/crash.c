/* STUI, then a fault. */
#include <sys/resource.h>
#include <x86gprintrin.h>

int main(void)
{
	struct rlimit none = { 0, 0 };
	int *volatile address = (int *)8;

	setrlimit(RLIMIT_CORE, &none);
	_stui();
	*address = 1;
	return 0;
}
