// The functions of libxenguest, which is loaded when the first of them is called: with the decompressors that it brings
// along it costs a command that builds no guest a sixth of its time.
//
// Where it cannot be loaded they fail with the errno ELIBACC, as calls of theirs may fail for other reasons.

#define _GNU_SOURCE
#define __XEN_TOOLS__ 1

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <xenctrl.h>
#include <xenguest.h>

static void *library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The libxenguest that belongs to the libxenctrl that runs: of the same directory, with the same version.
static void load(void)
{
    static const char ours[] = "libxenctrl.", theirs[] = "libxenguest.";
    char path[4096];
    const char *version;
    Dl_info known;

    if ( !dladdr((void *)xc_interface_open, &known) || !known.dli_fname )
        return;
    version = strstr(known.dli_fname, ours);
    if ( !version || (size_t)snprintf(path, sizeof(path), "%.*s%s%s", (int)(version - known.dli_fname), known.dli_fname,
                                      theirs, version + strlen(ours)) >= sizeof(path) )
        return;
    library = dlopen(path, RTLD_NOW);
}

static void *find(const char *name)
{
    void *function;

    pthread_once(&once, load);
    function = library ? dlsym(library, name) : NULL;
    if ( !function )
        errno = ELIBACC;
    return function;
}

#define GUEST(type, failure, name, parameters, arguments)                \
    type name parameters                                                 \
    {                                                                    \
        static type (*_Atomic known) parameters;                         \
        type (*function) parameters = known;                             \
        if ( !function && !(function = (type (*) parameters)find(#name)) ) \
            return failure;                                              \
        known = function;                                                \
        return function arguments;                                       \
    }

#define NONE
#define INT(name, parameters, arguments) GUEST(int, -1, name, parameters, arguments)

GUEST(void, NONE, xc_cpu_policy_destroy, (xc_cpu_policy_t *policy), (policy))
INT(xc_cpu_policy_get_domain, (xc_interface *xch, uint32_t domid, xc_cpu_policy_t *policy), (xch, domid, policy))
INT(xc_cpu_policy_get_size, (xc_interface *xch, uint32_t *leaves, uint32_t *msrs), (xch, leaves, msrs))
INT(xc_cpu_policy_get_system, (xc_interface *xch, unsigned int index, xc_cpu_policy_t *policy), (xch, index, policy))
GUEST(xc_cpu_policy_t *, NULL, xc_cpu_policy_init, (void), ())
INT(xc_cpu_policy_serialise, (xc_interface *xch, const xc_cpu_policy_t *policy, xen_cpuid_leaf_t *leaves,
    uint32_t *leaf_count, xen_msr_entry_t *msrs, uint32_t *msr_count),
    (xch, policy, leaves, leaf_count, msrs, msr_count))
INT(xc_cpuid_apply_policy, (xc_interface *xch, uint32_t domid, bool restore, const uint32_t *featureset,
    unsigned int count, bool pae, bool itsc, bool nested_virt, const struct xc_xend_cpuid *xend,
    const struct xc_msr *msr), (xch, domid, restore, featureset, count, pae, itsc, nested_virt, xend, msr))
GUEST(struct xc_dom_image *, NULL, xc_dom_allocate, (xc_interface *xch, const char *cmdline, const char *features),
    (xch, cmdline, features))
INT(xc_dom_boot_image, (struct xc_dom_image *dom), (dom))
INT(xc_dom_boot_mem_init, (struct xc_dom_image *dom), (dom))
INT(xc_dom_boot_xen_init, (struct xc_dom_image *dom, xc_interface *xch, uint32_t domid), (dom, xch, domid))
INT(xc_dom_build_image, (struct xc_dom_image *dom), (dom))
GUEST(bool, false, xc_dom_feature_get, (struct xc_dom_image *dom, unsigned int number), (dom, number))
INT(xc_dom_gnttab_init, (struct xc_dom_image *dom), (dom))
GUEST(char *, NULL, xc_dom_guest_os, (struct xc_dom_image *dom), (dom))
INT(xc_dom_kernel_file, (struct xc_dom_image *dom, const char *name), (dom, name))
INT(xc_dom_kernel_max_size, (struct xc_dom_image *dom, size_t size), (dom, size))
INT(xc_dom_kernel_mem, (struct xc_dom_image *dom, const void *memory, size_t size), (dom, memory, size))
INT(xc_dom_loginit, (xc_interface *xch), (xch))
GUEST(void *, NULL, xc_dom_malloc, (struct xc_dom_image *dom, size_t size), (dom, size))
INT(xc_dom_mem_init, (struct xc_dom_image *dom, unsigned int mebibytes), (dom, mebibytes))
INT(xc_dom_module_file, (struct xc_dom_image *dom, const char *name, const char *cmdline), (dom, name, cmdline))
INT(xc_dom_module_max_size, (struct xc_dom_image *dom, size_t size), (dom, size))
INT(xc_dom_module_mem, (struct xc_dom_image *dom, const void *memory, size_t size, const char *cmdline),
    (dom, memory, size, cmdline))
INT(xc_dom_parse_image, (struct xc_dom_image *dom), (dom))
GUEST(void, NONE, xc_dom_release, (struct xc_dom_image *dom), (dom))
GUEST(bool, false, xc_dom_translated, (const struct xc_dom_image *dom), (dom))
INT(xc_domain_dumpcore, (xc_interface *xch, uint32_t domid, const char *name), (xch, domid, name))
GUEST(const char *, NULL, xc_domain_get_native_protocol, (xc_interface *xch, uint32_t domid), (xch, domid))
INT(xc_domain_restore, (xc_interface *xch, int input, uint32_t domid, unsigned int store_port, unsigned long *store,
    uint32_t store_domid, unsigned int console_port, unsigned long *console, uint32_t console_domid,
    xc_stream_type_t type, struct restore_callbacks *callbacks, int answers),
    (xch, input, domid, store_port, store, store_domid, console_port, console, console_domid, type, callbacks, answers))
INT(xc_domain_resume, (xc_interface *xch, uint32_t domid, int fast), (xch, domid, fast))
INT(xc_domain_save, (xc_interface *xch, int output, uint32_t domid, uint32_t flags, struct save_callbacks *callbacks,
    xc_stream_type_t type, int answers), (xch, output, domid, flags, callbacks, type, answers))
INT(xc_get_cpu_featureset, (xc_interface *xch, uint32_t index, uint32_t *count, uint32_t *featureset),
    (xch, index, count, featureset))
GUEST(uint32_t, 0, xc_get_cpu_featureset_size, (void), ())
