// Anonymous memory: map 64 KiB, fill it, take away the right to write, give it back
// exit: 0
// stdin: x
.equ MMAP, 197
.equ MUNMAP, 73
.equ MPROTECT, 74
.equ SIZE, 0x10000
.text
.globl _main
.p2align 2
_main:
    mov     x0, #0
    mov     x1, #SIZE
    mov     x2, #3                  // PROT_READ | PROT_WRITE
    mov     x3, #0x1002             // MAP_ANON | MAP_PRIVATE
    mov     x4, #-1
    mov     x5, #0
    mov     x16, #MMAP
    svc     #0x80
    b.cs    bad
    mov     x19, x0
    tst     x19, #0x3fff            // pages are 16 KiB
    b.ne    bad
    mov     x8, #SIZE
1:  sub     x8, x8, #8
    ldr     x9, [x19, x8]           // it comes zeroed
    cbnz    x9, bad
    str     x8, [x19, x8]
    cbnz    x8, 1b
    mov     x8, #SIZE
    mov     x10, #0
2:  sub     x8, x8, #8
    ldr     x9, [x19, x8]
    add     x10, x10, x9
    cbnz    x8, 2b
    ldr     x11, =(0x10000 * 8191 / 2)   // 0 + 8 + ... + 65528
    cmp     x10, x11
    b.ne    bad
    mov     x0, x19
    mov     x1, #0x4000
    mov     x2, #1
    mov     x16, #MPROTECT
    svc     #0x80
    b.cs    bad
    // read(0, read-only page): EFAULT
    mov     x0, #0
    mov     x1, x19
    mov     x2, #1
    mov     x16, #3
    svc     #0x80
    b.cc    bad
    cmp     x0, #14
    b.ne    bad
    mov     x0, x19
    mov     x1, #SIZE
    mov     x16, #MUNMAP
    svc     #0x80
    b.cs    bad
    mov     x0, #0
    b       out
bad:
    mov     x0, #1
out:
    mov     x16, #1
    svc     #0x80
