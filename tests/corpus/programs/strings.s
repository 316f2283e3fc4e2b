// strlen, strcpy, strrev, strcmp and a search, on one sentence
// exit: 0
.equ SYS_exit, 1
.equ SYS_write, 4
.data
sentence:   .asciz "a man a plan a canal panama"
            .balign 8
.bss
copy:       .skip 64
.text
.balign 4
strlen:     mov x1, x0
0:          ldrb w2, [x1], #1
            cbnz w2, 0b
            sub x0, x1, x0
            sub x0, x0, #1
            ret
strcpy:     mov x3, x0
0:          ldrb w2, [x1], #1
            strb w2, [x3], #1
            cbnz w2, 0b
            ret
// reverse x1 bytes at x0
reverse:    add x1, x0, x1
0:          sub x1, x1, #1
            cmp x0, x1
            b.hs 1f
            ldrb w2, [x0]
            ldrb w3, [x1]
            strb w3, [x0], #1
            strb w2, [x1]
            b 0b
1:          ret
strcmp:     ldrb w2, [x0], #1
            ldrb w3, [x1], #1
            cmp w2, w3
            b.ne 0f
            cbnz w2, strcmp
0:          sub w0, w2, w3
            ret
// the first w1 in x0, or null
strchr:     ldrb w2, [x0]
            cmp w2, w1
            b.eq 0f
            cbz w2, 1f
            add x0, x0, #1
            b strchr
1:          mov x0, #0
0:          ret
// the string at x0 and a line feed
say:        stp x29, x30, [sp, #-32]!
            str x0, [sp, #16]
            bl strlen
            mov x2, x0
            ldr x1, [sp, #16]
            mov x0, #1
            mov x16, #SYS_write
            svc #0x80
            adr x1, feed
            mov x0, #1
            mov x2, #1
            svc #0x80
            ldp x29, x30, [sp], #32
            ret
feed:       .byte '\n', 0, 0, 0
.globl _main
_main:      adrp x19, sentence@PAGE
            add x19, x19, sentence@PAGEOFF
            adrp x20, copy@PAGE
            add x20, x20, copy@PAGEOFF
            mov x0, x20
            mov x1, x19
            bl strcpy
            mov x0, x20
            bl strlen
            mov x1, x0
            mov x0, x20
            bl reverse
            mov x0, x20
            bl say
            mov x0, x19
            mov x1, x20
            bl strcmp
            cmp w0, #0
            adr x0, before
            adr x1, after
            csel x0, x0, x1, lt
            bl say
            mov x0, x19
            mov w1, #'c'
            bl strchr
            bl say
            mov x0, x19
            mov w1, #'z'
            bl strchr
            mov x16, #SYS_exit
            svc #0x80
before:     .asciz "it comes before its reverse"
after:      .asciz "it does not come before its reverse"
