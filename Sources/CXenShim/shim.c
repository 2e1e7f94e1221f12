#define _GNU_SOURCE
#include "CXenShim.h"

#include <sys/pidfd.h>

int cxs_sem_wait_until(sem_t *semaphore, const struct timespec *end)
{
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, end);
}

int cxs_pidfd_open(pid_t pid)
{
    return pidfd_open(pid, 0);
}

int cxs_pidfd_send_signal(int process, int signal)
{
    return pidfd_send_signal(process, signal, NULL, 0);
}

const short cxs_posix_spawn_setsid = POSIX_SPAWN_SETSID;

int cxs_spawn_close_from(posix_spawn_file_actions_t *actions, int first)
{
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int cxs_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path)
{
    return posix_spawn_file_actions_addchdir_np(actions, path);
}
