// The floor: what the operating system itself takes to start a program COUNT times, SLOTS at a
// time, with posix_spawn and waitpid and nothing else. Prints the seconds it took.
//
//     floor COUNT SLOTS PROGRAM [ARGUMENT...]
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static void fail(const char *what, int error) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(error));
    exit(1);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void start(char *const command[]) {
    static char *const environment[] = {NULL};
    pid_t child;
    int error = posix_spawn(&child, command[0], NULL, NULL, command, environment);
    if (error != 0) fail(command[0], error);
}

static void wait_for_one(void) {
    int status;
    while (waitpid(-1, &status, 0) < 0)
        if (errno != EINTR) fail("waitpid", errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail("a child failed", ECHILD);
}

int main(int count_of_words, char *words[]) {
    if (count_of_words < 4) {
        fprintf(stderr, "usage: floor COUNT SLOTS PROGRAM [ARGUMENT...]\n");
        return 64;
    }
    const long count = atol(words[1]), slots = atol(words[2]);
    const double began = seconds();
    long started = 0, ended = 0;
    while (ended < count) {
        while (started < count && started - ended < slots) {
            start(words + 3);
            started++;
        }
        wait_for_one();
        ended++;
    }
    printf("%.6f\n", seconds() - began);
    return 0;
}
