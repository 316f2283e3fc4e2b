.text
.globl _parse_number
.globl _print_number
.p2align 2
_parse_number:
    mov     x1, x0
    mov     x0, #0
    mov     x3, #10
Lloop:
    ldrb    w2, [x1], #1
    cbz     w2, Lend
    sub     w2, w2, #'0'
    madd    x0, x0, x3, x2
    b       Lloop
Lend:
    ret
_print_number:
    sub     sp, sp, #32
    add     x1, sp, #32
    mov     w2, #'\n'
    strb    w2, [x1, #-1]!
    mov     x3, #10
Ldigit:
    udiv    x4, x0, x3
    msub    x5, x4, x3, x0
    add     w5, w5, #'0'
    strb    w5, [x1, #-1]!
    mov     x0, x4
    cbnz    x0, Ldigit
    add     x2, sp, #32
    sub     x2, x2, x1
    mov     x0, #1
    mov     x16, #4
    svc     #0x80
    add     sp, sp, #32
    ret
