#define __XEN_TOOLS__ 1
#include "CXenShim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>

// What tells the releases' headers apart: the control interface's number, and where that stayed, what came new.
uint32_t cxs_built_release(void)
{
#if XEN_DOMCTL_INTERFACE_VERSION == 0x15
    return 4 << 16 | 17;
#elif XEN_DOMCTL_INTERFACE_VERSION == 0x16
    return 4 << 16 | 18;
#elif XEN_DOMCTL_INTERFACE_VERSION == 0x17 && defined(XEN_DOMCTL_CDF_trap_unmapped_accesses)
    return 4 << 16 | 21;
#elif XEN_DOMCTL_INTERFACE_VERSION == 0x17 && defined(XENVER_extraversion2)
    return 4 << 16 | 20;
#elif XEN_DOMCTL_INTERFACE_VERSION == 0x17
    return 4 << 16 | 19;
#elif XEN_DOMCTL_INTERFACE_VERSION == 0x18
    return 4 << 16 | 22;
#else
#error "headers of a release of Xen that this is not known to work with: 4.17 to 4.22 are"
#endif
}

#ifdef XENVER_extraversion2

int cxs_version_text(void *xch, enum cxs_version_text which, char *text, size_t size)
{
    char *full = NULL;

    switch ( which )
    {
    case CXS_EXTRAVERSION: full = xc_xenver_extraversion(xch); break;
    case CXS_CAPABILITIES: full = xc_xenver_capabilities(xch); break;
    case CXS_CHANGESET:    full = xc_xenver_changeset(xch); break;
    case CXS_COMMANDLINE:  full = xc_xenver_commandline(xch); break;
    }
    if ( !full )
        return -1;
    snprintf(text, size, "%s", full);
    free(full);
    return 0;
}

#else

int cxs_version_text(void *xch, enum cxs_version_text which, char *text, size_t size)
{
    union {
        xen_extraversion_t extraversion;
        xen_capabilities_info_t capabilities;
        xen_changeset_info_t changeset;
        xen_commandline_t commandline;
    } u = { { 0 } };
    int command = 0;
    size_t limit = 0;

    switch ( which )
    {
    case CXS_EXTRAVERSION: command = XENVER_extraversion; limit = sizeof(u.extraversion); break;
    case CXS_CAPABILITIES: command = XENVER_capabilities; limit = sizeof(u.capabilities); break;
    case CXS_CHANGESET:    command = XENVER_changeset;    limit = sizeof(u.changeset); break;
    case CXS_COMMANDLINE:  command = XENVER_commandline;  limit = sizeof(u.commandline); break;
    }
    if ( xc_version(xch, command, &u) < 0 )
        return -1;
    snprintf(text, size, "%.*s", (int)limit, (const char *)&u);
    return 0;
}

#endif

void cxs_set_altp2m(void *createdomain, uint32_t mode, uint32_t count)
{
    struct xen_domctl_createdomain *config = createdomain;

    (void)config;
    (void)mode;
    (void)count;
#if defined(XEN_DOMCTL_CDF_trap_unmapped_accesses)
    config->altp2m.opts = mode & XEN_DOMCTL_ALTP2M_mode_mask;
    config->altp2m.nr = mode ? count : 0;
#elif defined(XEN_DOMCTL_ALTP2M_mode)
    config->altp2m_opts = XEN_DOMCTL_ALTP2M_mode(mode);
#endif
}

// Where releases differ in a function's parameters, the function's type says which they are.
#define HAS_TYPE(function, type) __builtin_types_compatible_p(__typeof__(function), type)

int cxs_domain_restore(void *xch, int descriptor, uint32_t domain, uint32_t store_port, unsigned long *store_frame,
                       uint32_t store_domain, uint32_t console_port, unsigned long *console_frame,
                       uint32_t console_domain, int stream_type, void *callbacks)
{
    typedef int up_to_4_21(xc_interface *, int, uint32_t, unsigned int, unsigned long *, uint32_t, unsigned int,
                           unsigned long *, uint32_t, xc_stream_type_t, struct restore_callbacks *, int);
    typedef int since_4_22(xc_interface *, int, uint32_t, unsigned int, unsigned long *, uint32_t, unsigned int,
                           unsigned long *, uint32_t, xc_stream_type_t, struct restore_callbacks *, int, unsigned int);
    void *function = xc_domain_restore;

    _Static_assert(HAS_TYPE(xc_domain_restore, up_to_4_21) || HAS_TYPE(xc_domain_restore, since_4_22),
                   "xc_domain_restore has other parameters");
    if ( HAS_TYPE(xc_domain_restore, up_to_4_21) )
        return ((up_to_4_21 *)function)(xch, descriptor, domain, store_port, store_frame, store_domain, console_port,
                                        console_frame, console_domain, stream_type, callbacks, -1);
    return ((since_4_22 *)function)(xch, descriptor, domain, store_port, store_frame, store_domain, console_port,
                                    console_frame, console_domain, stream_type, callbacks, -1, 0);
}

int cxs_flask_context_to_sid(void *xch, char *context, uint32_t length, uint32_t *sid)
{
    typedef int up_to_4_22(xc_interface *, char *, uint32_t, uint32_t *);
    typedef int since_4_23(xc_interface *, char *, uint32_t *);
    void *function = xc_flask_context_to_sid;

    _Static_assert(HAS_TYPE(xc_flask_context_to_sid, up_to_4_22) || HAS_TYPE(xc_flask_context_to_sid, since_4_23),
                   "xc_flask_context_to_sid has other parameters");
    if ( HAS_TYPE(xc_flask_context_to_sid, up_to_4_22) )
        return ((up_to_4_22 *)function)(xch, context, length, sid);
    return ((since_4_23 *)function)(xch, context, sid);
}
