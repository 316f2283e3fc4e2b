/* Recursion: fib(20), with a proper frame for every call */
// exit: 0
        .section        __TEXT,__text
        .globl          _main
        .globl          _fib
        .p2align        2
_fib:                                   /* x0 = fib(x0) */
        cmp     x0, #2
        b.lt    Lbase
        stp     x29, x30, [sp, #-32]!
        mov     x29, sp
        stp     x19, x20, [sp, #16]
        mov     x19, x0
        sub     x0, x0, #1
        bl      _fib
        mov     x20, x0
        sub     x0, x19, #2
        bl      _fib
        add     x0, x0, x20
        ldp     x19, x20, [sp, #16]
        ldp     x29, x30, [sp], #32
Lbase:  ret

_main:
        stp     x29, x30, [sp, #-16]!
        mov     x29, sp
        mov     x0, #20
        bl      _fib
        /* print in decimal */
        sub     sp, sp, #32
        add     x1, sp, #32
        mov     w2, #10
        strb    w2, [x1, #-1]!
1:      mov     x3, #10
        udiv    x4, x0, x3
        msub    x5, x4, x3, x0
        orr     w5, w5, #0x30
        strb    w5, [x1, #-1]!
        mov     x0, x4
        cbnz    x0, 1b
        add     x2, sp, #32
        sub     x2, x2, x1
        mov     x0, #1
        mov     x16, #4
        svc     #0x80
        add     sp, sp, #32
        mov     x0, #0
        ldp     x29, x30, [sp], #16
        ret
