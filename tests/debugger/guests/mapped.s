// Maps a file and touches nothing of it.
.equ SYS_exit, 1
.equ SYS_open, 5
.equ SYS_mmap, 197

.text
.globl _main
_main:
    adrp    x0, path@PAGE
    add     x0, x0, path@PAGEOFF
    mov     x1, #0
    mov     x16, #SYS_open
    svc     #0x80
    mov     x4, x0
    mov     x0, #0
    mov     x1, #0x8000
    mov     x2, #1
    mov     x3, #2
    mov     x5, #0
    mov     x16, #SYS_mmap
    svc     #0x80
mapped:
    ldrb    w1, [x0, #1]
    mov     x0, #0
    mov     x16, #SYS_exit
    svc     #0x80

.const
path:
    .asciz  "/letters"
