#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// What every start needs, found out once: where nothing is read from, and which signals may be
// ignored or handled here. A new program begins with default handlers by itself; what is ignored
// stays ignored, and a handler of ours must not run in a child that shares our memory.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int nothing = -1;
static int altered[NSIG];
static int altered_count;

static void prepare(void) {
    int opened = open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Beyond the standard streams, lest it be one of them and closed with the others.
    nothing = fcntl(opened, F_DUPFD_CLOEXEC, 3);
    close(opened);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        int is_ours = number == SIGINT || number == SIGTERM || number == SIGPIPE;
        if (is_ours
            || (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)) {
            altered[altered_count++] = number;
        }
    }
}

struct birth {
    const struct ergon_start_request *request;
    const char *program;
    volatile int failure;
};

// Runs in the child, which shares our memory until it becomes another program, while we wait: only
// system calls.
static int become(void *context) {
    struct birth *birth = context;
    const struct ergon_start_request *request = birth->request;
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int place = 0; place < altered_count; place++) {
        sigaction(altered[place], &standard, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int input = request->input < 0 ? nothing : request->input;
    if (dup2(input, 0) < 0 || dup2(request->output, 1) < 0 || dup2(request->error, 2) < 0
        || chdir(request->folder) < 0) {
        birth->failure = errno;
        _exit(127);
    }
    syscall(SYS_close_range, 3, ~0U, 0);
    execve(
        birth->program, (char *const *)request->arguments, (char *const *)request->environment);
    birth->failure = errno;
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

pid_t ergon_start(const struct ergon_start_request *request, int *watch) {
    char program[4096];
    int missing =
        find(request->arguments[0], request->path, request->folder, program, sizeof program);
    if (missing) return -missing;
    pthread_once(&once, prepare);

    // With signals blocked no handler of ours can run in the child's borrowed memory. That children
    // end is nobody's concern here: the kernel drops that signal at once where the thread that made
    // the child lets it through, and wakes another thread for it where it is blocked. So it stays
    // unblocked in this thread from now on.
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sigdelset(&before, SIGCHLD);
    struct birth birth = {.request = request, .program = program};
    _Alignas(16) char stack[16384];
    int how = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    pid_t process = clone(become, stack + sizeof stack, how, &birth, watch);
    int problem = process < 0 ? errno : birth.failure;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (process > 0 && problem) {
        close(*watch);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
    }
    return problem ? -problem : process;
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

int ergon_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }

int ergon_never_wait(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int ergon_widen_pipe(int end, int size) {
    return fcntl(end, F_SETPIPE_SZ, size) < 0 ? -errno : 0;
}

int64_t ergon_cpu_time(pid_t process) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(process, &clock) || clock_gettime(clock, &time) < 0) return -1;
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int ergon_perf_open(uint32_t type, uint64_t config, int cpu) {
    struct perf_event_attr event = {.type = type, .config = config, .size = sizeof event};
    long descriptor = syscall(SYS_perf_event_open, &event, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int ergon_claim(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    // The first byte of the path is zero: the name is in no file system (unix(7)).
    if (length > sizeof address.sun_path - 1) return -ENAMETOOLONG;
    memcpy(address.sun_path + 1, name, length);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    if (bind(descriptor, (struct sockaddr *)&address, size) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
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

int ergon_nameless_file(const char *folder) {
    int file = open(folder, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    // Not every file system has them: with a name, then, that is gone at once.
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/.namelessXXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    file = mkostemp(path, O_APPEND | O_CLOEXEC);
    if (file < 0) return -errno;
    unlink(path);
    return file;
}

int ergon_is_empty_folder(int folder) {
    // As the kernel fills it in (getdents64(2)).
    struct entry {
        uint64_t inode;
        int64_t offset;
        unsigned short length;
        unsigned char type;
        char name[];
    };
    _Alignas(struct entry) char entries[512];
    if (lseek(folder, 0, SEEK_SET) < 0) return 0;
    long filled;
    while ((filled = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
        for (long place = 0; place < filled;) {
            const struct entry *entry = (const struct entry *)(entries + place);
            if (strcmp(entry->name, ".") && strcmp(entry->name, "..")) return 0;
            place += entry->length;
        }
    }
    return filled == 0;
}

void ergon_give_memory_back(void) { malloc_trim(0); }
