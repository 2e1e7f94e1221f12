#define _GNU_SOURCE
#include "CXenShim.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <malloc.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

int cxs_pidfd_open(pid_t pid)
{
    return pidfd_open(pid, 0);
}

int cxs_pidfd_send_signal(int process, int signal)
{
    return pidfd_send_signal(process, signal, NULL, 0);
}

pid_t cxs_write_in_child(const char *path, const void *bytes, size_t size)
{
    pid_t child = fork();
    int file;

    if ( child )
        return child;
    setsid();
    syscall(SYS_close_range, 0U, ~0U, 0U);
    /* Nothing but the kernel is called: another thread may have held any lock when this process was made. */
    file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
    if ( file < 0 || syscall(SYS_write, file, bytes, size) < 0 )
        _exit(errno);
    _exit(0);
}

int cxs_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int cxs_eventfd_write(int descriptor)
{
    return eventfd_write(descriptor, 1);
}

int cxs_eventfd_read(int descriptor)
{
    eventfd_t count;

    return eventfd_read(descriptor, &count);
}

int cxs_signalfd(const sigset_t *signals)
{
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cxs_inotify(void)
{
    return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

int cxs_inotify_add_writes(int descriptor, const char *path)
{
    return inotify_add_watch(descriptor, path, IN_MODIFY);
}

uint32_t cxs_file_system(const char *path)
{
    struct statfs status;
    return statfs(path, &status) == 0 ? (uint32_t)status.f_type : 0;
}

ssize_t cxs_splice(int from, int to, size_t length)
{
    return splice(from, NULL, to, NULL, length, SPLICE_F_MOVE | SPLICE_F_MORE);
}

int cxs_set_pipe_size(int descriptor, int size)
{
    return fcntl(descriptor, F_SETPIPE_SZ, size);
}

int cxs_read_signal(int descriptor)
{
    struct signalfd_siginfo info;

    return read(descriptor, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
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

int cxs_leave_namespaces(void)
{
    return unshare(CLONE_NEWNS | CLONE_NEWIPC);
}

int cxs_limit_process(pid_t process, int resource, uint64_t limit)
{
    struct rlimit both = { .rlim_cur = limit, .rlim_max = limit };

    return prlimit(process, resource, &both, NULL);
}

int cxs_kill_user(uid_t user, uid_t reaper)
{
    uid_t real, effective, saved;
    int bits = prctl(PR_GET_SECUREBITS);

    // With these bits, root's rights would outlast the change of user: the signal would reach everybody.
    if ( user == 0 || user == (uid_t)-1 || reaper == 0 || reaper == (uid_t)-1 || bits < 0 ||
         (bits & (SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS)) )
    {
        errno = EINVAL;
        return -1;
    }
    // The library's function would change every thread of the process.
    if ( syscall(SYS_setresuid, reaper, user, 0) )
        return -1;
    if ( syscall(SYS_getresuid, &real, &effective, &saved) || real != reaper || effective != user )
    {
        errno = EPERM;
        return -1;
    }
    return kill(-1, SIGKILL) && errno != ESRCH ? -1 : 0;
}

int cxs_open_terminal(char *name, size_t size)
{
    int saved, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if ( master < 0 )
        return -1;
    if ( grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, size) == 0 )
        return master;
    saved = errno;
    close(master);
    errno = saved;
    return -1;
}

ssize_t cxs_send_descriptor(int socket, const void *bytes, size_t size, int descriptor)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

    if ( descriptor >= 0 )
    {
        struct cmsghdr *header;

        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void cxs_limit_heap_arenas(int count)
{
    mallopt(M_ARENA_MAX, count);
}

void cxs_release_free_heap(void)
{
    malloc_trim(0);
}

static int release_code(struct dl_phdr_info *object, size_t size, void *unused)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    (void)size;
    (void)unused;
    /* The kernel's own object is no file's. */
    if ( object->dlpi_addr == getauxval(AT_SYSINFO_EHDR) )
        return 0;
    for ( int i = 0; i < object->dlpi_phnum; i++ )
    {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t start = (object->dlpi_addr + part->p_vaddr) & ~(page - 1);
        uintptr_t end = object->dlpi_addr + part->p_vaddr + part->p_memsz;

        if ( part->p_type == PT_LOAD && !(part->p_flags & PF_W) )
            madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void cxs_release_code(void)
{
    dl_iterate_phdr(release_code, NULL);
}
