// Square roots by Newton's method in double precision, printed with six decimals
// exit: 0
.text
.p2align 2
.globl _main
_main:
    stp     x29, x30, [sp, #-32]!
    stp     d8, d9, [sp, #16]
    mov     x29, sp
    adr     x19, values
    mov     w20, #4
next:
    ldr     d8, [x19], #8
    fmov    d9, #1.0
    fmov    d1, #0.5
    mov     w8, #40
step:
    fdiv    d2, d8, d9
    fadd    d2, d2, d9
    fmul    d9, d2, d1
    subs    w8, w8, #1
    b.ne    step
    fsqrt   d3, d8                  // the hardware's opinion must not differ by more than 1e-9
    fsub    d3, d3, d9
    fabs    d3, d3
    ldr     d4, tolerance
    fcmp    d3, d4
    b.gt    wrong
    fmov    d0, d9
    bl      print_fixed
    subs    w20, w20, #1
    b.ne    next
    mov     x0, #0
    b       quit
wrong:
    mov     x0, #1
quit:
    mov     x16, #1
    svc     #0x80

// print_fixed(d0): six decimals, rounded to nearest
print_fixed:
    sub     sp, sp, #32
    ldr     d1, million
    fmul    d0, d0, d1
    fcvtas  x0, d0
    add     x9, sp, #32
    mov     w10, #'\n'
    strb    w10, [x9, #-1]!
    mov     x11, #10
    mov     w14, #0
digit:
    cmp     w14, #6
    b.ne    0f
    mov     w10, #'.'
    strb    w10, [x9, #-1]!
0:  udiv    x12, x0, x11
    msub    x13, x12, x11, x0
    add     w13, w13, #'0'
    strb    w13, [x9, #-1]!
    mov     x0, x12
    add     w14, w14, #1
    cmp     w14, #7
    ccmp    x0, #0, #0, hs
    b.ne    digit
    cmp     w14, #7
    b.lo    digit
    mov     x0, #1
    mov     x1, x9
    add     x2, sp, #32
    sub     x2, x2, x9
    mov     x16, #4
    svc     #0x80
    add     sp, sp, #32
    ret
.p2align 3
values:    .double 2.0, 3.0, 10.0, 0.0625
million:   .double 1e6
tolerance: .double 1.0e-9
