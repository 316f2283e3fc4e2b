// The Mandelbrot set in letters, 60 by 20: fused multiply-add and conditional select
// exit: 0
.equ WIDTH, 60
.equ HEIGHT, 20
.equ LIMIT, 40
.text
.globl _main
.p2align 2
_main:
    adrp    x19, line@PAGE
    add     x19, x19, line@PAGEOFF
    mov     w20, #0                     // row
row:
    mov     w21, #0                     // column
column:
    // c = (-2.2 + 3.2 x / WIDTH) + (-1.2 + 2.4 y / HEIGHT) i
    scvtf   d0, w21
    adr     x8, constants
    ldp     d2, d3, [x8]
    fmadd   d0, d0, d3, d2
    scvtf   d1, w20
    ldp     d2, d3, [x8, #16]
    fmadd   d1, d1, d3, d2
    fmov    d4, xzr                     // z
    fmov    d5, xzr
    fmov    d6, #4.0
    mov     w22, #0
iterate:
    fmul    d16, d4, d4
    fmul    d17, d5, d5
    fadd    d18, d16, d17
    fcmp    d18, d6
    b.gt    escaped
    fmul    d19, d4, d5
    fadd    d19, d19, d19
    fadd    d5, d19, d1
    fsub    d16, d16, d17
    fadd    d4, d16, d0
    add     w22, w22, #1
    cmp     w22, #LIMIT
    b.ne    iterate
escaped:
    adr     x8, shades
    lsr     w9, w22, #3
    ldrb    w9, [x8, w9, uxtw]
    strb    w9, [x19, w21, uxtw]
    add     w21, w21, #1
    cmp     w21, #WIDTH
    b.lo    column
    mov     w9, #'\n'
    strb    w9, [x19, #WIDTH]
    mov     x0, #1
    mov     x1, x19
    mov     x2, #(WIDTH + 1)
    mov     x16, #4
    svc     #0x80
    add     w20, w20, #1
    cmp     w20, #HEIGHT
    b.lo    row
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
.p2align 3
constants:
    .double -2.2, 0.0533333333333, -1.2, 0.12
shades:
    .ascii  " .:-=#"
.zerofill __DATA,__bss,line,64
