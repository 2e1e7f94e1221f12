#define __XEN_TOOLS__ 1
#include "CXenShim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>

// Since 4.20. Where the library that is loaded has none of them, they fail with ELIBACC.
char *xc_xenver_extraversion(xc_interface *xch);
char *xc_xenver_capabilities(xc_interface *xch);
char *xc_xenver_changeset(xc_interface *xch);
char *xc_xenver_commandline(xc_interface *xch);

static int short_version_text(xc_interface *xch, enum cxs_version_text which, char *text, size_t size)
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
        return errno == ELIBACC ? short_version_text(xch, which, text, size) : -1;
    snprintf(text, size, "%s", full);
    free(full);
    return 0;
}

int cxs_domain_restore(void *xch, int descriptor, uint32_t domain, uint32_t store_port, unsigned long *store_frame,
                       uint32_t store_domain, uint32_t console_port, unsigned long *console_frame,
                       uint32_t console_domain, int stream_type, void *callbacks)
{
    // Earlier ones do not look for the last argument (System V ABI).
    typedef int since_4_22(xc_interface *, int, uint32_t, unsigned int, unsigned long *, uint32_t, unsigned int,
                           unsigned long *, uint32_t, xc_stream_type_t, struct restore_callbacks *, int, unsigned int);
    since_4_22 *restore = (since_4_22 *)(void *)xc_domain_restore;

    return restore(xch, descriptor, domain, store_port, store_frame, store_domain, console_port, console_frame,
                   console_domain, stream_type, callbacks, -1, 0);
}
