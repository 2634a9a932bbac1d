#pragma once
// What Swift cannot call by itself: vfork and prctl in a child, variadic open flags, epoll's
// macros.
#include <stdint.h>
#include <sys/types.h>

/// One process to start. Strings and arrays end with NULL and stay the caller's.
struct ergon_start_request {
    const char *const *arguments;    // [0] is looked up in `path`
    const char *const *environment;  // NAME=value
    const char *path;                // folders separated by colons, as in $PATH
    const char *folder;              // working folder
    int input;                       // descriptor that becomes standard input; -1 for /dev/null
    int output;                      // descriptor that becomes standard output
    int error;                       // descriptor that becomes standard error
};

/// Starts a process in a group of its own, with every other descriptor closed, default signals,
/// and SIGKILL to follow if the calling thread ends.
/// Returns its process id, or -errno; `watch` becomes a descriptor that can be read when it ends.
pid_t ergon_start(const struct ergon_start_request *request, int *watch);

/// How a process ended.
struct ergon_end {
    int code;             // exit status, or number of the signal
    int was_signalled;
    int64_t cpu_microseconds;  // user and system time of it and of all it waited for
};

/// Reaps a process that has ended. Returns 0, or -errno.
int ergon_reap(pid_t process, struct ergon_end *end);

/// A pipe; `ends[0]` is read. Returns 0, or -errno.
int ergon_pipe(int ends[2]);
/// From now on reading and writing return at once (EAGAIN). Returns 0, or -errno.
int ergon_never_wait(int descriptor);
/// Has a pipe hold so many bytes, where that is allowed. Returns 0, or -errno.
int ergon_widen_pipe(int end, int size);

/// User and system time of a process so far, in microseconds; -1 if there is none.
int64_t ergon_cpu_time(pid_t process);

// Opens a counter of a perf event on one processor; -errno if that cannot be.
int ergon_perf_open(uint32_t type, uint64_t config, int cpu);

// Binds a name that one process of this network namespace can have at a time, for as long as the
// descriptor is open; -errno if another has it.
int ergon_claim(const char *name);

/// Lets the calling process receive `signal` when its parent ends. Returns 0, or -errno.
int ergon_end_with_parent(int signal);

/// epoll, whose event structure is packed and therefore not importable.
int ergon_poll_make(void);
int ergon_poll_add(int poll, int descriptor, uint64_t token);
int ergon_poll_remove(int poll, int descriptor);
/// Waits for at most `timeout` milliseconds (-1: for ever); returns how many tokens were stored.
int ergon_poll_wait(int poll, uint64_t *tokens, int capacity, int timeout);

/// A bell that wakes one waiting thread (eventfd, whose functions Swift does not see).
int ergon_bell_make(void);
void ergon_bell_ring(int bell);
/// Waits until it has rung since it was last heard.
void ergon_bell_hear(int bell);

/// A file without a name, for reading and for writing at its end, on the file system of `folder`;
/// or -errno.
int ergon_nameless_file(const char *folder);

/// Whether a folder that is open for reading has nothing in it.
int ergon_is_empty_folder(int folder);

/// Writes everything of the file system that `descriptor` is on to its disk. Returns 0, or -errno.
int ergon_sync_file_system(int descriptor);

/// From now on SIGINT and SIGTERM ring the bell instead of ending the process, and SIGPIPE does
/// nothing. A handler and not a mask: the runtime unblocks signals on threads of its own.
void ergon_ring_on_stop(int bell);

/// Gives free memory back to the system, which the allocator would keep for later.
void ergon_give_memory_back(void);
