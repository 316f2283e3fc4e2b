// Forks; the child becomes another program, /second, and the parent waits for it.
.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_wait4, 7
.equ SYS_execve, 59

.text
.globl _main
_main:
    bl      shared_name
    mov     x16, #SYS_fork
    svc     #0x80
    cbnz    x1, Lchild
    mov     x0, #-1
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    mov     x16, #SYS_wait4
    svc     #0x80
    bl      shared_name
    mov     x0, #0
    mov     x16, #SYS_exit
    svc     #0x80
Lchild:
    bl      become
    brk     #1

shared_name:
    adrp    x9, counter@PAGE
    add     x9, x9, counter@PAGEOFF
    ldr     x10, [x9]
    add     x10, x10, #1
    str     x10, [x9]
    ret

become:
    adrp    x0, path@PAGE
    add     x0, x0, path@PAGEOFF
    mov     x1, #0
    mov     x2, #0
    mov     x16, #SYS_execve
Lbecome_svc:
    svc     #0x80
    ret

.const
path:
    .asciz  "/second"
.data
.p2align 3
counter:
    .quad   0
