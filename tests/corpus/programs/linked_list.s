// A list on a bump allocator: push the numbers 1 to 5, reverse it in place, print both ways
// exit: 0
.equ NODE_NEXT, 0
.equ NODE_VALUE, 8
.equ NODE_SIZE, 16
.text
.p2align 2
.globl _main
_main:
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    str     x19, [sp, #16]
    mov     x19, #0                     // the list
    mov     w20, #1
1:  bl      new_node
    stp     x19, x20, [x0]
    mov     x19, x0
    add     w20, w20, #1
    cmp     w20, #5
    b.ls    1b
    mov     x0, x19
    bl      print_list
    mov     x0, x19
    bl      reverse
    bl      print_list
    ldr     x19, [sp, #16]
    ldp     x29, x30, [sp], #32
    mov     x0, #0
    ret

new_node:
    adrp    x8, Lfree@PAGE
    ldr     x0, [x8, Lfree@PAGEOFF]
    add     x9, x0, #NODE_SIZE
    str     x9, [x8, Lfree@PAGEOFF]
    ret

reverse:
    mov     x1, #0
2:  cbz     x0, 3f
    ldr     x2, [x0, #NODE_NEXT]
    str     x1, [x0, #NODE_NEXT]
    mov     x1, x0
    mov     x0, x2
    b       2b
3:  mov     x0, x1
    ret

print_list:
    sub     sp, sp, #16
    mov     x3, x0
4:  cbz     x3, 5f
    ldr     w4, [x3, #NODE_VALUE]
    add     w4, w4, #'0'
    mov     w5, #' '
    ldr     x3, [x3, #NODE_NEXT]
    cmp     x3, #0
    mov     w6, #'\n'
    csel    w5, w5, w6, ne
    strb    w4, [sp]
    strb    w5, [sp, #1]
    mov     x0, #1
    mov     x1, sp
    mov     x2, #2
    mov     x16, #4
    svc     #0x80
    b       4b
5:  add     sp, sp, #16
    ret

.data
.p2align 3
Lfree:  .quad Lheap
.zerofill __DATA,__bss,Lheap,(16 * NODE_SIZE),4
