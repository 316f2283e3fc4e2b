// A printf of our own: %d %u %x %s %c %%, arguments on the stack as on Apple's arm64
// exit: 0
.text
.p2align 2
.globl _main
.macro PRINTF format, args:vararg
    sub     sp, sp, #48
    mov     x9, sp
    .irp    a, \args
    mov     x8, \a
    str     x8, [x9], #8
    .endr
    adrp    x0, \format@PAGE
    add     x0, x0, \format@PAGEOFF
    mov     x1, sp
    bl      _printf_list
    add     sp, sp, #48
.endm

_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    adr     x19, name
    PRINTF  Lfirst, x19, #42
    PRINTF  Lsecond, #-7, #0xbeef, #'!'
    mov     x20, #-1
    PRINTF  Lthird, x20, x20
    mov     x0, #0
    ldp     x29, x30, [sp], #16
    ret
name: .asciz "ymawky"
.p2align 2

// _printf_list(x0 = format, x1 = arguments)
_printf_list:
    stp     x29, x30, [sp, #-64]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    mov     x20, x1
    adrp    x21, buffer@PAGE
    add     x21, x21, buffer@PAGEOFF
    mov     x22, x21
Lnext:
    ldrb    w8, [x19], #1
    cbz     w8, Lflush
    cmp     w8, #'%'
    b.eq    Lconvert
Lput:
    strb    w8, [x22], #1
    b       Lnext
Lconvert:
    ldrb    w8, [x19], #1
    cmp     w8, #'%'
    b.eq    Lput
    ldr     x0, [x20], #8
    cmp     w8, #'s'
    b.eq    Ls
    cmp     w8, #'d'
    b.eq    Ld
    cmp     w8, #'u'
    b.eq    Lu
    cmp     w8, #'x'
    b.eq    Lx
    mov     w8, w0                      // c
    b       Lput
Ls:
    ldrb    w8, [x0], #1
    cbz     w8, Lnext
    strb    w8, [x22], #1
    b       Ls
Ld:
    tbz     x0, #63, Lu
    neg     x0, x0
    mov     w8, #'-'
    strb    w8, [x22], #1
Lu: mov     x1, #10
    b       Lnumber
Lx: mov     x1, #16
Lnumber:
    mov     x2, #0
1:  udiv    x3, x0, x1
    msub    x4, x3, x1, x0
    cmp     x4, #9
    add     x5, x4, #'0'
    add     x6, x4, #('a' - 10)
    csel    x5, x6, x5, hi
    sub     sp, sp, #16
    str     x5, [sp]
    add     x2, x2, #1
    mov     x0, x3
    cbnz    x0, 1b
2:  ldr     x5, [sp], #16
    strb    w5, [x22], #1
    subs    x2, x2, #1
    b.ne    2b
    b       Lnext
Lflush:
    mov     x0, #1
    mov     x1, x21
    sub     x2, x22, x21
    mov     x16, #4
    svc     #0x80
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x29, x30, [sp], #64
    ret

.cstring
Lfirst:  .asciz "%s has %d files (100%% of them)\n"
Lsecond: .asciz "%d is not 0x%x%c\n"
Lthird:  .asciz "%d and %u\n"
.zerofill __DATA,__bss,buffer,256
