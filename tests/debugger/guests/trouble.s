// Fails in ways that a guest can: a missing file, a null pointer, an endless loop, a signal.
.equ SYS_open, 5
.equ SYS_close, 6
.equ SYS_kill, 37
.equ SYS_getpid, 20
.equ SYS_sigaction, 46

.text
.globl _main
_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    bl      open_missing
    bl      signal_self
    bl      spin
    bl      follow_null
    ldp     x29, x30, [sp], #16
    ret

open_missing:
    adrp    x0, path@PAGE
    add     x0, x0, path@PAGEOFF
    mov     x1, #0
    mov     x2, #0
    mov     x16, #SYS_open
    svc     #0x80
    ret

signal_self:
    mov     x0, #30
    adrp    x1, action@PAGE
    add     x1, x1, action@PAGEOFF
    adr     x9, handler
    stp     x9, x9, [x1]
    mov     x2, #0
    mov     x16, #SYS_sigaction
    svc     #0x80
    mov     x16, #SYS_getpid
    svc     #0x80
    mov     x1, #30
    mov     x16, #SYS_kill
    svc     #0x80
    ret

handler:
    mov     x0, x4
    mov     x16, #184
    svc     #0x80

spin:
    mov     x0, #0
Lspin_again:
    add     x0, x0, #1
    adrp    x9, enough@PAGE
    ldr     x10, [x9, enough@PAGEOFF]
    cbz     x10, Lspin_again
    ret

follow_null:
    mov     x9, #0
    ldr     x0, [x9, #8]
    ret

.const
path:
    .asciz  "/no/such/file"
.data
.p2align 3
action:
    .quad   0, 0, 0
enough:
    .quad   0
