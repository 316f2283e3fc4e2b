// The child computes for ever; the parent waits for a line, and ends the child when it has come.
.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_read, 3
.equ SYS_kill, 37
.equ SIGKILL, 9

.text
.globl _main
_main:
    mov     x16, #SYS_fork
    svc     #0x80
    cbnz    x1, spin
    mov     x19, x0
    mov     x0, #0
    adrp    x1, buffer@PAGE
    add     x1, x1, buffer@PAGEOFF
    mov     x2, #16
    mov     x16, #SYS_read
    svc     #0x80
got_line:
    mov     x0, x19
    mov     x1, #SIGKILL
    mov     x2, #1
    mov     x16, #SYS_kill
    svc     #0x80
    mov     x0, #0
    mov     x16, #SYS_exit
    svc     #0x80
spin:
    add     x20, x20, #1
    b       spin

.zerofill __DATA,__bss,buffer,16,3
