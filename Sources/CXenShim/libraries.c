// The functions of libxenctrl, libxenguest and libxenhypfs, each found when it is called for the first time.
//
// The first two belong to one release of Xen, and a program that names them to the loader does not start at all on the
// host of another. This one takes those of the release that runs; layouts.c says why one program can serve them all.
// libxenguest is loaded only for what needs it: with the decompressors that it brings along it costs a command that
// builds no guest a sixth of its time.
//
// The callers' prototypes are those of Xen's headers. A function that is not in the table below is undefined when the
// program is linked: give it a row. Where its library cannot be loaded, or has no such function, a call fails with the
// errno ELIBACC, as calls of theirs may fail for other reasons.

#define _GNU_SOURCE
#include "CXenShim.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#ifndef __x86_64__
#error "the trampolines below are written for x86-64"
#endif

enum { CONTROL, GUEST, HYPFS };

struct function {
    void *target;
    const char *name;
    unsigned char library;
    unsigned char fails_with_code;
};

static const char *const names[] = {
    [CONTROL] = "libxenctrl.so.%u.%u", [GUEST] = "libxenguest.so.%u.%u", [HYPFS] = "libxenhypfs.so.1"
};
static void *libraries[3];
static pthread_once_t once[3] = { PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT };

// The kernel has asked the hypervisor. One of these is a line with a number.
static unsigned int version_part(const char *name)
{
    char path[64];
    unsigned int value = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/sys/hypervisor/version/%s", name);
    file = fopen(path, "re");
    if ( !file )
        return 0;
    if ( fscanf(file, "%5u", &value) != 1 )
        value = 0;
    fclose(file);
    return value;
}

static uint32_t running_release;
static pthread_once_t looked = PTHREAD_ONCE_INIT;

static void look(void)
{
    unsigned int major = version_part("major");

    running_release = major ? (major << 16) | (version_part("minor") & 0xFFFF) : 0;
}

uint32_t cxs_running_release(void)
{
    pthread_once(&looked, look);
    return running_release;
}

// Upstream's build and Debian's give the first two libraries the release as the number of their interface; the third
// one's is stable.
static void load(int which)
{
    uint32_t release = cxs_running_release();
    char name[64];

    if ( release < CXS_OLDEST_RELEASE || release > CXS_NEWEST_RELEASE )
        return;
    snprintf(name, sizeof(name), names[which], release >> 16, release & 0xFFFF);
    libraries[which] = dlopen(name, RTLD_LAZY);
}

static void load_control(void) { load(CONTROL); }
static void load_guest(void) { load(GUEST); }
static void load_hypfs(void) { load(HYPFS); }

static void *library(int which)
{
    pthread_once(&once[which], which == GUEST ? load_guest : which == HYPFS ? load_hypfs : load_control);
    return libraries[which];
}

// What a call of a missing function gets: -1, or what is neither a pointer nor true.
static long fail_with_code(void)
{
    errno = ELIBACC;
    return -1;
}

static long fail_with_zero(void)
{
    errno = ELIBACC;
    return 0;
}

// What a program has in the place of these libraries: test programs, which run where there is no hypervisor. NULL for a
// function that is missing there.
extern void *cxs_stand_in(const char *name) __attribute__((weak));

// Called by the trampolines: what to jump to, from now on directly.
__attribute__((used)) static void *find_target(struct function *function)
{
    void *loaded = cxs_stand_in ? NULL : library(function->library);
    void *target = cxs_stand_in ? cxs_stand_in(function->name) : loaded ? dlsym(loaded, function->name) : NULL;

    if ( !target )
        target = function->fails_with_code ? (void *)fail_with_code : (void *)fail_with_zero;
    __atomic_store_n(&function->target, target, __ATOMIC_RELEASE);
    return target;
}

// Arrives with the function in %r11 and its caller's arguments in registers (System V ABI; none of them is a
// floating-point number), which find_target() must not change.
__asm__(
    ".text\n"
    ".type bind_and_go, @function\n"
    "bind_and_go:\n"
    "    push %rdi\n    push %rsi\n    push %rdx\n    push %rcx\n    push %r8\n    push %r9\n"
    "    sub $8, %rsp\n"
    "    mov %r11, %rdi\n"
    "    call find_target\n"
    "    mov %rax, %r11\n"
    "    add $8, %rsp\n"
    "    pop %r9\n    pop %r8\n    pop %rcx\n    pop %rdx\n    pop %rsi\n    pop %rdi\n"
    "    jmp *%r11\n"
    ".size bind_and_go, . - bind_and_go\n");

