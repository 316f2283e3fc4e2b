// Shared memory across fork, and an atomic counter in it: parent and child add 1000 each
// exit: 0
.text
.globl _main
.p2align 2
_main:
    mov     x0, #0
    mov     x1, #0x4000
    mov     x2, #3
    mov     x3, #0x1001             // MAP_ANON | MAP_SHARED
    mov     x4, #-1
    mov     x5, #0
    mov     x16, #197
    svc     #0x80
    b.cs    bad
    mov     x19, x0
    mov     x16, #2
    svc     #0x80
    b.cs    bad
    mov     x20, x1                 // 1 in the child
    mov     w21, #1000
again:
    ldaxr   w8, [x19]
    add     w8, w8, #1
    stlxr   w9, w8, [x19]
    cbnz    w9, again
    subs    w21, w21, #1
    b.ne    again
    cbnz    x20, good
    mov     x0, #-1
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    mov     x16, #7
    svc     #0x80
    ldr     w8, [x19]
    mov     w9, #2000
    cmp     w8, w9
    b.ne    bad
good:
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
bad:
    mov     x0, #1
    mov     x16, #1
    svc     #0x80
