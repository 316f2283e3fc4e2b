// An interval timer ticks four times; between the ticks the program sleeps in sigsuspend.
// exit: 0
        .equ    SIGALRM, 14
        .equ    TICKS, 4
        .text
        .globl  _main
        .p2align 2
_main:  sub     sp, sp, #48
        adr     x8, Lhandler
        stp     x8, x8, [sp]            // the handler is its own trampoline
        str     xzr, [sp, #16]
        mov     x0, #SIGALRM
        mov     x1, sp
        mov     x2, #0
        mov     x16, #46
        svc     #0x80
        b.cs    Lbad
        // block it, so that it arrives in sigsuspend only
        mov     w8, #(1 << (SIGALRM - 1))
        str     w8, [sp]
        mov     x0, #1                  // SIG_BLOCK
        mov     x1, sp
        mov     x2, #0
        mov     x16, #48
        svc     #0x80
        b.cs    Lbad
        mov     x8, #10000              // 10 ms
        stp     xzr, x8, [sp]
        stp     xzr, x8, [sp, #16]
        mov     x0, #0                  // ITIMER_REAL
        mov     x1, sp
        mov     x2, #0
        mov     x16, #83
        svc     #0x80
        b.cs    Lbad
        mov     w19, #TICKS
Lwait:  mov     x0, #0
        mov     x16, #111               // sigsuspend
        svc     #0x80
        b.cc    Lbad
        cmp     x0, #4                  // EINTR
        b.ne    Lbad
        mov     x0, #1
        adr     x1, Ltick
        mov     x2, #5
        mov     x16, #4
        svc     #0x80
        subs    w19, w19, #1
        b.ne    Lwait
        mov     x0, #0
        b       Lexit
Lbad:   mov     x0, #1
Lexit:  mov     x16, #1
        svc     #0x80
Lhandler:
        mov     x0, x4
        mov     x1, #30
        mov     x2, x5
        mov     x16, #184
        svc     #0x80
Ltick:  .ascii  "tick\n"
