// calls printf with a variadic argument, through a lazy pointer
.globl _main
.p2align 2
_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    sub     sp, sp, #16
    mov     w8, #42
    str     x8, [sp]
    adrp    x0, Lformat@PAGE
    add     x0, x0, Lformat@PAGEOFF
    bl      _printf
    add     sp, sp, #16
    mov     w0, #0
    ldp     x29, x30, [sp], #16
    ret
.cstring
Lformat: .asciz "the answer is %d\n"
.subsections_via_symbols
