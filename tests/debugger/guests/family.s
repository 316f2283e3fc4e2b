// Forks two children that end with 7 and 8, and waits for both.
.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_wait4, 7

.text
.globl _main
_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    mov     x19, #7
Lmain_fork:
    mov     x16, #SYS_fork
    svc     #0x80
    cbnz    x1, child
    add     x19, x19, #1
    cmp     x19, #9
    b.ne    Lmain_fork
    bl      wait_one
    bl      wait_one
    mov     x0, #0
    ldp     x29, x30, [sp], #16
    ret

child:
    adrp    x9, shared@PAGE
    add     x9, x9, shared@PAGEOFF
    str     x19, [x9]
    mov     x0, x19
    mov     x16, #SYS_exit
    svc     #0x80

wait_one:
    mov     x0, #-1
    adrp    x1, shared@PAGE
    add     x1, x1, shared@PAGEOFF
    add     x1, x1, #8
    mov     x2, #0
    mov     x3, #0
    mov     x16, #SYS_wait4
    svc     #0x80
    ret

.data
.p2align 3
shared:
    .quad   0
status:
    .quad   0
