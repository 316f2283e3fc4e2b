// Macros that make code: defaults, named arguments, varargs, \@, repetition, conditionals
// exit: 10
.macro SYSCALL number:req, status=0
    mov     x16, #\number
    svc     #0x80
.endm

.macro PUSH first, second
    stp     \first, \second, [sp, #-16]!
.endm
.macro POP first, second
    ldp     \first, \second, [sp], #16
.endm

// PRINT "text": puts the text into the strings' section and writes it
.macro PRINT text
.section __TEXT,__const
Ltext_\@:
    .ascii  "\text"
Lend_\@:
.text
    mov     x0, #1
    adrp    x1, Ltext_\@@PAGE
    add     x1, x1, Ltext_\@@PAGEOFF
    mov     x2, #(Lend_\@ - Ltext_\@)
    SYSCALL 4
.endm

.macro SUM into, values:vararg
    mov     \into, #0
    .irp    value, \values
    add     \into, \into, #\value
    .endr
.endm

// COUNTDOWN n: unrolled by the assembler itself
.macro COUNTDOWN n
    .if \n > 0
    mov     w8, #('0' + \n)
    strb    w8, [x19], #1
    COUNTDOWN (\n - 1)
    .endif
.endm

.text
.globl _main
.p2align 2
_main:
    PUSH    x29, x30
    PRINT   "macros\n"
    PRINT   "are fun\n"
    adrp    x19, digits@PAGE
    add     x19, x19, digits@PAGEOFF
    mov     x20, x19
    COUNTDOWN 9
    .irpc   letter, abc
    mov     w8, #'\letter'
    strb    w8, [x19], #1
    .endr
    .rept   3
    mov     w8, #'!'
    strb    w8, [x19], #1
    .endr
    mov     w8, #'\n'
    strb    w8, [x19], #1
    mov     x0, #1
    mov     x1, x20
    sub     x2, x19, x20
    SYSCALL 4
    SUM     w0, 1, 2, 3, 4
    POP     x29, x30
    SYSCALL number=1

.zerofill __DATA,__bss,digits,32,0
