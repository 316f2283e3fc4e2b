// Writes its arguments, one a line.
.globl _main
.text
_main:
    mov x19, x0
    add x20, x1, #8
next:
    subs x19, x19, #1
    b.eq done
    ldr x1, [x20], #8
    mov x2, #0
len:
    ldrb w3, [x1, x2]
    add x2, x2, #1
    cbnz w3, len
    sub x3, x2, #1
    mov w4, #10
    strb w4, [x1, x3]
    mov x0, #1
    mov x16, #4
    svc #0x80
    b next
done:
    mov x0, #0
    mov x16, #1
    svc #0x80
