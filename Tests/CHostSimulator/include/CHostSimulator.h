#ifndef SWIFT_XL_CHOSTSIMULATOR_H
#define SWIFT_XL_CHOSTSIMULATOR_H

#include <sys/types.h>

// Where the roots of simulated hosts begin. Requests for files and programs below them are counted, and may fail.
#define HOST_ROOT_PREFIX "/tmp/xen-host-"

// What stands in for libxenctrl and libxenguest; NULL for what a simulated host has not.
void *cxs_stand_in(const char *name);

// The following are implemented by HostSimulator.
//
// What stands in for a function of libxenguest.
void *host_simulator_guest_function(const char *name);
// Says that a request is about to be made: returns 0, or the errno value that it fails with.
int host_simulator_fault(const char *operation, const char *path);
// Says that a program below a host's root was started.
void host_simulator_started(const char *path, pid_t process, char *const arguments[]);

#endif
