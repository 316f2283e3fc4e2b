// argc, argv, envp and apple: what the kernel puts on the stack
// args: alpha beta
// env: GREETING=hi
// exit: 3
.equ EXIT, 1
.equ WRITE, 4

.macro print address, length
    mov     x0, #1
    mov     x1, \address
    mov     x2, \length
    mov     x16, #WRITE
    svc     #0x80
.endm

.text
.align 2
.globl _main
_main:
    mov     x19, x0
    mov     x20, x1
    mov     x21, x2
    mov     x22, x3
    // argv ends with a null pointer right where argc says
    ldr     x8, [x20, x19, lsl #3]
    cbnz    x8, wrong
    // envp follows it
    add     x8, x20, x19, lsl #3
    add     x8, x8, #8
    cmp     x8, x21
    b.ne    wrong
    mov     x23, #1
arguments:
    cmp     x23, x19
    b.hs    environment
    ldr     x24, [x20, x23, lsl #3]
    bl      line
    add     x23, x23, #1
    b       arguments
environment:
    ldr     x24, [x21], #8
    cbz     x24, apple
    ldr     x8, [x24]
    ldr     x9, greeting
    cmp     x8, x9
    b.ne    environment
    bl      line
    b       environment
apple:
    ldr     x24, [x22]
    ldr     x8, [x24]
    ldr     x9, executable
    cmp     x8, x9
    b.ne    wrong
    print   x24, #16
    adr     x24, empty
    bl      line
    mov     x0, x19
    b       leave
wrong:
    mov     x0, #99
leave:
    mov     x16, #EXIT
    svc     #0x80

// the string at x24 and a line feed
line:
    mov     x9, x24
0:  ldrb    w8, [x9], #1
    cbnz    w8, 0b
    sub     x9, x9, x24
    sub     x9, x9, #1
    print   x24, x9
    adr     x8, feed
    print   x8, #1
    ret
.p2align 3
greeting:   .ascii "GREETING"
executable: .ascii "executable_path="
feed:       .ascii "\n"
empty:      .byte 0
