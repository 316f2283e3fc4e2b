// A store to address 16: the process dies of SIGSEGV, which a shell shows as 128 + 11
// exit: 139
.globl _main
.p2align 2
_main:
    mov     x0, #1
    adr     x1, before
    mov     x2, #7
    mov     x16, #4
    svc     #0x80
    mov     x8, #16
    str     x8, [x8]
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
before:
    .ascii  "before\n"
