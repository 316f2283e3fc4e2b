// An interpreter of a small language, and a program in it that says hello
// exit: 0
.text
.globl _main
.p2align 2
// x19 program, x20 instruction, x21 tape
_main:
    adrp    x19, program@PAGE
    add     x19, x19, program@PAGEOFF
    adrp    x21, tape@PAGE
    add     x21, x21, tape@PAGEOFF
    mov     x20, x19
Lstep:
    ldrb    w0, [x20], #1
    cbz     w0, Lend
    ldrb    w1, [x21]
    cmp     w0, #'+'
    b.eq    Lincrement
    cmp     w0, #'-'
    b.eq    Ldecrement
    cmp     w0, #'>'
    cinc    x21, x21, eq
    b.eq    Lstep
    cmp     w0, #'<'
    b.eq    Lleft
    cmp     w0, #'.'
    b.eq    Lout
    cmp     w0, #'['
    b.eq    Lopen
    cmp     w0, #']'
    b.eq    Lclose
    b       Lstep
Lincrement:
    add     w1, w1, #1
    strb    w1, [x21]
    b       Lstep
Ldecrement:
    sub     w1, w1, #1
    strb    w1, [x21]
    b       Lstep
Lleft:
    sub     x21, x21, #1
    b       Lstep
Lout:
    mov     x0, #1
    mov     x1, x21
    mov     x2, #1
    mov     x16, #4
    svc     #0x80
    b       Lstep
Lopen:
    cbnz    w1, Lstep
    mov     x2, #1
1:  ldrb    w0, [x20], #1
    cmp     w0, #'['
    cinc    x2, x2, eq
    cmp     w0, #']'
    b.ne    1b
    subs    x2, x2, #1
    b.ne    1b
    b       Lstep
Lclose:
    cbz     w1, Lstep
    sub     x20, x20, #1
    mov     x2, #1
2:  ldrb    w0, [x20, #-1]!
    cmp     w0, #']'
    cinc    x2, x2, eq
    cmp     w0, #'['
    b.ne    2b
    subs    x2, x2, #1
    b.ne    2b
    add     x20, x20, #1
    b       Lstep
Lend:
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
    .section __TEXT,__const
program:
    .ascii  "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++."
    .ascii  ">>.<-.<.+++.------.--------.>>+.>++."
    .byte   0
    .bss
tape:
    .space  256
