// Stands before the C library's functions in test programs, where these definitions win over the library's: what is
// about a simulated host's files and programs is counted and may fail, everything else goes straight through.
//
// Removing is not among it: when that fails, something stays, whoever cleans up.

#define _GNU_SOURCE
#include "CHostSimulator.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))next(#name))

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static int fails(const char *operation, const char *path)
{
    int code;

    if ( strncmp(path, HOST_ROOT_PREFIX, strlen(HOST_ROOT_PREFIX)) )
        return 0;
    code = host_simulator_fault(operation, path);
    if ( code )
        errno = code;
    return code != 0;
}

static int fails_on(const char *operation, int descriptor)
{
    char link[32], path[256];
    ssize_t length;
    int saved = errno;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof(path) - 1);
    errno = saved;
    if ( length < 0 )
        return 0;
    path[length] = 0;
    return fails(operation, path);
}

int open(const char *path, int flags, ...)
{
    static __typeof__(&open) real;
    mode_t mode = 0;

    if ( flags & (O_CREAT | __O_TMPFILE) )
    {
        va_list arguments;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if ( fails((flags & O_ACCMODE) == O_RDONLY ? "open" : "open for writing", path) )
        return -1;
    if ( !real )
        real = NEXT(open);
    return real(path, flags, mode);
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    static __typeof__(&write) real;

    if ( fails_on("write", descriptor) )
        return -1;
    if ( !real )
        real = NEXT(write);
    return real(descriptor, bytes, count);
}

int fsync(int descriptor)
{
    static __typeof__(&fsync) real;

    if ( fails_on("fsync", descriptor) )
        return -1;
    if ( !real )
        real = NEXT(fsync);
    return real(descriptor);
}

int mkstemp(char *template)
{
    static __typeof__(&mkstemp) real;

    if ( fails("mkstemp", template) )
        return -1;
    if ( !real )
        real = NEXT(mkstemp);
    return real(template);
}

int rename(const char *from, const char *to)
{
    static __typeof__(&rename) real;

    if ( fails("rename", from) )
        return -1;
    if ( !real )
        real = NEXT(rename);
    return real(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    static __typeof__(&mkdir) real;

    if ( fails("mkdir", path) )
        return -1;
    if ( !real )
        real = NEXT(mkdir);
    return real(path, mode);
}

int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    static __typeof__(&posix_spawn) real;
    int saved = errno, code;

    if ( fails("posix_spawn", path) )
    {
        code = errno;
        errno = saved;
        return code;
    }
    if ( !real )
        real = NEXT(posix_spawn);
    code = real(process, path, actions, attributes, arguments, environment);
    if ( !code && !strncmp(path, HOST_ROOT_PREFIX, strlen(HOST_ROOT_PREFIX)) )
        host_simulator_started(path, *process, arguments);
    return code;
}
