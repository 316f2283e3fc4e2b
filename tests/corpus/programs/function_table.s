// Function pointers in data: a table of operations with names, called one after the other
// exit: 0
.text
.p2align 2
double_it:  lsl x0, x0, #1
            ret
square_it:  mul x0, x0, x0
            ret
.globl increment_it
increment_it:
            add x0, x0, #1
            ret

.globl _main
_main:
    stp     x29, x30, [sp, #-48]!
    mov     x29, sp
    adrp    x19, operations@PAGE
    add     x19, x19, operations@PAGEOFF
    mov     x20, #3                 // the value that they work on
1:  ldp     x8, x9, [x19], #16
    cbz     x8, 2f
    mov     x0, x20
    blr     x8
    mov     x20, x0
    ldr     x1, [x19, #-8]
    bl      print_name
    mov     x0, x20
    bl      print_number
    b       1b
2:  ldp     x29, x30, [sp], #48
    mov     x0, #0
    ret

print_name:
    mov     x2, #0
3:  ldrb    w8, [x1, x2]
    cbz     w8, 4f
    add     x2, x2, #1
    b       3b
4:  mov     x0, #1
    mov     x16, #4
    svc     #0x80
    ret

print_number:
    sub     sp, sp, #32
    add     x9, sp, #31
    mov     w10, #'\n'
    strb    w10, [x9]
    mov     x11, #10
5:  udiv    x12, x0, x11
    msub    x13, x12, x11, x0
    add     w13, w13, #'0'
    strb    w13, [x9, #-1]!
    mov     x0, x12
    cbnz    x0, 5b
    mov     x0, #1
    mov     x1, x9
    add     x2, sp, #32
    sub     x2, x2, x9
    mov     x16, #4
    svc     #0x80
    add     sp, sp, #32
    ret

.cstring
Ldouble:    .asciz "double: "
Lsquare:    .asciz "square: "
Lincrement: .asciz "increment: "

.section __DATA,__const
.p2align 3
operations:
    .quad   double_it, Ldouble
    .quad   square_it, Lsquare
    .quad   increment_it, Lincrement
    .quad   square_it, Lsquare
    .quad   0
