// Quicksort of sixteen numbers, printed in order
// exit: 0
.equ N, 16
.text
.globl _main
.p2align 2

// quicksort(x0 = first, x1 = last), both inclusive, 32-bit signed elements
quicksort:
    cmp     x0, x1
    b.hs    Lsorted
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     x20, x1
    ldr     w8, [x1]                // pivot
    mov     x9, x0                  // where the next small one goes
Lscan:
    cmp     x0, x20
    b.eq    Lplace
    ldr     w10, [x0]
    cmp     w10, w8
    b.ge    Lkeep
    ldr     w11, [x9]
    str     w10, [x9], #4
    str     w11, [x0]
Lkeep:
    add     x0, x0, #4
    b       Lscan
Lplace:
    ldr     w11, [x9]
    str     w8, [x9]
    str     w11, [x20]
    mov     x0, x19
    mov     x19, x9
    sub     x1, x9, #4
    cmp     x1, x0
    b.lo    Lright
    bl      quicksort
Lright:
    add     x0, x19, #4
    mov     x1, x20
    bl      quicksort
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
Lsorted:
    ret

_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    adrp    x0, numbers@PAGE
    add     x0, x0, numbers@PAGEOFF
    add     x1, x0, #(4 * (N - 1))
    bl      quicksort
    adrp    x19, numbers@PAGE
    add     x19, x19, numbers@PAGEOFF
    mov     w20, #N
0:  ldrsw   x0, [x19], #4
    bl      print
    subs    w20, w20, #1
    b.ne    0b
    mov     x0, #0
    ldp     x29, x30, [sp], #16
    ret

// print x0, signed, with a line feed
print:
    sub     sp, sp, #32
    add     x1, sp, #32
    mov     w2, #'\n'
    strb    w2, [x1, #-1]!
    cmp     x0, #0
    cneg    x3, x0, lt
    cset    w4, lt
    mov     x5, #10
1:  udiv    x6, x3, x5
    msub    x7, x6, x5, x3
    add     w7, w7, #'0'
    strb    w7, [x1, #-1]!
    mov     x3, x6
    cbnz    x3, 1b
    cbz     w4, 2f
    mov     w7, #'-'
    strb    w7, [x1, #-1]!
2:  add     x2, sp, #32
    sub     x2, x2, x1
    mov     x0, #1
    mov     x16, #4
    svc     #0x80
    add     sp, sp, #32
    ret

.data
.p2align 2
numbers:
    .long   31, -4, 15, 92, 65, 35, -89, 79, 32, 38, 46, 26, 43, 0, 2147483647, -2147483648
