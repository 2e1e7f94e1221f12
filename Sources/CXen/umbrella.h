#ifndef SWIFT_XL_CXEN_UMBRELLA_H
#define SWIFT_XL_CXEN_UMBRELLA_H

#define __XEN_TOOLS__ 1

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xenstore.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenhypfs.h>
#include <xendevicemodel.h>
#include <xentoollog.h>
#include <xentoolcore.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/e820.h>
#include <xen/hvm/params.h>
#include <xen/arch-x86/hvm/start_info.h>

#endif
