// 30! does not fit in 64 bits: a Lnumber of four words, multiplied and printed by hand
// exit: 0
.equ TEXT_SIZE, 80
.equ NUMBER_AND_TEXT, 32 + TEXT_SIZE
.text
.p2align 2
.globl _main
_main:
        adrp    x19, Lnumber@PAGE
        add     x19, x19, Lnumber@PAGEOFF
        mov     x20, #2
1:      mov     x0, #0                  // carry
        mov     x1, #0
2:      ldr     x2, [x19, x1, lsl #3]
        mul     x3, x2, x20
        umulh   x4, x2, x20
        adds    x3, x3, x0
        adc     x0, x4, xzr
        str     x3, [x19, x1, lsl #3]
        add     x1, x1, #1
        cmp     x1, #4
        b.ne    2b
        add     x20, x20, #1
        cmp     x20, #30
        b.ls    1b
        // divide by ten until nothing is left; 32 bits at a time
        add     x21, x19, #NUMBER_AND_TEXT
        mov     w22, #'\n'
        strb    w22, [x21, #-1]!
3:      mov     x1, #7
        mov     x0, #0                  // remainder
        mov     x5, #0                  // or of the quotient
        mov     x6, #10
4:      ldr     w2, [x19, x1, lsl #2]
        orr     x2, x2, x0, lsl #32
        udiv    x3, x2, x6
        msub    x0, x3, x6, x2
        str     w3, [x19, x1, lsl #2]
        orr     x5, x5, x3
        subs    x1, x1, #1
        b.pl    4b
        add     w0, w0, #'0'
        strb    w0, [x21, #-1]!
        cbnz    x5, 3b
        mov     x0, #1
        mov     x1, x21
        add     x2, x19, #NUMBER_AND_TEXT
        sub     x2, x2, x21
        mov     x16, #4
        svc     #0x80
        mov     x0, #0
        mov     x16, #1
        svc     #0x80
.data
.p2align 3
Lnumber: .quad   1, 0, 0, 0
text:   .fill   TEXT_SIZE, 1, 0x20
