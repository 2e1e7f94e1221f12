// What the program takes for granted of libxenctrl's and libxenguest's interface: sizes and places in structures, and
// numbers. It is compiled with the headers of one release and works with the libraries of every one from
// CXS_OLDEST_RELEASE to CXS_NEWEST_RELEASE, since all of this is the same in them; headers where it is not, of a later
// release perhaps, must not compile. `scripts/check-headers` compares the headers of other releases with this table.
//
// What is not the same:
// - struct xen_domctl_createdomain, which DomainCreation writes word by word for the release that runs;
// - struct xc_dom_image has one more member at its end since 4.22 (memflags), where there was padding. The library
//   allocates it;
// - xc_domain_restore has one more parameter since 4.22, xc_cpuid_apply_policy since 4.17.2: earlier functions do not
//   look at it;
// - xc_xenver_* are there since 4.20 (version.c).

#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xenhypfs.h>
#include <xen/hvm/e820.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>
#include <xen/io/xs_wire.h>

#if XEN_DOMCTL_INTERFACE_VERSION < 0x15 || XEN_DOMCTL_INTERFACE_VERSION > 0x18
#error "headers of a release of Xen that this is not known to work with: 4.17 to 4.22 are"
#endif

#define SIZE(structure, bytes) \
    _Static_assert(sizeof(struct structure) == (bytes), "the size of " #structure)
#define PLACE(structure, member, offset) \
    _Static_assert(offsetof(struct structure, member) == (offset), "the place of " #structure "." #member)
#define NUMBER(name, value) \
    _Static_assert((name) == (value), #name)

SIZE(xc_cpupoolinfo, 24);
PLACE(xc_cpupoolinfo, cpupool_id, 0);
PLACE(xc_cpupoolinfo, sched_id, 4);
PLACE(xc_cpupoolinfo, n_dom, 8);
PLACE(xc_cpupoolinfo, cpumap, 16);

SIZE(xc_dom_image, 1952);
PLACE(xc_dom_image, num_modules, 16);
PLACE(xc_dom_image, parms, 200);
PLACE(xc_dom_image, guest_type, 208);
PLACE(xc_dom_image, start_info_seg, 344);
PLACE(xc_dom_image, start_info_seg.pfn, 360);
PLACE(xc_dom_image, console_pfn, 384);
PLACE(xc_dom_image, xenstore_pfn, 392);
PLACE(xc_dom_image, total_pages, 504);
PLACE(xc_dom_image, flags, 560);
PLACE(xc_dom_image, console_evtchn, 568);
PLACE(xc_dom_image, xenstore_evtchn, 572);
PLACE(xc_dom_image, console_domid, 576);
PLACE(xc_dom_image, xenstore_domid, 580);
PLACE(xc_dom_image, claim_enabled, 604);
PLACE(xc_dom_image, vmemranges, 1656);
PLACE(xc_dom_image, nr_vmemranges, 1664);
PLACE(xc_dom_image, vnode_to_pnode, 1672);
PLACE(xc_dom_image, nr_vnodes, 1680);
PLACE(xc_dom_image, container_type, 1712);
PLACE(xc_dom_image, target_pages, 1720);
PLACE(xc_dom_image, mmio_start, 1728);
PLACE(xc_dom_image, mmio_size, 1736);
PLACE(xc_dom_image, lowmem_end, 1744);
PLACE(xc_dom_image, highmem_end, 1752);
PLACE(xc_dom_image, vga_hole_size, 1760);
PLACE(xc_dom_image, device_model, 1768);
PLACE(xc_dom_image, system_firmware_module, 1776);
PLACE(xc_dom_image, acpi_modules, 1800);
PLACE(xc_dom_image, smbios_module, 1896);
PLACE(xc_dom_image, e820, 1920);
PLACE(xc_dom_image, e820_entries, 1928);
PLACE(xc_dom_image, max_vcpus, 1944);

SIZE(xc_hvm_firmware_module, 24);
PLACE(xc_hvm_firmware_module, data, 0);
PLACE(xc_hvm_firmware_module, length, 8);
PLACE(xc_hvm_firmware_module, guest_addr_out, 16);

SIZE(xc_msr, 72);
PLACE(xc_msr, index, 0);
PLACE(xc_msr, policy, 4);

SIZE(xc_xend_cpuid, 40);
PLACE(xc_xend_cpuid, leaf, 0);
PLACE(xc_xend_cpuid, subleaf, 4);
PLACE(xc_xend_cpuid, policy, 8);

SIZE(xen_build_id, 4);
PLACE(xen_build_id, len, 0);

SIZE(xen_compile_info, 144);
PLACE(xen_compile_info, compiler, 0);
PLACE(xen_compile_info, compile_by, 64);
PLACE(xen_compile_info, compile_domain, 80);
PLACE(xen_compile_info, compile_date, 112);

SIZE(xen_cpuid_leaf, 24);
PLACE(xen_cpuid_leaf, leaf, 0);
PLACE(xen_cpuid_leaf, subleaf, 4);
PLACE(xen_cpuid_leaf, a, 8);
PLACE(xen_cpuid_leaf, d, 20);

SIZE(xen_domctl_getdomaininfo, 112);
PLACE(xen_domctl_getdomaininfo, domain, 0);
PLACE(xen_domctl_getdomaininfo, flags, 4);
PLACE(xen_domctl_getdomaininfo, tot_pages, 8);
PLACE(xen_domctl_getdomaininfo, max_pages, 16);
PLACE(xen_domctl_getdomaininfo, outstanding_pages, 24);
PLACE(xen_domctl_getdomaininfo, shr_pages, 32);
PLACE(xen_domctl_getdomaininfo, paged_pages, 40);
PLACE(xen_domctl_getdomaininfo, shared_info_frame, 48);
PLACE(xen_domctl_getdomaininfo, cpu_time, 56);
PLACE(xen_domctl_getdomaininfo, nr_online_vcpus, 64);
PLACE(xen_domctl_getdomaininfo, max_vcpu_id, 68);
PLACE(xen_domctl_getdomaininfo, ssidref, 72);
PLACE(xen_domctl_getdomaininfo, handle, 76);
PLACE(xen_domctl_getdomaininfo, cpupool, 92);
PLACE(xen_domctl_getdomaininfo, gpaddr_bits, 96);
PLACE(xen_domctl_getdomaininfo, arch_config, 104);
PLACE(xen_domctl_getdomaininfo, arch_config.emulation_flags, 104);

SIZE(xen_domctl_getvcpuinfo, 24);
PLACE(xen_domctl_getvcpuinfo, vcpu, 0);
PLACE(xen_domctl_getvcpuinfo, online, 4);
PLACE(xen_domctl_getvcpuinfo, blocked, 5);
PLACE(xen_domctl_getvcpuinfo, running, 6);
PLACE(xen_domctl_getvcpuinfo, cpu_time, 8);
PLACE(xen_domctl_getvcpuinfo, cpu, 16);

SIZE(xen_domctl_sched_credit, 4);
PLACE(xen_domctl_sched_credit, weight, 0);
PLACE(xen_domctl_sched_credit, cap, 2);

SIZE(xen_domctl_sched_credit2, 4);
PLACE(xen_domctl_sched_credit2, weight, 0);
PLACE(xen_domctl_sched_credit2, cap, 2);

SIZE(xen_domctl_sched_rtds, 12);
PLACE(xen_domctl_sched_rtds, period, 0);
PLACE(xen_domctl_sched_rtds, budget, 4);
PLACE(xen_domctl_sched_rtds, flags, 8);

SIZE(xen_domctl_schedparam_vcpu, 16);
PLACE(xen_domctl_schedparam_vcpu, u.rtds, 0);
PLACE(xen_domctl_schedparam_vcpu, vcpuid, 12);

SIZE(xen_msr_entry, 16);
PLACE(xen_msr_entry, idx, 0);
PLACE(xen_msr_entry, flags, 4);
PLACE(xen_msr_entry, val, 8);

SIZE(xen_platform_parameters, 8);
PLACE(xen_platform_parameters, virt_start, 0);

SIZE(xen_reserved_device_memory, 16);
PLACE(xen_reserved_device_memory, start_pfn, 0);
PLACE(xen_reserved_device_memory, nr_pages, 8);

SIZE(xen_sysctl_cputopo, 12);
PLACE(xen_sysctl_cputopo, core, 0);
PLACE(xen_sysctl_cputopo, socket, 4);
PLACE(xen_sysctl_cputopo, node, 8);

SIZE(xen_sysctl_credit2_schedule, 4);
PLACE(xen_sysctl_credit2_schedule, ratelimit_us, 0);

SIZE(xen_sysctl_credit_schedule, 12);
PLACE(xen_sysctl_credit_schedule, tslice_ms, 0);
PLACE(xen_sysctl_credit_schedule, ratelimit_us, 4);
PLACE(xen_sysctl_credit_schedule, vcpu_migr_delay_us, 8);

SIZE(xen_sysctl_meminfo, 16);
PLACE(xen_sysctl_meminfo, memsize, 0);
PLACE(xen_sysctl_meminfo, memfree, 8);

SIZE(xen_sysctl_physinfo, 112);
PLACE(xen_sysctl_physinfo, threads_per_core, 0);
PLACE(xen_sysctl_physinfo, cores_per_socket, 4);
PLACE(xen_sysctl_physinfo, nr_cpus, 8);
PLACE(xen_sysctl_physinfo, max_cpu_id, 12);
PLACE(xen_sysctl_physinfo, nr_nodes, 16);
PLACE(xen_sysctl_physinfo, max_node_id, 20);
PLACE(xen_sysctl_physinfo, cpu_khz, 24);
PLACE(xen_sysctl_physinfo, capabilities, 28);
PLACE(xen_sysctl_physinfo, arch_capabilities, 32);
PLACE(xen_sysctl_physinfo, total_pages, 40);
PLACE(xen_sysctl_physinfo, free_pages, 48);
PLACE(xen_sysctl_physinfo, scrub_pages, 56);
PLACE(xen_sysctl_physinfo, outstanding_pages, 64);
PLACE(xen_sysctl_physinfo, max_mfn, 72);
PLACE(xen_sysctl_physinfo, hw_cap, 80);

SIZE(xen_vmemrange, 24);
PLACE(xen_vmemrange, start, 0);
PLACE(xen_vmemrange, end, 8);
PLACE(xen_vmemrange, flags, 16);
PLACE(xen_vmemrange, nid, 20);

SIZE(physdev_pci_device, 4);
PLACE(physdev_pci_device, seg, 0);
PLACE(physdev_pci_device, bus, 2);
PLACE(physdev_pci_device, devfn, 3);

SIZE(e820entry, 20);
PLACE(e820entry, addr, 0);
PLACE(e820entry, size, 8);
PLACE(e820entry, type, 16);

SIZE(precopy_stats, 24);
PLACE(precopy_stats, iteration, 0);
PLACE(precopy_stats, total_written, 8);
PLACE(precopy_stats, dirty_count, 16);

SIZE(save_callbacks, 56);
PLACE(save_callbacks, suspend, 0);
PLACE(save_callbacks, precopy_policy, 8);
PLACE(save_callbacks, postcopy, 16);
PLACE(save_callbacks, checkpoint, 24);
PLACE(save_callbacks, switch_qemu_logdirty, 40);
PLACE(save_callbacks, data, 48);

SIZE(restore_callbacks, 56);
PLACE(restore_callbacks, static_data_done, 0);
PLACE(restore_callbacks, suspend, 8);
PLACE(restore_callbacks, postcopy, 16);
PLACE(restore_callbacks, checkpoint, 24);
PLACE(restore_callbacks, restore_results, 40);
PLACE(restore_callbacks, data, 48);

NUMBER(E820MAX, 128);
NUMBER(HVM_INFO_OFFSET, 2048);
NUMBER(HVM_INFO_PFN, 159);
NUMBER(HVM_PARAM_ACPI_IOPORTS_LOCATION, 19);
NUMBER(HVM_PARAM_ACPI_S_STATE, 14);
NUMBER(HVM_PARAM_ALTP2M, 35);
NUMBER(HVM_PARAM_BUFIOREQ_PFN, 6);
NUMBER(HVM_PARAM_CALLBACK_IRQ, 0);
NUMBER(HVM_PARAM_CONSOLE_EVTCHN, 18);
NUMBER(HVM_PARAM_CONSOLE_PFN, 17);
NUMBER(HVM_PARAM_HPET_ENABLED, 11);
NUMBER(HVM_PARAM_IDENT_PT, 12);
NUMBER(HVM_PARAM_IOREQ_PFN, 5);
NUMBER(HVM_PARAM_MCA_CAP, 38);
NUMBER(HVM_PARAM_NESTEDHVM, 24);
NUMBER(HVM_PARAM_PAE_ENABLED, 4);
NUMBER(HVM_PARAM_STORE_EVTCHN, 2);
NUMBER(HVM_PARAM_STORE_PFN, 1);
NUMBER(HVM_PARAM_TIMER_MODE, 10);
NUMBER(HVM_PARAM_TRIPLE_FAULT_REASON, 31);
NUMBER(HVM_PARAM_VIRIDIAN, 9);
NUMBER(HVM_PARAM_VM86_TSS, 15);
NUMBER(HVM_PARAM_VM86_TSS_SIZED, 37);
NUMBER(HVM_PARAM_VM_GENERATION_ID_ADDR, 34);
NUMBER(HVM_PARAM_VPT_ALIGN, 16);
NUMBER(HVM_PARAM_X87_FIP_WIDTH, 36);
NUMBER(MAX_ACPI_MODULES, 4);
NUMBER(SHUTDOWN_crash, 3);
NUMBER(SHUTDOWN_poweroff, 0);
NUMBER(SHUTDOWN_reboot, 1);
NUMBER(SHUTDOWN_soft_reset, 5);
NUMBER(SHUTDOWN_suspend, 2);
NUMBER(SHUTDOWN_watchdog, 4);
NUMBER(XCFLAGS_DEBUG, 2);
NUMBER(XCFLAGS_LIVE, 1);
NUMBER(XC_DOM_HVM_CONTAINER, 1);
NUMBER(XC_DOM_PV_CONTAINER, 0);
NUMBER(XC_PAGE_SIZE, 4096);
NUMBER(XC_STREAM_PLAIN, 0);
NUMBER(XC_STREAM_REMUS, 1);
NUMBER(XENSTORE_ABS_PATH_MAX, 3072);
NUMBER(XENSTORE_PAYLOAD_MAX, 4096);
NUMBER(XENSTORE_REL_PATH_MAX, 2048);
NUMBER(XENVER_build_id, 10);
NUMBER(XENVER_capabilities, 3);
NUMBER(XENVER_changeset, 4);
NUMBER(XENVER_commandline, 9);
NUMBER(XENVER_compile_info, 2);
NUMBER(XENVER_extraversion, 1);
NUMBER(XENVER_pagesize, 7);
NUMBER(XENVER_platform_parameters, 5);
NUMBER(XENVER_version, 0);
NUMBER(XEN_DOMCTL_CDF_hap, 2);
NUMBER(XEN_DOMCTL_CDF_hvm, 1);
NUMBER(XEN_DOMCTL_CDF_iommu, 32);
NUMBER(XEN_DOMCTL_CDF_nested_virt, 64);
NUMBER(XEN_DOMCTL_CDF_oos_off, 8);
NUMBER(XEN_DOMCTL_CDF_s3_integrity, 4);
NUMBER(XEN_DOMCTL_CDF_vpmu, 128);
NUMBER(XEN_DOMCTL_CDF_xs_domain, 16);
NUMBER(XEN_DOMCTL_DEV_RDM_RELAXED, 1);
NUMBER(XEN_DOMCTL_GRANT_version_mask, 15);
NUMBER(XEN_DOMCTL_IOMMU_no_sharept, 1);
NUMBER(XEN_DOMINF_blocked, 16);
NUMBER(XEN_DOMINF_debugged, 64);
NUMBER(XEN_DOMINF_dying, 1);
NUMBER(XEN_DOMINF_hap, 256);
NUMBER(XEN_DOMINF_hvm_guest, 2);
NUMBER(XEN_DOMINF_paused, 8);
NUMBER(XEN_DOMINF_running, 32);
NUMBER(XEN_DOMINF_shutdown, 4);
NUMBER(XEN_DOMINF_shutdownshift, 16);
NUMBER(XEN_DOMINF_xs_domain, 128);
NUMBER(XEN_SYSCTL_PHYSCAP_directio, 4);
NUMBER(XEN_SYSCTL_PHYSCAP_gnttab_v1, 256);
NUMBER(XEN_SYSCTL_PHYSCAP_gnttab_v2, 512);
NUMBER(XEN_SYSCTL_PHYSCAP_hap, 8);
NUMBER(XEN_SYSCTL_PHYSCAP_hvm, 1);
NUMBER(XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share, 32);
NUMBER(XEN_SYSCTL_PHYSCAP_pv, 2);
NUMBER(XEN_SYSCTL_PHYSCAP_shadow, 16);
NUMBER(XEN_SYSCTL_PHYSCAP_vmtrace, 64);
NUMBER(XEN_SYSCTL_PHYSCAP_vpmu, 128);
NUMBER(XEN_VCPUAFFINITY_FORCE, 4);
NUMBER(XEN_VCPUAFFINITY_HARD, 1);
NUMBER(XEN_VCPUAFFINITY_SOFT, 2);
NUMBER(XEN_X86_MSR_RELAXED, 1);
NUMBER(XS_DIRECTORY, 1);
NUMBER(XS_DIRECTORY_PART, 22);
NUMBER(XS_ERROR, 16);
NUMBER(XS_GET_DOMAIN_PATH, 10);
NUMBER(XS_GET_PERMS, 3);
NUMBER(XS_INTRODUCE, 8);
NUMBER(XS_IS_DOMAIN_INTRODUCED, 17);
NUMBER(XS_MKDIR, 12);
NUMBER(XS_READ, 2);
NUMBER(XS_RELEASE, 9);
NUMBER(XS_RESUME, 18);
NUMBER(XS_RM, 13);
NUMBER(XS_SET_PERMS, 14);
NUMBER(XS_SET_TARGET, 19);
NUMBER(XS_TRANSACTION_END, 7);
NUMBER(XS_TRANSACTION_START, 6);
NUMBER(XS_UNWATCH, 5);
NUMBER(XS_WATCH, 4);
NUMBER(XS_WATCH_EVENT, 15);
NUMBER(XS_WRITE, 11);
NUMBER(_XEN_X86_EMU_HPET, 1);
NUMBER(_XEN_X86_EMU_IOAPIC, 4);
NUMBER(_XEN_X86_EMU_IOMMU, 7);
NUMBER(_XEN_X86_EMU_LAPIC, 0);
NUMBER(_XEN_X86_EMU_PIC, 5);
NUMBER(_XEN_X86_EMU_PIT, 8);
NUMBER(_XEN_X86_EMU_PM, 2);
NUMBER(_XEN_X86_EMU_RTC, 3);
NUMBER(_XEN_X86_EMU_USE_PIRQ, 9);
NUMBER(_XEN_X86_EMU_VGA, 6);
NUMBER(_XEN_X86_EMU_VPCI, 10);

SIZE(xenhypfs_dirent, 24);
PLACE(xenhypfs_dirent, name, 0);
PLACE(xenhypfs_dirent, flags, 20);
NUMBER(XENHYPFS_FLAG_WRITABLE, 1);

_Static_assert(sizeof(union xc_psr_hw_info) == 12, "the size of xc_psr_hw_info");
_Static_assert(offsetof(union xc_psr_hw_info, cat.cbm_len) == 4, "the place of xc_psr_hw_info.cat.cbm_len");
_Static_assert(offsetof(union xc_psr_hw_info, cat.cdp_enabled) == 8, "the place of xc_psr_hw_info.cat.cdp_enabled");
_Static_assert(offsetof(union xc_psr_hw_info, mba.thrtl_max) == 4, "the place of xc_psr_hw_info.mba.thrtl_max");
_Static_assert(offsetof(union xc_psr_hw_info, mba.linear) == 8, "the place of xc_psr_hw_info.mba.linear");
NUMBER(XC_PSR_CMT_L3_OCCUPANCY, 0);
NUMBER(XC_PSR_CMT_TOTAL_MEM_COUNT, 1);
NUMBER(XC_PSR_CMT_LOCAL_MEM_COUNT, 2);
NUMBER(XC_PSR_CAT_L3, 0);
NUMBER(XC_PSR_CAT_L2, 1);
NUMBER(XC_PSR_MBA, 2);
NUMBER(XC_PSR_CAT_L3_CBM, 1);
NUMBER(XC_PSR_CAT_L3_CBM_CODE, 2);
NUMBER(XC_PSR_CAT_L3_CBM_DATA, 3);
NUMBER(XC_PSR_CAT_L2_CBM, 4);
NUMBER(XC_PSR_MBA_THRTL, 5);
