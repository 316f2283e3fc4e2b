// ls: makes a directory with three files in it, lists it (without the dots), removes it all
// exit: 0
SYS_exit = 1
SYS_write = 4
SYS_open = 5
SYS_close = 6
SYS_unlink = 10
SYS_mkdir = 136
SYS_rmdir = 137
SYS_getdirentries64 = 344
O_CREAT_WRONLY = 0x201
O_DIRECTORY = 0x100000
BUFFER = 2048

.macro path label
        adrp    x0, \label@PAGE
        add     x0, x0, \label@PAGEOFF
.endm
.macro must number
        mov     x16, #\number
        svc     #0x80
        b.cs    Lfail
.endm
.macro create label
        path    \label
        mov     w1, #O_CREAT_WRONLY
        mov     w2, #0644
        must    SYS_open
        must    SYS_close
.endm
.macro remove label
        path    \label
        must    SYS_unlink
.endm

.text
.globl _main
.p2align 2
_main:
        sub     sp, sp, #(BUFFER + 16)
        path    Ldirectory
        mov     w1, #0755
        must    SYS_mkdir
        create  Lone
        create  Ltwo
        create  Lthree
        path    Ldirectory
        movz    w1, #(O_DIRECTORY >> 16), lsl #16
        must    SYS_open
        mov     w19, w0
        mov     w22, #0                 // how many entries
Lread:
        mov     w0, w19
        mov     x1, sp
        mov     x2, #BUFFER
        add     x3, sp, #BUFFER
        must    SYS_getdirentries64
        cbz     x0, Lend
        mov     x20, sp
        add     x21, x20, x0
Lentry:
        ldrh    w8, [x20, #18]          // d_namlen
        add     x1, x20, #21            // d_name
        ldrb    w9, [x1]
        cmp     w9, #'.'
        b.eq    Lskip
        ldrb    w10, [x20, #20]         // d_type: a regular file
        cmp     w10, #8
        b.ne    Lfail
        add     w22, w22, w8
Lskip:
        ldrh    w8, [x20, #16]          // d_reclen
        add     x20, x20, x8
        cmp     x20, x21
        b.lo    Lentry
        b       Lread
Lend:
        mov     w0, w19
        must    SYS_close
        remove  Lone
        remove  Ltwo
        remove  Lthree
        path    Ldirectory
        must    SYS_rmdir
        // the order of entries is the file system's: say only how long all names are together
        add     w22, w22, #'0'
        strb    w22, [sp]
        mov     w8, #'\n'
        strb    w8, [sp, #1]
        mov     x0, #1
        mov     x1, sp
        mov     x2, #2
        must    SYS_write
        mov     w0, #0
        must    SYS_exit
Lfail:
        mov     w0, #1
        mov     x16, #SYS_exit
        svc     #0x80

.cstring
Ldirectory: .asciz "listed"
Lone:       .asciz "listed/a"
Ltwo:       .asciz "listed/bcd"
Lthree:     .asciz "listed/efgh"
