// Writes a line three times, through a routine of its own.
.equ SYS_exit, 1
.equ SYS_write, 4

.macro system number
    mov     x16, #\number
    svc     #0x80
.endm

.text
.globl _main
_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    mov     x19, #3
Lmain_loop:
    mov     x0, x19
    bl      say
    subs    x19, x19, #1
    b.ne    Lmain_loop
    bl      twice
    mov     x0, #0
    ldp     x29, x30, [sp], #16
    ret

// u64 say(u64 left)
//   Writes the line and counts it.
// In:       x0 = lines that are left
// Out:      x0 = bytes written
// Clobbers: x1-x2, x9-x10, x16, flags
// Errors:   errno
say:
    adrp    x9, counter@PAGE
    add     x9, x9, counter@PAGEOFF
    ldr     x10, [x9]
    add     x10, x10, #1
    str     x10, [x9]
    mov     x0, #1
    adrp    x1, line@PAGE
    add     x1, x1, line@PAGEOFF
    mov     x2, #6
    system  SYS_write
    ret

// u64 twice(void)
//   Writes the line twice more, by way of a frame with saved registers.
// In:       none
// Out:      x0 = bytes of both
// Clobbers: x0-x2, x9-x10, x16, flags
// Errors:   none
twice:
    stp     x29, x30, [sp, #-32]!
    stp     x19, x20, [sp, #16]
    mov     x29, sp
    sub     sp, sp, #64
    mov     x0, #2
    bl      say
    mov     x19, x0
    mov     x0, #1
    bl      say
    add     x0, x0, x19
    add     sp, sp, #64
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

.const
line:
    .ascii  "hello\n"
.data
.p2align 3
counter:
    .quad   0
