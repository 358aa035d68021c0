/* What a program sees of its process, and does to it; each word of the command line in turn. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile sig_atomic_t came;
static void note(int number) { came = number; }

int main(int count, char **arguments)
{
	alarm(60);
	for (int place = 1; place < count; place++) {
		const char *word = arguments[place];
		char *value = strchr(word, '=');
		int number = value ? atoi(value + 1) : 0;

		if (!strcmp(word, "name"))
			puts(arguments[0]);
		else if (!strcmp(word, "environment"))
			for (char **entry = environ; *entry; entry++)
				puts(*entry);
		else if (!strcmp(word, "calls")) {
			const char *name = getenv("UINTR_CALLS");
			FILE *file = name ? fopen(name, "r") : NULL;

			for (int byte; file && (byte = getc(file)) != EOF;)
				putchar(byte);
		} else if (!strcmp(word, "descriptors")) {
			for (int fd = 0; fd < 1024; fd++)
				if (fcntl(fd, F_GETFD) >= 0)
					printf("%d ", fd);
			puts("");
		} else if (!strcmp(word, "children"))
			printf("%d\n", waitpid(-1, NULL, WNOHANG));
		else if (!strcmp(word, "process"))
			printf("%d %d %d\n", getpid(), getppid(), getpgrp());
		else if (!strcmp(word, "copy")) {
			for (int byte; (byte = getchar()) != EOF;)
				putchar(byte);
		} else if (!strcmp(word, "error"))
			fputs("to standard error\n", stderr);
		else if (!strncmp(word, "await=", 6)) {
			signal(number, note);
			puts("ready");
			fflush(stdout);
			while (!came)
				pause();
			printf("signal %d\n", (int)came);
		} else if (!strncmp(word, "blocked=", 8)) {
			sigset_t mask;

			sigprocmask(SIG_BLOCK, NULL, &mask);
			printf("%d\n", sigismember(&mask, number));
		} else if (!strncmp(word, "die=", 4)) {
			fflush(stdout);
			kill(getpid(), number);
		} else if (!strcmp(word, "run")) {
			fflush(stdout);
			execv(arguments[place + 1], arguments + place + 1);
			return 9;
		} else if (!strncmp(word, "exit=", 5))
			return number;
		fflush(stdout);
	}
	return 0;
}
