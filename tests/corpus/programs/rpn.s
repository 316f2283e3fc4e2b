// A calculator in reverse Polish notation: numbers and + - * / from stdin, one line
// stdin: 15 7 1 1 + - / 3 * 2 1 1 + + -\n
.text
.globl _main
.p2align 2
_main:
    mov     x29, sp
    sub     sp, sp, #256
    mov     x0, #0
    mov     x1, sp
    mov     x2, #255
    mov     x16, #3
    svc     #0x80
    b.cs    error
    strb    wzr, [sp, x0]
    mov     x19, sp                     // text
    sub     sp, sp, #512
    add     x20, sp, #512               // the operands, growing down
token:
    ldrb    w0, [x19], #1
    sub     w1, w0, #'0'
    cmp     w1, #9
    b.ls    number
    cmp     w0, #' '
    b.eq    token
    cmp     w0, #'\n'
    b.eq    finish
    cbz     w0, finish
    add     x8, sp, #(512 - 16)
    cmp     x20, x8
    b.hi    error                       // fewer than two operands
    ldp     x3, x2, [x20], #8
    cmp     w0, #'+'
    b.eq    plus
    cmp     w0, #'-'
    b.eq    minus
    cmp     w0, #'*'
    b.eq    times
    cmp     w0, #'/'
    b.ne    error
    cbz     x3, error
    sdiv    x2, x2, x3
    b       store
plus:
    add     x2, x2, x3
    b       store
minus:
    sub     x2, x2, x3
    b       store
times:
    mul     x2, x2, x3
store:
    str     x2, [x20]
    b       token
number:
    mov     x2, #0
    mov     x3, #10
0:  madd    x2, x2, x3, x1
    ldrb    w0, [x19]
    sub     w1, w0, #'0'
    cmp     w1, #9
    cinc    x19, x19, ls
    b.ls    0b
    str     x2, [x20, #-8]!
    b       token
finish:
    ldr     x0, [x20]
    add     x1, sp, #64
    mov     w2, #'\n'
    strb    w2, [x1, #-1]!
    mov     x3, #10
1:  udiv    x4, x0, x3
    msub    x5, x4, x3, x0
    add     w5, w5, #'0'
    strb    w5, [x1, #-1]!
    mov     x0, x4
    cbnz    x0, 1b
    add     x2, sp, #64
    sub     x2, x2, x1
    mov     x0, #1
    mov     x16, #4
    svc     #0x80
    mov     x0, #0
    mov     sp, x29
    ret
error:
    mov     x0, #1
    mov     sp, x29
    ret
