#ifndef SWIFT_XL_CXENSHIM_H
#define SWIFT_XL_CXENSHIM_H

#include <semaphore.h>
#include <time.h>

// sem_clockwait(3) on CLOCK_MONOTONIC: glibc declares it only with _GNU_SOURCE, which Swift's Glibc module lacks.
int cxs_sem_wait_until(sem_t *semaphore, const struct timespec *end);

#endif
