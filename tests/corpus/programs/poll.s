// poll: a child that says something later, and the end of the pipe
// exit: 0
// needs: 42, 230
.equ POLLIN, 1
.equ POLLHUP, 0x10
.text
.globl _main
.p2align 2
_main:
    sub     sp, sp, #32
    mov     x16, #42
    svc     #0x80
    b.cs    Lbad
    mov     w19, w0
    mov     w20, w1
    mov     x16, #2
    svc     #0x80
    b.cs    Lbad
    cbnz    x1, Lchild
    mov     w0, w20
    mov     x16, #6
    svc     #0x80
Lwait:
    mov     w8, #POLLIN
    stp     w19, w8, [sp]
    mov     x0, sp
    mov     w1, #1
    mov     w2, #-1
    mov     x16, #230
    svc     #0x80
    b.cs    Lbad
    cmp     w0, #1
    b.ne    Lbad
    mov     w0, w19
    add     x1, sp, #16
    mov     x2, #8
    mov     x16, #3
    svc     #0x80
    b.cs    Lbad
    cbz     x0, Lend
    mov     x2, x0
    mov     x0, #1
    add     x1, sp, #16             // read has left 0 in x1
    mov     x16, #4
    svc     #0x80
    b       Lwait
Lend:
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
Lchild:
    mov     w0, w19
    mov     x16, #6
    svc     #0x80
    mov     w0, w20
    adr     x1, Ltext
    mov     x2, #12
    mov     x16, #4
    svc     #0x80
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
Lbad:
    mov     x0, #1
    mov     x16, #1
    svc     #0x80
Ltext:
    .ascii  "from afar..\n"
