// writev gathers what lies apart; dup2 sends it elsewhere
// exit: 0
.text
.globl _main
.p2align 2
_main:
    mov     w0, #1
    mov     w1, #9
    mov     x16, #90            // dup2
    svc     #0x80
    b.cs    bad
    cmp     w0, #9
    b.ne    bad
    mov     w0, #9
    adrp    x1, vector@PAGE
    add     x1, x1, vector@PAGEOFF
    mov     w2, #3
    mov     x16, #121           // writev
    svc     #0x80
    b.cs    bad
    cmp     x0, #(4 + 6 + 7)
    b.ne    bad
    mov     w0, #77
    mov     x16, #6             // close: EBADF
    svc     #0x80
    b.cc    bad
    cmp     w0, #9
    b.ne    bad
    mov     w0, #0
    b       out
bad:
    mov     w0, #1
out:
    mov     x16, #1
    svc     #0x80
.cstring
Lone:   .asciz "one "
Ltwo:   .asciz "piece "
Lthree: .asciz "of all\n"
.data
.p2align 3
vector:
    .quad   Lone, 4
    .quad   Ltwo, 6
    .quad   Lthree, 7
