// select: a time-out first, then a pipe that has something to read
// exit: 0
// needs: 42, 93
.text
.globl _main
.p2align 2
.macro sys number
    mov     x16, #\number
    svc     #0x80
    b.cs    bad
.endm
_main:
    sub     sp, sp, #160
    sys     42                      // pipe
    mov     w19, w0
    mov     w20, w1
    bl      watch
    cbnz    x0, bad                 // nothing yet
    mov     w0, w20
    adr     x1, text
    mov     x2, #6
    sys     4
    bl      watch
    cmp     x0, #1
    b.ne    bad
    ldr     w8, [sp]
    lsr     w8, w8, w19
    tbz     w8, #0, bad
    mov     w0, w19
    add     x1, sp, #144
    mov     x2, #16
    sys     3
    mov     x2, x0
    mov     x0, #1
    add     x1, sp, #144
    sys     4
    mov     x0, #0
    sys     1
// select(w19 + 1, { w19 }, 0, 0, 20 ms); the set is at sp
watch:
    mov     x8, #1
    lsl     x8, x8, x19
    stp     x8, xzr, [sp]
    mov     x9, #20000
    stp     xzr, x9, [sp, #128]
    add     w0, w19, #1
    mov     x1, sp
    mov     x2, #0
    mov     x3, #0
    add     x4, sp, #128
    sys     93
    ret
bad:
    mov     x0, #1
    mov     x16, #1
    svc     #0x80
text: .ascii "ready\n"
