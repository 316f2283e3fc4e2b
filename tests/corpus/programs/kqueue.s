// kevent: a timer that fires three times, then a socket that has something to read
// exit: 0
// needs: 135, 362, 363
.equ SYS_exit, 1
.equ SYS_read, 3
.equ SYS_write, 4
.equ SYS_socketpair, 135
.equ SYS_kqueue, 362
.equ SYS_kevent, 363
.equ EVFILT_READ, -1
.equ EVFILT_TIMER, -7
.equ EV_ADD, 1
.equ EV_DELETE, 2
.equ IDENT, 0                   // struct kevent
.equ FILTER, 8
.equ FLAGS, 10
.equ FFLAGS, 12
.equ DATA, 16
.equ UDATA, 24
.equ SIZE, 32

.macro must number
    mov     x16, #\number
    svc     #0x80
    b.cs    Lbad
.endm

// one change: CHANGE ident, filter, flags, data
.macro CHANGE ident, filter, flags, data=xzr
    mov     w8, #\filter
    mov     w9, #\flags
    str     \ident, [sp, #IDENT]
    strh    w8, [sp, #FILTER]
    strh    w9, [sp, #FLAGS]
    str     wzr, [sp, #FFLAGS]
    str     \data, [sp, #DATA]
    str     xzr, [sp, #UDATA]
    mov     w0, w19
    mov     x1, sp
    mov     w2, #1
    mov     x3, #0
    mov     w4, #0
    mov     x5, #0
    must    SYS_kevent
.endm

.text
.globl _main
.p2align 2
_main:
    sub     sp, sp, #(SIZE + 16)
    must    SYS_kqueue
    mov     w19, w0
    mov     x20, #7
    mov     x21, #10                    // milliseconds
    CHANGE  x20, EVFILT_TIMER, EV_ADD, x21
    mov     w22, #3
Ltick:
    bl      Lwait
    ldr     x8, [sp, #IDENT]
    cmp     x8, #7
    b.ne    Lbad
    adr     x1, Ltick_text
    mov     x0, #1
    mov     x2, #5
    must    SYS_write
    subs    w22, w22, #1
    b.ne    Ltick
    CHANGE  x20, EVFILT_TIMER, EV_DELETE
    mov     x0, #1                      // AF_UNIX, SOCK_STREAM
    mov     x1, #1
    mov     x2, #0
    add     x3, sp, #SIZE
    must    SYS_socketpair
    ldr     w20, [sp, #SIZE]
    CHANGE  x20, EVFILT_READ, EV_ADD
    ldr     w0, [sp, #(SIZE + 4)]
    adr     x1, Ltext
    mov     x2, #9
    must    SYS_write
    bl      Lwait
    ldr     x8, [sp, #DATA]             // how much there is to read
    cmp     x8, #9
    b.ne    Lbad
    mov     w0, w20
    mov     x1, sp
    mov     x2, #16
    must    SYS_read
    mov     x2, x0
    mov     x0, #1
    mov     x1, sp
    must    SYS_write
    mov     x0, #0
    must    SYS_exit

// one event into the struct at sp
Lwait:
    mov     w0, w19
    mov     x1, #0
    mov     w2, #0
    mov     x3, sp
    mov     w4, #1
    mov     x5, #0
    must    SYS_kevent
    cmp     x0, #1
    b.ne    Lbad
    ret
Lbad:
    mov     x0, #1
    mov     x16, #SYS_exit
    svc     #0x80
Ltick_text:
    .ascii  "tick\n"
Ltext:
    .ascii  "readable\n"