#define FUNCTION(which, name, fails_with_code)                                                      \
    extern char first_##name[];                                                                       \
    __attribute__((used)) static struct function function_##name = { first_##name, #name, which, fails_with_code }; \
    __asm__(                                                                                          \
        ".text\n"                                                                                     \
        ".globl " #name "\n"                                                                          \
        ".type " #name ", @function\n"                                                                \
        #name ":\n"                                                                                   \
        "    jmp *function_" #name "(%rip)\n"                                                         \
        "first_" #name ":\n"                                                                          \
        "    lea function_" #name "(%rip), %r11\n"                                                    \
        "    jmp bind_and_go\n"                                                                       \
        ".size " #name ", . - " #name "\n");

// Fails with -1.
#define CODE(which, name) FUNCTION(which, name, 1)
// Fails with NULL, false or 0, or returns nothing.
#define ZERO(which, name) FUNCTION(which, name, 0)

CODE(CONTROL, xc_assign_device)
CODE(CONTROL, xc_cpupool_addcpu)
CODE(CONTROL, xc_cpupool_create)
CODE(CONTROL, xc_cpupool_destroy)
ZERO(CONTROL, xc_cpupool_freeinfo)
ZERO(CONTROL, xc_cpupool_getinfo)
ZERO(CONTROL, xc_cpupool_infofree)
CODE(CONTROL, xc_cpupool_movedomain)
CODE(CONTROL, xc_cpupool_removecpu)
CODE(CONTROL, xc_cputopoinfo)
CODE(CONTROL, xc_deassign_device)
CODE(CONTROL, xc_domain_add_to_physmap)
CODE(CONTROL, xc_domain_claim_pages)
CODE(CONTROL, xc_domain_create)
CODE(CONTROL, xc_domain_destroy)
CODE(CONTROL, xc_domain_get_guest_width)
CODE(CONTROL, xc_domain_get_pod_target)
CODE(CONTROL, xc_domain_get_tsc_info)
CODE(CONTROL, xc_domain_getinfolist)
CODE(CONTROL, xc_domain_getvnuma)
CODE(CONTROL, xc_domain_iomem_permission)
CODE(CONTROL, xc_domain_ioport_permission)
CODE(CONTROL, xc_domain_irq_permission)
CODE(CONTROL, xc_domain_max_vcpus)
CODE(CONTROL, xc_domain_maximum_gpfn)
CODE(CONTROL, xc_domain_memory_mapping)
CODE(CONTROL, xc_domain_node_getaffinity)
CODE(CONTROL, xc_domain_node_setaffinity)
CODE(CONTROL, xc_domain_pause)
CODE(CONTROL, xc_domain_populate_physmap_exact)
CODE(CONTROL, xc_domain_remove_from_physmap)
CODE(CONTROL, xc_domain_send_trigger)
CODE(CONTROL, xc_domain_set_memmap_limit)
CODE(CONTROL, xc_domain_set_memory_map)
CODE(CONTROL, xc_domain_set_pod_target)
CODE(CONTROL, xc_domain_set_target)
CODE(CONTROL, xc_domain_set_time_offset)
CODE(CONTROL, xc_domain_set_tsc_info)
CODE(CONTROL, xc_domain_setdebugging)
CODE(CONTROL, xc_domain_sethandle)
CODE(CONTROL, xc_domain_setmaxmem)
CODE(CONTROL, xc_domain_setvnuma)
CODE(CONTROL, xc_domain_shutdown)
CODE(CONTROL, xc_domain_soft_reset)
CODE(CONTROL, xc_domain_subscribe_for_suspend)
CODE(CONTROL, xc_domain_unpause)
CODE(CONTROL, xc_evtchn_alloc_unbound)
CODE(CONTROL, xc_evtchn_reset)
CODE(CONTROL, xc_flask_context_to_sid)
CODE(CONTROL, xc_flask_getenforce)
CODE(CONTROL, xc_flask_load)
CODE(CONTROL, xc_flask_relabel_domain)
CODE(CONTROL, xc_flask_setenforce)
CODE(CONTROL, xc_flask_sid_to_context)
CODE(CONTROL, xc_get_cpumap_size)
CODE(CONTROL, xc_get_machine_memory_map)
CODE(CONTROL, xc_get_max_cpus)
CODE(CONTROL, xc_get_max_nodes)
CODE(CONTROL, xc_get_nodemap_size)
CODE(CONTROL, xc_get_online_cpus)
CODE(CONTROL, xc_get_paging_mempool_size)
CODE(CONTROL, xc_hvm_param_get)
CODE(CONTROL, xc_hvm_param_set)
CODE(CONTROL, xc_interface_close)
ZERO(CONTROL, xc_interface_fmem_handle)
ZERO(CONTROL, xc_interface_open)
CODE(CONTROL, xc_numainfo)
CODE(CONTROL, xc_pcitopoinfo)
CODE(CONTROL, xc_physdev_map_pirq)
CODE(CONTROL, xc_physdev_unmap_pirq)
CODE(CONTROL, xc_physinfo)
CODE(CONTROL, xc_psr_cmt_attach)
CODE(CONTROL, xc_psr_cmt_detach)
ZERO(CONTROL, xc_psr_cmt_enabled)
CODE(CONTROL, xc_psr_cmt_get_data)
CODE(CONTROL, xc_psr_cmt_get_domain_rmid)
CODE(CONTROL, xc_psr_cmt_get_l3_cache_size)
CODE(CONTROL, xc_psr_cmt_get_l3_event_mask)
CODE(CONTROL, xc_psr_cmt_get_l3_upscaling_factor)
CODE(CONTROL, xc_psr_cmt_get_total_rmid)
CODE(CONTROL, xc_psr_get_domain_data)
CODE(CONTROL, xc_psr_get_hw_info)
CODE(CONTROL, xc_psr_set_domain_data)
CODE(CONTROL, xc_readconsolering)
CODE(CONTROL, xc_reserved_device_memory_map)
CODE(CONTROL, xc_sched_credit2_domain_get)
CODE(CONTROL, xc_sched_credit2_domain_set)
CODE(CONTROL, xc_sched_credit2_params_get)
CODE(CONTROL, xc_sched_credit2_params_set)
CODE(CONTROL, xc_sched_credit_domain_get)
CODE(CONTROL, xc_sched_credit_domain_set)
CODE(CONTROL, xc_sched_credit_params_get)
CODE(CONTROL, xc_sched_credit_params_set)
CODE(CONTROL, xc_sched_id)
CODE(CONTROL, xc_sched_rtds_domain_get)
CODE(CONTROL, xc_sched_rtds_vcpu_get)
CODE(CONTROL, xc_sched_rtds_vcpu_set)
CODE(CONTROL, xc_send_debug_keys)
CODE(CONTROL, xc_set_paging_mempool_size)
CODE(CONTROL, xc_sharing_freed_pages)
CODE(CONTROL, xc_sharing_used_frames)
CODE(CONTROL, xc_test_assign_device)
CODE(CONTROL, xc_vcpu_getaffinity)
CODE(CONTROL, xc_vcpu_getinfo)
CODE(CONTROL, xc_vcpu_setaffinity)
CODE(CONTROL, xc_version)
ZERO(CONTROL, xc_xenver_capabilities)
ZERO(CONTROL, xc_xenver_changeset)
ZERO(CONTROL, xc_xenver_commandline)
ZERO(CONTROL, xc_xenver_extraversion)

ZERO(GUEST, xc_cpu_policy_destroy)
CODE(GUEST, xc_cpu_policy_get_domain)
CODE(GUEST, xc_cpu_policy_get_size)
CODE(GUEST, xc_cpu_policy_get_system)
ZERO(GUEST, xc_cpu_policy_init)
CODE(GUEST, xc_cpu_policy_serialise)
CODE(GUEST, xc_cpuid_apply_policy)
ZERO(GUEST, xc_dom_allocate)
CODE(GUEST, xc_dom_boot_image)
CODE(GUEST, xc_dom_boot_mem_init)
CODE(GUEST, xc_dom_boot_xen_init)
CODE(GUEST, xc_dom_build_image)
ZERO(GUEST, xc_dom_feature_get)
CODE(GUEST, xc_dom_gnttab_init)
ZERO(GUEST, xc_dom_guest_os)
CODE(GUEST, xc_dom_kernel_file)
CODE(GUEST, xc_dom_kernel_max_size)
CODE(GUEST, xc_dom_kernel_mem)
CODE(GUEST, xc_dom_loginit)
ZERO(GUEST, xc_dom_malloc)
CODE(GUEST, xc_dom_mem_init)
CODE(GUEST, xc_dom_module_file)
CODE(GUEST, xc_dom_module_max_size)
CODE(GUEST, xc_dom_module_mem)
CODE(GUEST, xc_dom_parse_image)
ZERO(GUEST, xc_dom_release)
ZERO(GUEST, xc_dom_translated)
CODE(GUEST, xc_domain_dumpcore)
ZERO(GUEST, xc_domain_get_native_protocol)
CODE(GUEST, xc_domain_restore)
CODE(GUEST, xc_domain_resume)
CODE(GUEST, xc_domain_save)
CODE(GUEST, xc_get_cpu_featureset)
ZERO(GUEST, xc_get_cpu_featureset_size)

CODE(HYPFS, xenhypfs_close)
ZERO(HYPFS, xenhypfs_open)
ZERO(HYPFS, xenhypfs_read)
ZERO(HYPFS, xenhypfs_readdir)
CODE(HYPFS, xenhypfs_write)
