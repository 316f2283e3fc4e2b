// The towers of Hanoi, three disks: "disk n: a -> b"
.text
.p2align 2
.globl _main
_main:
    mov     x0, #3
    mov     x1, #'a'
    mov     x2, #'c'
    mov     x3, #'b'
    stp     x29, x30, [sp, #-16]!
    bl      move
    ldp     x29, x30, [sp], #16
    mov     x0, xzr
    ret

// move(x0 = disks, x1 = from, x2 = to, x3 = by)
move:
    cbz     x0, 9f
    stp     x29, x30, [sp, #-48]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    mov     x20, x1
    mov     x21, x2
    mov     x22, x3
    sub     x0, x19, #1
    mov     x2, x22
    mov     x3, x21
    bl      move
    adrp    x8, text@PAGE
    add     x8, x8, text@PAGEOFF
    add     w9, w19, #'0'
    strb    w9, [x8, #5]
    strb    w20, [x8, #8]
    strb    w21, [x8, #13]
    mov     x0, #1
    mov     x1, x8
    mov     x2, #15
    mov     x16, #4
    svc     #0x80
    sub     x0, x19, #1
    mov     x1, x22
    mov     x2, x21
    mov     x3, x20
    bl      move
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x29, x30, [sp], #48
9:  ret

.data
text:   .ascii "disk ?: ? -> ?\n"
