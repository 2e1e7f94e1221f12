#define __XEN_TOOLS__ 1
#include "CXenShim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>

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

void cxs_set_altp2m(void *createdomain, uint32_t mode)
{
    struct xen_domctl_createdomain *config = createdomain;

    (void)config;
    (void)mode;
#if defined(XEN_DOMCTL_CDF_trap_unmapped_accesses)
    config->altp2m.opts = mode & XEN_DOMCTL_ALTP2M_mode_mask;
    /* The number that earlier releases always have (MAX_ALTP2M). */
    config->altp2m.nr = mode ? 10 : 0;
#elif defined(XEN_DOMCTL_ALTP2M_mode)
    config->altp2m_opts = XEN_DOMCTL_ALTP2M_mode(mode);
#endif
}

int cxs_domain_restore(void *xch, int descriptor, uint32_t domain, uint32_t store_port, unsigned long *store_frame,
                       uint32_t store_domain, uint32_t console_port, unsigned long *console_frame,
                       uint32_t console_domain, int stream_type, void *callbacks)
{
    return xc_domain_restore(xch, descriptor, domain, store_port, store_frame, store_domain, console_port,
                             console_frame, console_domain, (xc_stream_type_t)stream_type, callbacks, -1
#if XEN_DOMCTL_INTERFACE_VERSION >= 0x18
                             , 0
#endif
                             );
}
