// Two ends of a Unix socket, parent and child play ping-pong
// exit: 0
.equ AF_UNIX, 1
.equ SOCK_STREAM, 1
.equ ROUNDS, 5
.text
.globl _main
.p2align 2

// sys number: a call whose failure ends the program
.macro sys number
    mov     x16, \number
    svc     #0x80
    b.cs    failed
.endm

_main:
    sub     sp, sp, #16
    mov     x0, #AF_UNIX
    mov     x1, #SOCK_STREAM
    mov     x2, #0
    mov     x3, sp
    sys     #135                // socketpair
    ldp     w19, w20, [sp]
    sys     #2                  // fork
    cbnz    x1, child
    mov     w0, w20
    sys     #6                  // close
    mov     w21, #0
0:  strb    w21, [sp]
    mov     w0, w19
    mov     x1, sp
    mov     x2, #1
    sys     #4                  // write
    mov     w0, w19
    mov     x1, sp
    mov     x2, #1
    sys     #3                  // read
    ldrb    w21, [sp]
    add     w8, w21, #'0'
    mov     w9, #'\n'
    strb    w8, [sp]
    strb    w9, [sp, #1]
    mov     w0, #1
    mov     x1, sp
    mov     x2, #2
    sys     #4
    cmp     w21, #ROUNDS
    b.lo    0b
    mov     w0, #0
    b       leave
child:
    mov     w0, w19
    sys     #6
1:  mov     w0, w20
    mov     x1, sp
    mov     x2, #1
    sys     #3
    cbz     x0, leave           // the other end has closed
    ldrb    w8, [sp]
    add     w8, w8, #1
    strb    w8, [sp]
    mov     w0, w20
    mov     x1, sp
    mov     x2, #1
    sys     #4
    b       1b
failed:
    mov     w0, #1
leave:
    mov     x16, #1
    svc     #0x80
