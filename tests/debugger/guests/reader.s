// Writes each line that it reads with its length in front, up to the end of file; says "end" then.
.equ SYS_exit, 1
.equ SYS_read, 3
.equ SYS_write, 4

.text
.globl _main
_main:
    adrp    x19, buffer@PAGE
    add     x19, x19, buffer@PAGEOFF
Lnext:
    mov     x0, #0
    add     x1, x19, #1
    mov     x2, #16
    mov     x16, #SYS_read
    svc     #0x80
    cbz     x0, Lend
    add     x2, x0, #1
    add     x9, x0, #'0'
    strb    w9, [x19]
    bl      write
    b       Lnext
Lend:
    adrp    x19, text@PAGE
    add     x19, x19, text@PAGEOFF
    mov     x2, #4
    bl      write
    mov     x0, #0
    mov     x16, #SYS_exit
    svc     #0x80

write:
    mov     x0, #1
    mov     x1, x19
    mov     x16, #SYS_write
    svc     #0x80
    ret

.const
text:
    .ascii  "end\n"
.zerofill __DATA,__bss,buffer,32,3
