// A TCP server and its client in one program: bind port 0, ask which it is, connect, echo
// exit: 0
.equ EXIT, 1
.equ FORK, 2
.equ READ, 3
.equ WRITE, 4
.equ CLOSE, 6
.equ WAIT4, 7
.equ ACCEPT, 30
.equ GETSOCKNAME, 32
.equ SOCKET, 97
.equ CONNECT, 98
.equ BIND, 104
.equ LISTEN, 106

// call NUMBER, ARGUMENTS...: loads x0, x1, ... and calls; ends the program on an error
.macro call number, a0, a1, a2, a3
    .ifnb \a0
    mov     x0, \a0
    .endif
    .ifnb \a1
    mov     x1, \a1
    .endif
    .ifnb \a2
    mov     x2, \a2
    .endif
    .ifnb \a3
    mov     x3, \a3
    .endif
    mov     x16, #\number
    svc     #0x80
    b.cs    died
.endm

.text
.p2align 2
.globl _main
_main:
    sub     sp, sp, #64
    call    SOCKET, #2, #1, #0          // AF_INET, SOCK_STREAM
    mov     w19, w0
    adrp    x20, address@PAGE
    add     x20, x20, address@PAGEOFF
    call    BIND, x19, x20, #16
    call    LISTEN, x19, #5
    mov     w8, #16
    str     w8, [sp]
    mov     x2, sp
    call    GETSOCKNAME, x19, x20       // now it holds the port
    call    FORK
    cbnz    x1, client

    // server: one connection, everything back until its end
    call    ACCEPT, x19, #0, #0
    mov     w21, w0
serve:
    add     x1, sp, #16
    call    READ, x21, x1, #32

    cbz     x0, served
    mov     x2, x0
    add     x1, sp, #16
    call    WRITE, x21
    b       serve
served:
    call    CLOSE, x21
    call    WAIT4, #-1, #0, #0, #0
    mov     x0, #0
    b       leave

client:
    call    SOCKET, #2, #1, #0
    mov     w21, w0
    call    CONNECT, x21, x20, #16
    adr     x22, Lrequest
    call    WRITE, x21, x22, #(Lrequest_end - Lrequest)
    mov     x23, #(Lrequest_end - Lrequest)
    add     x22, sp, #16
answer:
    call    READ, x21, x22, x23
    cbz     x0, died
    mov     x24, x0
    call    WRITE, #1, x22, x24
    subs    x23, x23, x24
    b.ne    answer
    mov     x0, #0
    b       leave
died:
    mov     x0, #1
leave:
    mov     x16, #EXIT
    svc     #0x80
Lrequest:
    .ascii  "echo this over TCP, please\n"
Lrequest_end:

.data
.p2align 2
address:
    .byte   16, 2                       // length, AF_INET
    .byte   0, 0                        // any port
    .byte   127, 0, 0, 1
    .space  8
