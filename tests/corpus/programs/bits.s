// Bits and fields: counting, reversing, extracting, inserting, carrying, logical immediates
// exit: 0
.macro expect reg, value
    ldr     x15, =\value
    cmp     \reg, x15
    b.ne    wrong
    add     w20, w20, #1
.endm
.text
.p2align 2
.globl _main
_main:
    mov     w20, #0
    movz    x0, #0xcdef
    movk    x0, #0x89ab, lsl #16
    movk    x0, #0x4567, lsl #32
    movk    x0, #0x0123, lsl #48
    clz     x1, x0
    expect  x1, 7
    rbit    x1, x0
    expect  x1, 0xf7b3d591e6a2c480
    rev     x1, x0
    expect  x1, 0xefcdab8967452301
    rev16   x1, x0
    expect  x1, 0x23016745ab89efcd
    fmov    d0, x0
    cnt     v0.8b, v0.8b
    addv    b0, v0.8b
    umov    w1, v0.b[0]
    expect  x1, 32
    ubfx    x1, x0, #8, #12
    expect  x1, 0xbcd
    sbfx    x1, x0, #12, #8
    expect  x1, 0xffffffffffffffbc
    mov     x1, #-1
    bfi     x1, xzr, #4, #8
    expect  x1, 0xfffffffffffff00f
    extr    x1, x0, x0, #4
    expect  x1, 0xf0123456789abcde
    and     x1, x0, #0x00ff00ff00ff00ff
    expect  x1, 0x0023006700ab00ef
    orr     x1, xzr, #0x5555555555555555
    expect  x1, 0x5555555555555555
    eor     x1, x0, #0xfffffffe
    expect  x1, 0x0123456776543211
    adds    x1, x0, x0, lsl #4
    adc     x2, xzr, xzr
    expect  x2, 0
    subs    x1, xzr, x0
    sbc     x2, xzr, xzr
    expect  x2, 0xffffffffffffffff
    umulh   x1, x0, x0
    expect  x1, 0x00014b66dc33f6ac
    smull   x1, w0, w0
    expect  x1, 0x36b1b9d890f2a521
    mov     x1, #8
    add     x1, x1, w0, sxtb #2
    expect  x1, 0xffffffffffffffc4
    mvn     w1, wzr, lsr #4
    expect  x1, 0xffffffff
    bic     x1, x0, x0, ror #32
    expect  x1, 0x88888888
    b       checked
wrong:
    mov     w0, w20
    add     w0, w0, #1
    b       out
checked:
    mov     w0, #0
out:
    mov     x16, #1
    svc     #0x80
