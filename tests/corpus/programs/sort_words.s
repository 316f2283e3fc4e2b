// Insertion sort of words by pointer, compared byte by byte
    .text
    .globl  _main
    .balign 4
_main:
    adrp    x19, words@PAGE
    add     x19, x19, words@PAGEOFF
    mov     x20, #8                 // offset of the one to insert
outer:
    ldr     x21, [x19, x20]
    cbz     x21, print
    mov     x22, x20
inner:
    cbz     x22, insert
    sub     x23, x22, #8
    ldr     x24, [x19, x23]
    mov     x0, x24
    mov     x1, x21
    bl      compare
    b.ls    insert
    str     x24, [x19, x22]
    mov     x22, x23
    b       inner
insert:
    str     x21, [x19, x22]
    add     x20, x20, #8
    b       outer
print:
    ldr     x1, [x19], #8
    cbz     x1, done
    mov     x2, #-1
1:  add     x2, x2, #1
    ldrb    w8, [x1, x2]
    cbnz    w8, 1b
    mov     w8, #'\n'
    strb    w8, [x1, x2]
    add     x2, x2, #1
    mov     x0, #1
    mov     x16, #4
    svc     #0x80
    b       print
done:
    mov     x0, #0
    mov     x16, #1
    svc     #0x80

// compare the strings x0 and x1: the flags say which comes first
compare:
    ldrb    w8, [x0], #1
    ldrb    w9, [x1], #1
    cmp     w8, w9
    ccmp    w8, #0, #4, eq
    b.ne    compare
    cmp     w8, w9
    ret

    .data
Lpear:   .asciz "pear"
Lapple:  .asciz "apple"
Lfig:    .asciz "fig"
Lappl:   .asciz "appl"
Lzucc:   .asciz "zucchini"
Lbanana: .asciz "banana"
    .p2align 3
words:
    .quad   Lpear, Lapple, Lfig, Lappl, Lzucc, Lbanana, 0
