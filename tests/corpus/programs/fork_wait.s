// fork: the child says so in x1; wait4 brings its status
// exit: 0
.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_write, 4
.equ SYS_wait4, 7

.macro SYS number
        mov     x16, #\number
        svc     #0x80
.endm
.macro SAY text
        b       2f
1:      .ascii  "\text\n"
2:      .p2align 2
        mov     x0, #1
        adr     x1, 1b
        mov     x2, #(2b - 1b)
        SYS     SYS_write
.endm

.text
.p2align 2
.globl _main
_main:
        sub     sp, sp, #16
        SYS     SYS_fork
        b.cs    Lerror
        cbnz    x1, Lchild
        mov     x19, x0                 // the child's pid
        mov     x1, sp
        mov     x2, #0
        mov     x3, #0
        SYS     SYS_wait4
        b.cs    Lerror
        cmp     x0, x19
        b.ne    Lerror
        ldr     w8, [sp]
        mov     w9, #(42 << 8)
        cmp     w8, w9
        b.ne    Lerror
        adr     x1, Lparent_text
        mov     x2, #(Lparent_end - Lparent_text)
        mov     x0, #1
        SYS     SYS_write
        mov     x0, #0
        SYS     SYS_exit
Lchild:
        adr     x1, Lchild_text
        mov     x2, #(Lchild_end - Lchild_text)
        mov     x0, #1
        SYS     SYS_write
        mov     x0, #42
        SYS     SYS_exit
Lerror:
        mov     x0, #1
        SYS     SYS_exit
Lparent_text:
        .ascii  "parent: the child has ended\n"
Lparent_end:
Lchild_text:
        .ascii  "child: here\n"
Lchild_end:
