// The atomic instructions of Armv8.1: add, swap, compare and swap, bit set and clear, max
// exit: 0
.text
.p2align 2
.globl _main
_main:
    adrp    x19, word@PAGE
    add     x19, x19, word@PAGEOFF
    mov     x0, #5
    ldadd   x0, x1, [x19]           // 10 + 5
    cmp     x1, #10
    b.ne    bad
    mov     x0, #100
    swpal   x0, x1, [x19]           // 100
    cmp     x1, #15
    b.ne    bad
    mov     x0, #100
    mov     x1, #7
    cas     x0, x1, [x19]           // 7
    cmp     x0, #100
    b.ne    bad
    mov     x0, #1
    mov     x1, #9
    casal   x0, x1, [x19]           // stays
    cmp     x0, #7
    b.ne    bad
    mov     x0, #0x18
    ldset   x0, x1, [x19]           // 0x1f
    mov     x0, #3
    ldclra  x0, x1, [x19]           // 0x1c
    mov     x0, #-2
    ldsmax  x0, x1, [x19]           // stays
    mov     x0, #-2
    stadd   x0, [x19]               // 0x1a
    ldr     x0, [x19]
    cmp     x0, #0x1a
    b.ne    bad
    mov     w0, #0
    b       out
bad:
    mov     w0, #1
out:
    mov     x16, #1
    svc     #0x80
.data
.p2align 4
word: .quad 10
