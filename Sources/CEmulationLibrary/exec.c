/*
 * Programs that this one executes. Those with glibc's loader have the library by LD_PRELOAD; a static one has it only from
 * `uintr run`, and without it the seccomp filter, which survives an exec, would have it killed. So `uintr run` executes it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alone.h"

#define PUBLIC __attribute__((visibility("default")))

INTERNAL const char *runtime_runner = "";

static bool is_alone(const char *path, bool follows)
{
	long file = runtime_call(SYS_open, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0, 0), size;
	unsigned char bytes[1024];
	uint64_t table = 0;
	unsigned int count, each;

	if (file < 0)
		return false;
	size = runtime_call(SYS_pread64, file, (long)bytes, sizeof(bytes) - 1, 0, 0, 0);
	runtime_close((int)file);
	if (size > 2 && bytes[0] == '#' && bytes[1] == '!' && follows) {
		char *start = (char *)bytes + 2, *end;

		bytes[size] = 0;
		while (*start == ' ' || *start == '\t')
			start++;
		for (end = start; *end && *end != ' ' && *end != '\t' && *end != '\n' && *end != '\r';)
			end++;
		*end = 0;
		return is_alone(start, false);
	}
	/* ELF-64, little-endian, EM_X86_64. */
	if (size < 64 || memcmp(bytes, "\177ELF\2\1", 6) || bytes[18] != 62 || bytes[19])
		return false;
	memcpy(&table, bytes + 32, sizeof(table));
	each = bytes[54] | bytes[55] << 8, count = bytes[56] | bytes[57] << 8;
	for (unsigned int index = 0; index < count; index++) {
		uint64_t at = table + (uint64_t)index * each;
		uint32_t kind;

		if (at > (uint64_t)size - sizeof(kind))
			return false;
		memcpy(&kind, bytes + at, sizeof(kind));
		if (kind == 3 /* PT_INTERP */)
			return false;
	}
	return true;
}

/* The number of quadwords stands before them. */
void runtime_runner_free(void *list)
{
	uint64_t *start = (uint64_t *)list - 1;

	runtime_unmap(start, *start * 8);
}

void *runtime_runner_arguments(const char *path, char *const arguments[], char resolved[RUNTIME_PATH_SIZE])
{
	static const char own[] = "/proc/self/";
	const char *first[] = { runtime_runner, "run", "--abi", runtime_abi.name, "--argument-zero", arguments[0], "--", NULL };
	const size_t leading = sizeof(first) / sizeof(*first);
	uint64_t *list;
	size_t count = 0;
	long length;

	if (!*runtime_runner || !arguments[0] || runtime_call(SYS_access, (long)path, X_OK, 0, 0, 0, 0) || !is_alone(path, true))
		return NULL;
	/* There it would be another process's. */
	if (strlen(path) > sizeof(own) && !memcmp(path, own, sizeof(own) - 1)) {
		length = runtime_call(SYS_readlink, (long)path, (long)resolved, RUNTIME_PATH_SIZE - 1, 0, 0, 0);
		if (length < 0)
			return NULL;
		resolved[length] = 0;
		path = resolved;
	} else if (path[0] != '/') {
		/* A name without a slash would be looked for in PATH. */
		if (strlen(path) + 3 > RUNTIME_PATH_SIZE)
			return NULL;
		memcpy(resolved, "./", 2);
		memcpy(resolved + 2, path, strlen(path) + 1);
		path = resolved;
	}
	while (arguments[count])
		count++;
	list = runtime_map((1 + leading + count) * 8);
	if (!list)
		return NULL;
	*list++ = 1 + leading + count;
	memcpy(list, first, sizeof(first));
	list[leading - 1] = (uint64_t)path;
	memcpy(list + leading, arguments + 1, (count - 1) * 8);
	return list;
}

/* --- libc's functions, where there is libc --- */

static char runner[RUNTIME_PATH_SIZE];
static int (*real_posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[],
			       char *const[]);

/* `uintr` lies beside the library, whose path is in LD_PRELOAD. */
void runtime_exec_open(void)
{
	static const char library[] = "/libuintr-emulation.so";
	const char *preload = getenv("LD_PRELOAD"), *found = preload ? strstr(preload, library) : NULL, *start = found;
	size_t length;

	if (!found)
		return;
	while (start > preload && start[-1] != ':' && start[-1] != ' ')
		start--;
	length = (size_t)(found - start);
	if (*start != '/' || length + sizeof("/uintr") > sizeof(runner))
		return;
	memcpy(runner, start, length);
	memcpy(runner + length, "/uintr", sizeof("/uintr"));
	if (!runtime_call(SYS_access, (long)runner, X_OK, 0, 0, 0, 0))
		runtime_runner = runner;
}

