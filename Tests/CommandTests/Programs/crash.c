/* STUI, then a fault. */
#include <sys/resource.h>
#include <x86gprintrin.h>

int main(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	_stui();
	*(volatile int *)8 = 1;
	return 0;
}
