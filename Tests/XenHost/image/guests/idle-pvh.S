# The smallest PVH guest: entered in 32-bit mode without paging (docs/misc/pvh.pandoc), it halts for ever.
# Interrupts are on, though none is ever raised: Xen takes a halt with interrupts off as a shutdown.
    .section .note.Xen, "a", @note
    .long 4, 4, 18                          # XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long _start

    .code32
    .text
    .globl _start
_start:
    sti
1:  hlt
    jmp 1b
