// a pointer that slides, and memory that the file does not fill; exits with 9
.globl _main
.p2align 2
_main:
    adrp    x8, pointer@PAGE
    ldr     x8, [x8, pointer@PAGEOFF]
    ldr     x0, [x8]
    adrp    x9, big@PAGE
    add     x9, x9, big@PAGEOFF
    ldr     x10, [x9, #0x7ff8]
    add     x0, x0, x10
    str     x0, [x9]
    mov     x16, #1
    svc     #0x80
.data
.p2align 3
value:   .quad 9
pointer: .quad value
.zerofill __DATA,__bss,big,0x20000,4
.subsections_via_symbols