PUBLIC int execve(const char *path, char *const arguments[], char *const environment[])
{
	char resolved[RUNTIME_PATH_SIZE];
	void *list = runtime_runner_arguments(path, arguments, resolved);
	long result = runtime_call(SYS_execve, (long)(list ? runtime_runner : path), (long)(list ? list : arguments), (long)environment,
				   0, 0, 0);

	if (list)
		runtime_runner_free(list);
	errno = (int)-result;
	return -1;
}

/* The file that a name means (execvp(3)); the name itself where there is none, for its errno. */
static const char *search(const char *name, char found[RUNTIME_PATH_SIZE])
{
	const char *path = getenv("PATH");
	size_t length = strlen(name);

	if (!*name || strchr(name, '/') || length >= 256)
		return name;
	for (path = path ? path : "/bin:/usr/bin"; path; path = strchr(path, ':') ? strchr(path, ':') + 1 : NULL) {
		size_t folder = strcspn(path, ":");

		if (folder + length + 3 > RUNTIME_PATH_SIZE)
			continue;
		memcpy(found, path, folder);
		if (!folder)
			found[folder++] = '.';
		found[folder] = '/';
		memcpy(found + folder + 1, name, length + 1);
		if (!runtime_call(SYS_access, (long)found, X_OK, 0, 0, 0, 0))
			return found;
	}
	return name;
}

static int (*real_execvpe)(const char *, char *const[], char *const[]);

PUBLIC int execvpe(const char *name, char *const arguments[], char *const environment[])
{
	char found[RUNTIME_PATH_SIZE];
	const char *path = search(name, found);

	/* libc's own runs a text without #! by a shell. */
	if (strchr(path, '/') && is_alone(path, true))
		return execve(path, arguments, environment);
	if (!real_execvpe)
		real_execvpe = dlsym(RTLD_NEXT, "execvpe");
	return real_execvpe(name, arguments, environment);
}

PUBLIC int execv(const char *path, char *const arguments[]) { return execve(path, arguments, environ); }
PUBLIC int execvp(const char *name, char *const arguments[]) { return execvpe(name, arguments, environ); }

/* The arguments of a variadic function, up to the null pointer; what follows it is left in `list`. */
#define GATHER(first, list)                                  	size_t count = 1;                                    	va_list counted;                                     	va_start(list, first);                               	va_copy(counted, list);                              	while (va_arg(counted, char *))                      		count++;                                     	va_end(counted);                                     	char *arguments[count + 1];                          	arguments[0] = (char *)first;                        	for (size_t place = 1; place <= count; place++)      		arguments[place] = va_arg(list, char *)

PUBLIC int execl(const char *path, const char *first, ...)
{
	va_list list;
	GATHER(first, list);

	va_end(list);
	return execve(path, arguments, environ);
}

PUBLIC int execlp(const char *name, const char *first, ...)
{
	va_list list;
	GATHER(first, list);

	va_end(list);
	return execvpe(name, arguments, environ);
}

PUBLIC int execle(const char *path, const char *first, ...)
{
	va_list list;
	GATHER(first, list);
	char *const *environment = va_arg(list, char *const *);

	va_end(list);
	return execve(path, arguments, environment);
}

PUBLIC int posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
		       char *const arguments[], char *const environment[])
{
	char resolved[RUNTIME_PATH_SIZE];
	void *list = runtime_runner_arguments(path, arguments, resolved);
	int failure;

	if (!real_posix_spawn)
		real_posix_spawn = dlsym(RTLD_NEXT, "posix_spawn");
	failure = real_posix_spawn(child, list ? runtime_runner : path, actions, attributes, list ? list : arguments, environment);

	if (list)
		runtime_runner_free(list);
	return failure;
}

PUBLIC int posix_spawnp(pid_t *child, const char *name, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	static int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[],
			   char *const[]);
	char found[RUNTIME_PATH_SIZE];
	const char *path = search(name, found);

	if (strchr(path, '/') && is_alone(path, true))
		return posix_spawn(child, path, actions, attributes, arguments, environment);
	if (!real)
		real = dlsym(RTLD_NEXT, "posix_spawnp");
	return real(child, name, actions, attributes, arguments, environment);
}
