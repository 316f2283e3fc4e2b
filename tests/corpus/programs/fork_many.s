// A family of eight: each child exits with its number, the parent adds them up and names the sum.
// exit: 36
    .text
    .globl  _main
    .p2align 2
_main:
    sub     sp, sp, #32
    mov     w19, #8             // children to make
    mov     w20, #0             // sum
make:
    mov     x16, #2             // fork
    svc     #0x80
    b.cs    bad
    cbnz    x1, child
    subs    w19, w19, #1
    b.ne    make
reap:
    mov     x0, #-1             // any
    mov     x1, sp
    mov     x2, xzr
    mov     x3, xzr
    mov     x16, #7             // wait4
    svc     #0x80
    b.cs    reaped              // ECHILD: that was the last
    ldr     w8, [sp]
    tst     w8, #0x7f
    b.ne    bad                 // a signal
    ubfx    w8, w8, #8, #8
    add     w20, w20, w8
    b       reap
reaped:
    cmp     w0, #10             // ECHILD
    b.ne    bad
    mov     w0, w20
    b       leave
child:
    mov     w0, w19
    b       leave
bad:
    mov     w0, #255
leave:
    mov     x16, #1
    svc     #0x80
