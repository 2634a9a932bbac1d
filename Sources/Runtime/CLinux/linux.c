#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs in the child, which shares our memory until it becomes another program: only system calls.
static void become(
    const struct ergon_start_request *request, const char *program, volatile int *failure) {
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(request->output, 1) < 0
        || dup2(request->output, 2) < 0 || chdir(request->folder) < 0) {
        *failure = errno;
        _exit(127);
    }
    syscall(SYS_close_range, 3, ~0U, 0);
    execve(program, (char *const *)request->arguments, (char *const *)request->environment);
    *failure = errno;
    _exit(127);
}

// Looks a program up as a shell does, before the child exists: a child that shares memory
// should search nothing.
static int find(const char *name, const char *path, const char *folder, char *found, size_t size) {
    if (strchr(name, '/')) {
        int length = name[0] == '/' ? snprintf(found, size, "%s", name)
                                    : snprintf(found, size, "%s/%s", folder, name);
        return length < 0 || (size_t)length >= size ? ENAMETOOLONG : 0;
    }
    while (*path) {
        size_t length = strcspn(path, ":");
        if (length > 0 && length + strlen(name) + 2 <= size) {
            memcpy(found, path, length);
            found[length] = '/';
            strcpy(found + length + 1, name);
            if (access(found, X_OK) == 0) return 0;
        }
        path += length;
        if (*path) path++;
    }
    return ENOENT;
}

pid_t ergon_start(const struct ergon_start_request *request) {
    char program[4096];
    int missing =
        find(request->arguments[0], request->path, request->folder, program, sizeof program);
    if (missing) return -missing;

    // With signals blocked no handler of ours can run in the child's borrowed memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    volatile int failure = 0;
    pid_t process = vfork();
    if (process == 0) become(request, program, &failure);
    int problem = process < 0 ? errno : failure;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (process > 0 && problem) {
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
    }
    return problem ? -problem : process;
}

int ergon_watch(pid_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int ergon_reap(pid_t process, struct ergon_end *end) {
    int status = 0;
    struct rusage usage;
    pid_t reaped;
    while ((reaped = wait4(process, &status, 0, &usage)) < 0 && errno == EINTR) {}
    if (reaped < 0) return -errno;
    end->was_signalled = WIFSIGNALED(status);
    end->code = end->was_signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    end->cpu_microseconds =
        ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000
        + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    return 0;
}

int ergon_end_with_parent(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal) < 0 ? -errno : 0;
}

int ergon_poll_make(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll < 0 ? -errno : poll;
}

int ergon_poll_add(int poll, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int ergon_poll_remove(int poll, int descriptor) {
    return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL) < 0 ? -errno : 0;
}

int ergon_poll_wait(int poll, uint64_t *tokens, int capacity, int timeout) {
    struct epoll_event events[64];
    if (capacity > 64) capacity = 64;
    int count;
    while ((count = epoll_wait(poll, events, capacity, timeout)) < 0 && errno == EINTR) {}
    if (count < 0) return -errno;
    for (int place = 0; place < count; place++) tokens[place] = events[place].data.u64;
    return count;
}

int ergon_bell_make(void) {
    int bell = eventfd(0, EFD_CLOEXEC);
    return bell < 0 ? -errno : bell;
}

void ergon_bell_ring(int bell) {
    while (eventfd_write(bell, 1) < 0 && errno == EINTR) {}
}

void ergon_bell_hear(int bell) {
    eventfd_t count;
    while (eventfd_read(bell, &count) < 0 && errno == EINTR) {}
}

int ergon_sync_file_system(int descriptor) { return syncfs(descriptor) < 0 ? -errno : 0; }

static volatile sig_atomic_t stop_bell = -1;

static void ring_stop_bell(int signal) {
    (void)signal;
    int saved = errno;
    eventfd_write(stop_bell, 1);
    errno = saved;
}

void ergon_ring_on_stop(int bell) {
    stop_bell = bell;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_RESTART;
    action.sa_handler = ring_stop_bell;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

void ergon_give_memory_back(void) { malloc_trim(0); }
