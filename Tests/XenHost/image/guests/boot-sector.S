# The smallest HVM guest: a PC's boot sector, for a disk as for a CD. It tells on screen and serial line (COM1) which
# drive it came from, then draws bars, and each second counts on: a beat on the serial line, a dot on the screen.
#   p, or the power button     it powers off (ACPI's S5)
#   r                          it resets the machine
# Letters come from the serial line or the keyboard.
    .set COM1, 0x3f8
    .set PM1A_STATUS, 0xb000                # where Xen's firmware puts ACPI's registers (xen/hvm/ioreq.h)
    .set PM1A_CONTROL, 0xb004
    .set POWER_BUTTON, 1                    # bit 8 of the status
    .set SLEEP_ENABLE, 0x2000               # with sleep type 0, which is S5
    .set TICKS, 0x46c                       # the BIOS counts 18.2 of them in a second

    .code16
    .text
    .globl _start
_start:
    cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    sti
    cld
    push %dx
    mov $0x00e3, %ax                        # COM1: 9600 baud, 8 data bits, no parity
    xor %dx, %dx
    int $0x14
    mov $0x0003, %ax                        # text, 80 by 25
    int $0x10
    mov $greeting, %si
    call print
    pop %ax
    call print_hex
    mov $end_of_line, %si
    call print
    mov $18, %bx
    call wait_ticks

    mov $0x0013, %ax                        # graphics, 320 by 200 in 256 colours
    int $0x10
    mov $0xa000, %ax
    mov %ax, %es
    xor %di, %di
    mov $200, %dx
row:
    xor %ax, %ax
pixel:                                      # 16 bars of 20 pixels
    mov $20, %cx
    rep stosb
    inc %al
    cmp $16, %al
    jne pixel
    dec %dx
    jnz row
    mov $ready, %si
    call print
beat:
    mov $18, %bx
    call wait_ticks
    mov $beats, %si
    call print
    jmp beat

# Waits %bx ticks, and obeys what comes meanwhile.
wait_ticks:
    add TICKS, %bx
1:  hlt
    mov $PM1A_STATUS + 1, %dx
    in %dx, %al
    test $POWER_BUTTON, %al
    jnz power_off
    mov $COM1 + 5, %dx
    in %dx, %al
    test $1, %al                            # a byte has come
    jz 2f
    mov $COM1, %dx
    in %dx, %al
    call obey
2:  mov $1, %ah
    int $0x16
    jz 3f
    xor %ah, %ah
    int $0x16
    call obey
3:  mov TICKS, %ax
    sub %bx, %ax
    js 1b
    ret

obey:
    cmp $'p', %al
    je power_off
    cmp $'r', %al
    jne 1f
    mov $0xfe, %al                          # the keyboard controller pulses the reset line
    out %al, $0x64
1:  ret

power_off:
    mov $PM1A_CONTROL, %dx
    mov $SLEEP_ENABLE, %ax
    out %ax, %dx
    jmp power_off

# Prints the text at %si on screen and serial line.
print:
    lodsb
    test %al, %al
    jz 1f
    call put
    jmp print
1:  ret

print_hex:                                  # %al
    push %ax
    shr $4, %al
    call digit
    pop %ax
    and $15, %al
digit:
    cmp $10, %al
    sbb $0x69, %al
    das
put:                                        # %al
    push %ax
    mov $0x0e, %ah
    mov $0x000f, %bx
    int $0x10
    mov $COM1 + 5, %dx
1:  in %dx, %al
    test $0x20, %al                         # the transmitter is empty
    jz 1b
    pop %ax
    mov $COM1, %dx
    out %al, %dx
    ret

greeting:    .asciz "guest: up from drive "
end_of_line: .asciz "\r\n"
ready:       .asciz "guest: ready\r\n"
beats:       .asciz "."
    .org 510
    .word 0xaa55
