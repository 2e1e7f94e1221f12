# The smallest PV guest: a 64-bit kernel that fits in 4 MiB of memory and does nothing but sleep.
# Notes are those of xen/include/public/elfnote.h.
    .macro note_number type, value
    .long 4, 8, \type
    .asciz "Xen"
    .quad \value
    .endm
    .macro note_string type, value
    .long 4, 2f-1f, \type
    .asciz "Xen"
1:  .asciz "\value"
2:  .balign 4
    .endm

    .section .note.Xen, "a", @note
    note_string 6, "swift-xl-idle"          # GUEST_OS
    note_string 5, "xen-3.0"                # XEN_VERSION
    note_string 8, "generic"                # LOADER
    note_number 3, 0xffffffff80000000       # VIRT_BASE
    note_number 1, _start                   # ENTRY
    note_number 2, hypercall_page           # HYPERCALL_PAGE
    note_string 9, "yes"                    # PAE_MODE

    .text
    .globl _start
# SCHEDOP_poll with no ports and no timeout. SCHEDOP_block would clear the upcall mask, and there is no handler.
_start:
    mov $3, %edi
    lea poll(%rip), %rsi
    call hypercall_page + 29 * 32           # sched_op
    jmp _start

    .balign 4096
hypercall_page:
    .skip 4096

    .data
    .balign 8
poll:                                       # struct sched_poll: no ports, no timeout
    .quad 0
    .long 0, 0
    .quad 0
