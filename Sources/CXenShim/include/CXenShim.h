#ifndef SWIFT_XL_CXENSHIM_H
#define SWIFT_XL_CXENSHIM_H

#include <semaphore.h>
#include <spawn.h>
#include <sys/types.h>
#include <time.h>

// sem_clockwait(3) on CLOCK_MONOTONIC: glibc declares it only with _GNU_SOURCE, which Swift's Glibc module lacks.
int cxs_sem_wait_until(sem_t *semaphore, const struct timespec *end);

// pidfd_open(2) without flags: Swift's Glibc module has neither <sys/pidfd.h> nor the variadic syscall().
int cxs_pidfd_open(pid_t pid);

// The parts of posix_spawn(3) that glibc declares only with _GNU_SOURCE.
extern const short cxs_posix_spawn_setsid;
int cxs_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int cxs_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path);

#endif
