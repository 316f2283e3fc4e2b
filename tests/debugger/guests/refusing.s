// Answers 403 after a poll that found nothing, or 404 after a file that is not there and such a poll.
.equ SYS_exit, 1
.equ SYS_open, 5
.equ SYS_recvfrom, 29
.equ SYS_sendto, 133
.equ SYS_socketpair, 135
.equ MSG_DONTWAIT, 0x80
.equ EAGAIN, 35

.text
.globl _main
_main:
    adrp    x3, pair@PAGE
    add     x3, x3, pair@PAGEOFF
    mov     x19, x3
    mov     x0, #1
    mov     x1, #1
    mov     x2, #0
    mov     x16, #SYS_socketpair
    svc     #0x80
    bl      poll
    adrp    x1, forbidden@PAGE
    add     x1, x1, forbidden@PAGEOFF
    bl      send
    adrp    x0, path@PAGE
    add     x0, x0, path@PAGEOFF
    mov     x1, #0
    mov     x16, #SYS_open
    svc     #0x80
    bl      poll
    adrp    x1, missing@PAGE
    add     x1, x1, missing@PAGEOFF
    bl      send
    bl      poll
    adrp    x1, forbidden@PAGE
    add     x1, x1, forbidden@PAGEOFF
    bl      send
    mov     x0, #0
    mov     x16, #SYS_exit
    svc     #0x80

poll:
    ldr     w0, [x19]
    adrp    x1, buffer@PAGE
    add     x1, x1, buffer@PAGEOFF
    mov     x2, #16
    mov     x3, #MSG_DONTWAIT
    mov     x4, #0
    mov     x5, #0
    mov     x16, #SYS_recvfrom
    svc     #0x80
    ret

send:
    ldr     w0, [x19]
    mov     x2, #12
    mov     x3, #0
    mov     x4, #0
    mov     x5, #0
    mov     x16, #SYS_sendto
    svc     #0x80
    ret

.const
path:
    .asciz  "/nothing"
forbidden:
    .ascii  "HTTP/1.1 403"
missing:
    .ascii  "HTTP/1.1 404"
.zerofill __DATA,__bss,pair,8,3
.zerofill __DATA,__bss,buffer,16,3
