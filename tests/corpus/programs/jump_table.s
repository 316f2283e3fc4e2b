// A switch by a table of offsets, as a compiler makes it
// stdin: +-*?x
.text
.globl _main
.p2align 2
_main:
    sub     sp, sp, #16
Lloop:
    mov     x0, #0
    mov     x1, sp
    mov     x2, #1
    mov     x16, #3
    svc     #0x80
    cmp     x0, #1
    b.ne    Ldone
    ldrb    w8, [sp]
    sub     w8, w8, #'*'
    cmp     w8, #('-' - '*')
    b.hi    Lother
    adr     x9, Ltable
    ldrsw   x10, [x9, w8, uxtw #2]
    add     x9, x9, x10
    br      x9
Lstar:
    adr     x1, Lstar_text
    b       Lsay
Lplus:
    adr     x1, Lplus_text
    b       Lsay
Lminus:
    adr     x1, Lminus_text
    b       Lsay
Lother:
    adr     x1, Lother_text
Lsay:
    mov     x0, #1
    mov     x2, #8
    mov     x16, #4
    svc     #0x80
    b       Lloop
Ldone:
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
.p2align 2
Ltable:
    .long   Lstar - Ltable
    .long   Lplus - Ltable
    .long   Lother - Ltable
    .long   Lminus - Ltable
Lstar_text:  .ascii "times..\n"
Lplus_text:  .ascii "plus...\n"
Lminus_text: .ascii "minus..\n"
Lother_text: .ascii "other..\n"
