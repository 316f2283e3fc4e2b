// CRC-32 of "123456789" three ways: bit by bit, by a table made at run time, by the instruction
// exit: 0
.text
.p2align 2
.globl _main
_main:
    movz    w19, #0x8320
    movk    w19, #0xedb8, lsl #16
    adrp    x20, table@PAGE
    add     x20, x20, table@PAGEOFF
    mov     w0, #0
0:  mov     w1, w0
    mov     w2, #8
1:  lsr     w3, w1, #1
    eor     w4, w3, w19
    tst     w1, #1
    csel    w1, w4, w3, ne
    subs    w2, w2, #1
    b.ne    1b
    str     w1, [x20, w0, uxtw #2]
    add     w0, w0, #1
    cmp     w0, #256
    b.ne    0b

    adr     x21, digits
    mov     x22, #9
    mov     w23, #-1                // bit by bit
    mov     w24, #-1                // table
    mov     w25, #-1                // instruction
2:  ldrb    w0, [x21], #1
    crc32b  w25, w25, w0
    eor     w1, w24, w0
    and     w1, w1, #0xff
    ldr     w2, [x20, w1, uxtw #2]
    eor     w24, w2, w24, lsr #8
    eor     w23, w23, w0
    mov     w2, #8
3:  and     w3, w23, #1
    neg     w3, w3
    and     w3, w3, w19
    eor     w23, w3, w23, lsr #1
    subs    w2, w2, #1
    b.ne    3b
    subs    x22, x22, #1
    b.ne    2b
    cmp     w23, w24
    ccmp    w24, w25, #0, eq
    b.ne    bad
    mvn     w0, w25
    bl      hex
    mov     x0, #0
    b       out
bad:
    mov     x0, #1
out:
    mov     x16, #1
    svc     #0x80
hex:
    sub     sp, sp, #16
    mov     x1, sp
    mov     w2, #8
4:  ror     w0, w0, #28
    and     w3, w0, #15
    cmp     w3, #10
    add     w4, w3, #'0'
    add     w5, w3, #('a' - 10)
    csel    w3, w4, w5, lo
    strb    w3, [x1], #1
    subs    w2, w2, #1
    b.ne    4b
    mov     w3, #'\n'
    strb    w3, [x1]
    mov     x0, #1
    mov     x1, sp
    mov     x2, #9
    mov     x16, #4
    svc     #0x80
    add     sp, sp, #16
    ret
digits: .ascii "123456789"
.zerofill __DATA,__bss,table,1024,2
