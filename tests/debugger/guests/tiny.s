// A server of one request a connection: /ok is there, /secret is forbidden, the rest is missing.
.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_close, 6
.equ SYS_recvfrom, 29
.equ SYS_accept, 30
.equ SYS_sigaction, 46
.equ SYS_socket, 97
.equ SYS_bind, 104
.equ SYS_listen, 106
.equ SYS_sendto, 133
.equ SIGCHLD, 20

.text
.globl _main
_main:
    bl      ignore_children
    bl      open_listener
    mov     x19, x0
accept_loop:
    mov     x0, x19
    mov     x1, #0
    mov     x2, #0
    mov     x16, #SYS_accept
    svc     #0x80
    mov     x20, x0
    mov     x16, #SYS_fork
    svc     #0x80
    cbnz    x1, Lchild
    mov     x0, x20
    mov     x16, #SYS_close
    svc     #0x80
    b       accept_loop
Lchild:
    mov     x0, x20
    bl      serve
    mov     x0, #0
    mov     x16, #SYS_exit
    svc     #0x80

ignore_children:
    mov     x0, #SIGCHLD
    adrp    x1, ignore@PAGE
    add     x1, x1, ignore@PAGEOFF
    mov     x2, #0
    mov     x16, #SYS_sigaction
    svc     #0x80
    ret

open_listener:
    mov     x0, #2
    mov     x1, #1
    mov     x2, #0
    mov     x16, #SYS_socket
    svc     #0x80
    mov     x9, x0
    adrp    x1, address@PAGE
    add     x1, x1, address@PAGEOFF
    mov     x2, #16
    mov     x16, #SYS_bind
    svc     #0x80
    mov     x0, x9
    mov     x1, #8
    mov     x16, #SYS_listen
    svc     #0x80
    mov     x0, x9
    ret

// void serve(int connection)
//   Receives one request and answers it.
// In:       x0 = connection
// Out:      none
// Clobbers: x0-x5, x9-x11, x16, flags
// Errors:   none
serve:
    stp     x29, x30, [sp, #-32]!
    stp     x19, x20, [sp, #16]
    mov     x29, sp
    mov     x19, x0
    bl      receive
    bl      skip_fields
    bl      choose
    mov     x1, x0
    mov     x0, x19
    bl      respond
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

receive:
    adrp    x1, buffer@PAGE
    add     x1, x1, buffer@PAGEOFF
    mov     x2, #1024
    mov     x3, #0
    mov     x4, #0
    mov     x5, #0
    mov     x16, #SYS_recvfrom
    svc     #0x80
    ret

// Reads byte by byte to the empty line.
skip_fields:
    adrp    x9, buffer@PAGE
    add     x9, x9, buffer@PAGEOFF
Lskip_line:
    mov     x10, #0
Lskip_byte:
    ldrb    w11, [x9], #1
    cmp     w11, #10
    b.eq    Lskip_end
    cmp     w11, #13
    cinc    x10, x10, ne
    b       Lskip_byte
Lskip_end:
    cbnz    x10, Lskip_line
    ret

// const char *choose(void)
//   Picks the answer by the first letter of the path.
// In:       none
// Out:      x0 = response
// Clobbers: x9-x10, flags
// Errors:   none
choose:
    adrp    x9, buffer@PAGE
    add     x9, x9, buffer@PAGEOFF
    ldrb    w10, [x9, #5]
    cmp     w10, #'s'
    b.eq    Lchoose_forbidden
    cmp     w10, #'o'
    b.eq    Lchoose_ok
    adrp    x0, missing@PAGE
    add     x0, x0, missing@PAGEOFF
    ret
Lchoose_forbidden:
    adrp    x0, forbidden@PAGE
    add     x0, x0, forbidden@PAGEOFF
    ret
Lchoose_ok:
    adrp    x0, ok@PAGE
    add     x0, x0, ok@PAGEOFF
    ret

respond:
    mov     x2, #0
Lrespond_length:
    ldrb    w9, [x1, x2]
    cbz     w9, Lrespond_send
    add     x2, x2, #1
    b       Lrespond_length
Lrespond_send:
    mov     x3, #0
    mov     x4, #0
    mov     x5, #0
    mov     x16, #SYS_sendto
    svc     #0x80
    ret

.const
ok:
    .asciz  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
forbidden:
    .asciz  "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
missing:
    .asciz  "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
.p2align 3
ignore:
    .quad   1, 0, 0
address:
    .byte   16, 2, 0, 0, 127, 0, 0, 1
    .quad   0
.zerofill __DATA,__bss,buffer,1024,4
