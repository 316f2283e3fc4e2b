// A 4 x 4 matrix of floats squared with NEON, and its trace printed
// exit: 0
.text
.globl _main
.balign 16
_main:
    adr     x0, matrix
    ld1     {v0.4s-v3.4s}, [x0]
    .irp    row, 0, 1, 2, 3
    fmul    v4.4s, v0.4s, v\row\().s[0]
    fmla    v4.4s, v1.4s, v\row\().s[1]
    fmla    v4.4s, v2.4s, v\row\().s[2]
    fmla    v4.4s, v3.4s, v\row\().s[3]
    mov     v16.s[\row], v4.s[\row]
    .endr
    faddp   v16.4s, v16.4s, v16.4s
    faddp   s16, v16.2s
    fcvtns  w19, s16                // 1 + 36 + ... as a whole number
    sub     sp, sp, #16
    mov     x1, sp
    mov     w2, #1000
    mov     w5, #10
0:  udiv    w3, w19, w2
    msub    w19, w3, w2, w19
    add     w3, w3, #'0'
    strb    w3, [x1], #1
    udiv    w2, w2, w5
    cbnz    w2, 0b
    strb    w5, [x1]
    mov     x0, #1
    mov     x1, sp
    mov     x2, #5
    mov     x16, #4
    svc     #0x80
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
matrix:
    .float  1.0, 2.0, 3.0, 4.0
    .float  5.0, 6.0, 7.0, 8.0
    .float  9.0, 10.0, 11.0, 12.0
    .float  13.0, 14.0, 15.0, 16.0
