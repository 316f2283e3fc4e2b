.data
.globl _total
.p2align 3
Lloop:              // the same local name as in numbers.s: no clash
_total:
    .quad   0
