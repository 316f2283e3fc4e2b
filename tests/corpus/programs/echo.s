// echo: writes its arguments
// args: to be 'or not' "" end
.text
.p2align 2
.globl _main

// write(1, x1, x2)
put:
    mov     x0, #1
    mov     x16, #4
    svc     #0x80
    ret

_main:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    add     x19, x1, #8         // argv + 1
next:
    ldr     x1, [x19], #8
    cbz     x1, finish
    mov     x2, #0
length:
    ldrb    w3, [x1, x2]
    cbz     w3, measured
    add     x2, x2, #1
    b       length
measured:
    bl      put
    ldr     x3, [x19]
    cbz     x3, next
    adr     x1, blank
    mov     x2, #1
    bl      put
    b       next
finish:
    adr     x1, newline
    mov     x2, #1
    bl      put
    mov     x0, #0
    ldp     x29, x30, [sp], #16
    ret                         // returning from main is exiting
blank:   .ascii " "
newline: .ascii "\n"
