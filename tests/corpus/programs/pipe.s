// A pipe from child to parent, read to its end
// exit: 0
// needs: 42
SYS_exit   = 1
SYS_fork   = 2
SYS_read   = 3
SYS_write  = 4
SYS_close  = 6
SYS_wait4  = 7
SYS_pipe   = 42

    .text
    .globl _main
    .p2align 2
_main:
    mov     x16, SYS_pipe
    svc     0x80
    b.cs    error
    mov     w19, w0             // read end
    mov     w20, w1             // write end
    mov     x16, SYS_fork
    svc     0x80
    b.cs    error
    cbnz    x1, child

    mov     w0, w20
    mov     x16, SYS_close
    svc     0x80
again:
    mov     w0, w19
    adrp    x1, buffer@PAGE
    add     x1, x1, buffer@PAGEOFF
    mov     x2, 16
    mov     x16, SYS_read
    svc     0x80
    b.cs    error
    cbz     x0, finished
    mov     x2, x0
    mov     w0, 1
    adrp    x1, buffer@PAGE     // read has left 0 in x1
    add     x1, x1, buffer@PAGEOFF
    mov     x16, SYS_write
    svc     0x80
    b       again
finished:
    mov     x0, -1
    mov     x1, 0
    mov     x2, 0
    mov     x3, 0
    mov     x16, SYS_wait4
    svc     0x80
    mov     w0, 0
    b       quit

child:
    mov     w21, 3
line:
    mov     w0, w20
    adr     x1, Ltext
    mov     x2, Ltext_end - Ltext
    mov     x16, SYS_write
    svc     0x80
    subs    w21, w21, 1
    b.ne    line
    mov     w0, 0
    b       quit
error:
    mov     w0, 1
quit:
    mov     x16, SYS_exit
    svc     0x80

Ltext:  .ascii  "through the pipe it goes\n"
Ltext_end:
    .lcomm  buffer, 16, 4
