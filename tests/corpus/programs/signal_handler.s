// A handler for SIGUSR1, raised three times with kill
// exit: 3
.set SIGUSR1, 30
.text
.align 4
.globl _main
_main:
    adrp    x19, count@PAGE
    add     x19, x19, count@PAGEOFF
    mov     x0, #SIGUSR1
    adrp    x1, action@PAGE
    add     x1, x1, action@PAGEOFF
    mov     x2, #0
    mov     x16, #46            // sigaction
    svc     #0x80
    b.cs    bad
    mov     x20, #3
0:  mov     x16, #20            // getpid
    svc     #0x80
    mov     x1, #SIGUSR1
    mov     x16, #37            // kill
    svc     #0x80
    b.cs    bad
    subs    x20, x20, #1
    b.ne    0b
    ldr     w0, [x19]
    mov     x16, #1
    svc     #0x80
bad:
    mov     x0, #100
    mov     x16, #1
    svc     #0x80

// The kernel enters the trampoline: x0 = handler, x2 = signal, x4 = context, x5 = token
trampoline:
    mov     x20, x4
    mov     x21, x5
    mov     x8, x0
    mov     x0, x2
    blr     x8
    mov     x0, x20
    mov     x1, #30             // UC_FLAVOR
    mov     x2, x21
    mov     x16, #184           // sigreturn
    svc     #0x80
    brk     #1

handler:
    adrp    x8, count@PAGE
    ldr     w9, [x8, count@PAGEOFF]
    add     w9, w9, #1
    str     w9, [x8, count@PAGEOFF]
    mov     w0, #1
    adr     x1, text
    mov     x2, #7
    mov     x16, #4
    svc     #0x80
    ret
text: .ascii "caught\n"

.data
.balign 8
action:
    .quad   handler
    .quad   trampoline
    .long   0                   // mask
    .long   0                   // flags
count:
    .long   0
