// The functions of libxenctrl that a simulated host has, each of which is simulated_NAME in HostSimulator.

#include "CHostSimulator.h"

#include <stddef.h>
#include <string.h>

#define FUNCTIONS(X) \
    X(xc_assign_device) \
    X(xc_cpupool_freeinfo) \
    X(xc_cpupool_getinfo) \
    X(xc_cpupool_infofree) \
    X(xc_cpupool_movedomain) \
    X(xc_cputopoinfo) \
    X(xc_deassign_device) \
    X(xc_domain_add_to_physmap) \
    X(xc_domain_claim_pages) \
    X(xc_domain_create) \
    X(xc_domain_destroy) \
    X(xc_domain_get_pod_target) \
    X(xc_domain_getinfolist) \
    X(xc_domain_getvnuma) \
    X(xc_domain_iomem_permission) \
    X(xc_domain_ioport_permission) \
    X(xc_domain_irq_permission) \
    X(xc_domain_max_vcpus) \
    X(xc_domain_maximum_gpfn) \
    X(xc_domain_node_getaffinity) \
    X(xc_domain_node_setaffinity) \
    X(xc_domain_pause) \
    X(xc_domain_populate_physmap_exact) \
    X(xc_domain_set_memmap_limit) \
    X(xc_domain_set_memory_map) \
    X(xc_domain_set_pod_target) \
    X(xc_domain_set_target) \
    X(xc_domain_set_time_offset) \
    X(xc_domain_set_tsc_info) \
    X(xc_domain_sethandle) \
    X(xc_domain_setmaxmem) \
    X(xc_domain_shutdown) \
    X(xc_domain_soft_reset) \
    X(xc_domain_subscribe_for_suspend) \
    X(xc_domain_unpause) \
    X(xc_evtchn_alloc_unbound) \
    X(xc_flask_context_to_sid) \
    X(xc_flask_getenforce) \
    X(xc_flask_load) \
    X(xc_flask_relabel_domain) \
    X(xc_flask_setenforce) \
    X(xc_get_cpumap_size) \
    X(xc_get_machine_memory_map) \
    X(xc_get_max_cpus) \
    X(xc_get_max_nodes) \
    X(xc_get_nodemap_size) \
    X(xc_get_online_cpus) \
    X(xc_get_paging_mempool_size) \
    X(xc_hvm_param_get) \
    X(xc_hvm_param_set) \
    X(xc_interface_close) \
    X(xc_interface_fmem_handle) \
    X(xc_interface_open) \
    X(xc_numainfo) \
    X(xc_physdev_map_pirq) \
    X(xc_physdev_unmap_pirq) \
    X(xc_physinfo) \
    X(xc_psr_cmt_attach) \
    X(xc_psr_cmt_detach) \
    X(xc_psr_cmt_enabled) \
    X(xc_psr_cmt_get_data) \
    X(xc_psr_cmt_get_domain_rmid) \
    X(xc_psr_cmt_get_l3_cache_size) \
    X(xc_psr_cmt_get_l3_event_mask) \
    X(xc_psr_cmt_get_l3_upscaling_factor) \
    X(xc_psr_cmt_get_total_rmid) \
    X(xc_psr_get_domain_data) \
    X(xc_psr_get_hw_info) \
    X(xc_psr_set_domain_data) \
    X(xc_reserved_device_memory_map) \
    X(xc_sched_credit2_domain_get) \
    X(xc_sched_credit2_domain_set) \
    X(xc_sched_credit2_params_get) \
    X(xc_sched_credit2_params_set) \
    X(xc_sched_credit_domain_get) \
    X(xc_sched_credit_domain_set) \
    X(xc_sched_credit_params_get) \
    X(xc_sched_credit_params_set) \
    X(xc_sched_id) \
    X(xc_sched_rtds_domain_get) \
    X(xc_sched_rtds_vcpu_get) \
    X(xc_sched_rtds_vcpu_set) \
    X(xc_set_paging_mempool_size) \
    X(xc_sharing_freed_pages) \
    X(xc_sharing_used_frames) \
    X(xc_test_assign_device) \
    X(xc_vcpu_getaffinity) \
    X(xc_vcpu_getinfo) \
    X(xc_vcpu_setaffinity) \
    X(xc_version)

#define DECLARATION(name) extern void simulated_##name(void);
#define ROW(name) { #name, simulated_##name },

FUNCTIONS(DECLARATION)

static const struct {
    const char *name;
    void (*function)(void);
} table[] = { FUNCTIONS(ROW) };

// What CXenShim has in the place of libxenctrl and libxenguest.
void *cxs_stand_in(const char *name)
{
    for ( size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++ )
        if ( !strcmp(table[i].name, name) )
            return (void *)table[i].function;
    return host_simulator_guest_function(name);
}
