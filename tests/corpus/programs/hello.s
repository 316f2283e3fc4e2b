// The first program of everyone.
// exit: 0
.globl _main
.p2align 2
_main:
    mov     x0, #1                  // stdout
    adr     x1, message
    mov     x2, #14
    mov     x16, #4                 // write
    svc     #0x80
    mov     x0, #0
    mov     x16, #1                 // exit
    svc     #0x80
message:
    .ascii  "Hello, world!\n"
