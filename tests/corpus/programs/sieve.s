// The sieve of Eratosthenes: the primes below 100, and how many there are below 10000
.equ N, 10000
.text
.globl _main
.p2align 2
_main:
    adrp    x19, sieve@PAGE
    add     x19, x19, sieve@PAGEOFF
    mov     x20, #2
    mov     x21, #0                 // count
    mov     x25, #N
1:  ldrb    w8, [x19, x20]
    cbnz    w8, 4f
    add     x21, x21, #1
    cmp     x20, #100
    b.hs    2f
    mov     x0, x20
    mov     w1, #' '
    bl      print
2:  mul     x9, x20, x20
3:  cmp     x9, x25
    b.hs    4f
    mov     w8, #1
    strb    w8, [x19, x9]
    add     x9, x9, x20
    b       3b
4:  add     x20, x20, #1
    cmp     x20, x25
    b.lo    1b
    adr     x1, newline
    mov     x0, #1
    mov     x2, #1
    mov     x16, #4
    svc     #0x80
    mov     x0, x21
    mov     w1, #'\n'
    bl      print
    mov     x0, #0
    mov     x16, #1
    svc     #0x80

// print x0 and the character w1
print:
    sub     sp, sp, #32
    add     x3, sp, #32
    strb    w1, [x3, #-1]!
    mov     x4, #10
5:  udiv    x5, x0, x4
    msub    x6, x5, x4, x0
    add     w6, w6, #'0'
    strb    w6, [x3, #-1]!
    mov     x0, x5
    cbnz    x0, 5b
    mov     x0, #1
    mov     x1, x3
    add     x2, sp, #32
    sub     x2, x2, x3
    mov     x16, #4
    svc     #0x80
    add     sp, sp, #32
    ret
newline: .byte 10
.zerofill __DATA,__bss,sieve,N,3
