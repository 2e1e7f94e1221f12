#ifndef SWIFT_XL_CXENSHIM_H
#define SWIFT_XL_CXENSHIM_H

// Xen's own headers stay out of this one: Swift sees their types through the module CXen alone.

#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

// pidfd_open(2) without flags: Swift's Glibc module has neither <sys/pidfd.h> nor the variadic syscall().
int cxs_pidfd_open(pid_t pid);

// pidfd_send_signal(2) without further information.
int cxs_pidfd_send_signal(int process, int signal);

// eventfd(2) that does not block, and a write of 1 to it and a read: Swift's Glibc module has no <sys/eventfd.h>.
int cxs_eventfd(void);
int cxs_eventfd_write(int descriptor);
int cxs_eventfd_read(int descriptor);

// signalfd(2) that does not block, and the number of the next signal from it, 0 when there is none: Swift's Glibc
// module has no <sys/signalfd.h>.
int cxs_signalfd(const sigset_t *signals);
int cxs_read_signal(int descriptor);

// inotify(7) that does not block, and a watch for writes to a file: Swift's Glibc module has no <sys/inotify.h>.
int cxs_inotify(void);
int cxs_inotify_add_writes(int descriptor, const char *path);

// The kind of the file system that a directory is in, f_type of statfs(2), or 0: Swift's Glibc module has no
// <sys/statfs.h>.
uint32_t cxs_file_system(const char *path);

// splice(2) from a pipe to where the other descriptor stands, and a pipe's size (F_SETPIPE_SZ): glibc declares both only
// with _GNU_SOURCE.
ssize_t cxs_splice(int from, int to, size_t length);
int cxs_set_pipe_size(int descriptor, int size);

// The parts of posix_spawn(3) that glibc declares only with _GNU_SOURCE.
extern const short cxs_posix_spawn_setsid;
int cxs_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int cxs_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path);

// unshare(2) of the mounts and the System V IPC of the calling thread alone, and of what it starts afterwards.
// -1 and errno.
int cxs_leave_namespaces(void);

// prlimit(2) with one number for the soft and the hard limit. -1 and errno.
int cxs_limit_process(pid_t process, int resource, uint64_t limit);

// Sends SIGKILL to every process of `user`, as a thread whose effective user is that one and whose real user is
// `reaper`, so that none of them can strike first. Changes the calling thread alone, which must end after it.
// Never acts as root. -1 and errno.
int cxs_kill_user(uid_t user, uid_t reaper);

// Starts a process that opens a file, writes to it in one call, and exits with 0 or an errno value: what a driver does with
// such a write can take for ever, in which case no signal ends it. The child has no descriptors, hence no locks, of this
// process, and does only what is safe after a fork of one with threads. -1 and errno when there is no room for it.
pid_t cxs_write_in_child(const char *path, const void *bytes, size_t size);

// The parts of opening a pseudo-terminal that glibc declares only with _GNU_SOURCE: a new master, whose slave is
// then ready to be opened under `name`. -1 and errno when there is none.
int cxs_open_terminal(char *name, size_t size);

// Sends bytes on a socket that does not block, as send(2) does, and with the first of them a copy of a descriptor
// unless that is -1: the macros around SCM_RIGHTS (cmsg(3)) cannot be used from Swift. No SIGPIPE is raised.
ssize_t cxs_send_descriptor(int socket, const void *bytes, size_t size, int descriptor);

// A line of libxc's log, formatted: xentoollog's vmessage takes a va_list, which Swift cannot implement.
// `level` is an xentoollog_level, `error` an errno value or -1, `source` may be NULL.
typedef void (*cxs_log_message)(void *context, int level, int error, const char *source, const char *text);
// `percent` is -1 when unknown.
typedef void (*cxs_log_progress)(void *context, const char *source, const char *task, int percent,
                                 unsigned long done, unsigned long total);

// Makes a logger (an xentoollog_logger) that calls the functions given; NULL when there is no memory.
void *cxs_logger_create(cxs_log_message message, cxs_log_progress progress, void *context);
void cxs_logger_destroy(void *logger);
// Lines below this xentoollog_level are dropped before they are formatted.
void cxs_logger_set_minimum(void *logger, int level);

// The first line of level XTL_ERROR or above that this thread got since the last clear; "" when there was none.
const char *cxs_first_error(void);
void cxs_clear_first_error(void);

// A release of Xen: the major number in the upper half, the minor one in the lower. What this was compiled with holds
// for all from the oldest to the newest (layouts.c).
enum {
    CXS_OLDEST_RELEASE = 4 << 16 | 17,
    CXS_NEWEST_RELEASE = 4 << 16 | 22,
};

// That of the hypervisor that runs; 0 where none does.
uint32_t cxs_running_release(void);

// The strings of XENVER_* (xen/version.h). Up to Xen 4.19 they come in fixed arrays through xc_version,
// since 4.20 also in full length through xc_xenver_*.
enum cxs_version_text {
    CXS_EXTRAVERSION,
    CXS_CAPABILITIES,
    CXS_CHANGESET,
    CXS_COMMANDLINE,
};
// Copies the text and a NUL into `text`, cut to `size` bytes. Returns 0, or -1 with errno set.
int cxs_version_text(void *xch, enum cxs_version_text which, char *text, size_t size);

// xc_domain_restore, which since 4.22 takes flags for the allocation of memory, too. `callbacks` is a
// struct restore_callbacks, `stream_type` an xc_stream_type_t (xenguest.h).
int cxs_domain_restore(void *xch, int descriptor, uint32_t domain, uint32_t store_port, unsigned long *store_frame,
                       uint32_t store_domain, uint32_t console_port, unsigned long *console_frame,
                       uint32_t console_domain, int stream_type, void *callbacks);

// mallopt(3) with M_ARENA_MAX, and malloc_trim(3): <malloc.h> is not part of Swift's Glibc module.
void cxs_limit_heap_arenas(int count);
void cxs_release_free_heap(void);

// Drops the pages of what is mapped from the program's and its libraries' files and cannot be written to: they are
// read again when they are used. <link.h> is not part of Swift's Glibc module.
void cxs_release_code(void);

#endif
