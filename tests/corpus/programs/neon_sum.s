// NEON: the sum of 1 to 64, four lanes at a time, and the largest of sixteen bytes
// exit: 0
.text
.globl _main
.p2align 2
_main:
    adr     x0, numbers
    movi    v0.4s, #0
    movi    v1.4s, #64
    ld1     {v2.4s}, [x0]           // 1 2 3 4
    movi    v3.4s, #4
    mov     w1, #16
1:  add     v0.4s, v0.4s, v2.4s
    add     v2.4s, v2.4s, v3.4s
    subs    w1, w1, #1
    b.ne    1b
    addv    s0, v0.4s
    fmov    w0, s0
    mov     w1, #2080
    cmp     w0, w1
    b.ne    2f
    adr     x0, bytes
    ldr     q4, [x0]
    umaxv   b5, v4.16b
    umov    w0, v5.b[0]
    cmp     w0, #250
    b.ne    2f
    // interleave two words and compare with what is expected
    adr     x0, words
    ld2     {v6.4h, v7.4h}, [x0]
    zip1    v16.4h, v6.4h, v7.4h
    ldr     d17, [x0]
    cmeq    v18.4h, v16.4h, v17.4h
    uminv   h18, v18.4h
    umov    w0, v18.h[0]
    cmp     w0, w0, uxth
    cbz     w0, 2f
    mov     x0, #1
    adr     x1, good
    mov     x2, #8
    mov     x16, #4
    svc     #0x80
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
2:  mov     x0, #1
    mov     x16, #1
    svc     #0x80
.p2align 4
numbers: .long 1, 2, 3, 4
bytes:   .byte 3, 1, 4, 1, 5, 9, 2, 6, 250, 5, 3, 5, 8, 9, 7, 9
words:   .short 1, 2, 3, 4, 5, 6, 7, 8
good:    .ascii "neon ok\n"
