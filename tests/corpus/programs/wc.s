// wc: counts lines, words and bytes of stdin
// stdin: one two  three\n\tfour\n\nfive\n
.equ SIZE, 512
.text
.globl _main
.p2align 2
// x19 bytes, x20 words, x21 lines, w22 whether inside a word
_main:
    mov     x19, #0
    mov     x20, #0
    mov     x21, #0
    mov     w22, #0
    sub     sp, sp, #SIZE
read:
    mov     x0, #0
    mov     x1, sp
    mov     x2, #SIZE
    mov     x16, #3
    svc     #0x80
    b.cs    done
    cbz     x0, done
    add     x19, x19, x0
    mov     x8, sp
    add     x9, x8, x0
byte:
    ldrb    w10, [x8], #1
    cmp     w10, #'\n'
    cinc    x21, x21, eq
    cmp     w10, #' '
    ccmp    w10, #9, #4, ne
    ccmp    w10, #10, #4, ne
    cset    w11, ne                 // not blank
    bic     w12, w11, w22           // a word begins
    add     x20, x20, w12, uxtw
    mov     w22, w11
    cmp     x8, x9
    b.ne    byte
    b       read
done:
    mov     x0, x21
    mov     w1, #' '
    bl      number
    mov     x0, x20
    mov     w1, #' '
    bl      number
    mov     x0, x19
    mov     w1, #'\n'
    bl      number
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
number:
    add     x3, sp, #32
    strb    w1, [x3, #-1]!
    mov     x4, #10
0:  udiv    x5, x0, x4
    msub    x6, x5, x4, x0
    add     w6, w6, #'0'
    strb    w6, [x3, #-1]!
    mov     x0, x5
    cbnz    x0, 0b
    mov     x0, #1
    mov     x1, x3
    add     x2, sp, #32
    sub     x2, x2, x3
    mov     x16, #4
    svc     #0x80
    ret
