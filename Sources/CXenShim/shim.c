#define _GNU_SOURCE
#include "CXenShim.h"

int cxs_sem_wait_until(sem_t *semaphore, const struct timespec *end)
{
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, end);
}
