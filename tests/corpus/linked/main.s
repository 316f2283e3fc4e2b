// Three files that are linked: this one knows the others' globals only
// args: 12 30
// exit: 42
.text
.globl _main
.p2align 2
_main:
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    mov     x19, x1
    ldr     x0, [x19, #8]
    bl      _parse_number
    mov     x20, x0
    ldr     x0, [x19, #16]
    bl      _parse_number
    add     x0, x0, x20
    adrp    x8, _total@PAGE
    str     x0, [x8, _total@PAGEOFF]
    bl      _print_number
    adrp    x8, _total@PAGE
    ldr     x0, [x8, _total@PAGEOFF]
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret
