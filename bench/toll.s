// What a fork and a switch cost: curves.py puts numbers in place of the names in braces.
//
// The program maps {area} bytes and writes to the first {pages} pages of them, starts {idle}
// processes that wait, then forks and waits {forks} times, and passes a byte to another process
// and back {rounds} times.  It exits with 1 if any of that fails.

.globl _main
_main:
    mov     x10, #{pages}
    cbz     x10, Lwritten
    adrp    x9, area@PAGE
    add     x9, x9, area@PAGEOFF
Lwrite:
    str     x9, [x9]
    add     x9, x9, #4, lsl #12     // a page of 16 KiB
    subs    x10, x10, #1
    b.ne    Lwrite
Lwritten:
    // The idle ones wait for the end of a pipe that the first process alone holds open.
    mov     x16, #42                // pipe
    svc     #0x80
    b.cs    Lfail
    mov     x20, x0
    mov     x21, x1
    mov     x19, #{idle}
    cbz     x19, Lforks
Lidle:
    mov     x16, #2                 // fork
    svc     #0x80
    b.cs    Lfail
    cbnz    x1, Lwait_for_end
    subs    x19, x19, #1
    b.ne    Lidle
Lforks:
    mov     x19, #{forks}
    cbz     x19, Lrounds
Lfork:
    mov     x16, #2
    svc     #0x80
    b.cs    Lfail
    cbnz    x1, Lend
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    mov     x16, #7                 // wait4
    svc     #0x80
    b.cs    Lfail
    subs    x19, x19, #1
    b.ne    Lfork
Lrounds:
    mov     x19, #{rounds}
    cbz     x19, Lend
    mov     x16, #42
    svc     #0x80
    b.cs    Lfail
    mov     x22, x0                 // the other reads here
    mov     x23, x1
    mov     x16, #42
    svc     #0x80
    b.cs    Lfail
    mov     x24, x0                 // and answers there
    mov     x25, x1
    mov     x16, #2
    svc     #0x80
    b.cs    Lfail
    cbnz    x1, Lother
Lround:
    mov     x0, x23
    bl      Lpass
    mov     x0, x24
    bl      Ltake
    subs    x19, x19, #1
    b.ne    Lround
    b       Lend

Lother:
    mov     x0, x23
    mov     x16, #6                 // close
    svc     #0x80
Lanswer:
    mov     x0, x22
    bl      Ltake
    mov     x0, x25
    bl      Lpass
    b       Lanswer

// One byte to or from the descriptor in x0.
Lpass:
    mov     x16, #4                 // write
    b       Lmove
Ltake:
    mov     x16, #3                 // read
Lmove:
    sub     x1, sp, #16
    mov     x2, #1
    svc     #0x80
    b.cs    Lfail
    cbz     x0, Lend
    ret

Lwait_for_end:
    mov     x0, x21
    mov     x16, #6
    svc     #0x80
    mov     x0, x20
    bl      Ltake
    b       Lfail
Lend:
    mov     x0, #0
    mov     x16, #1                 // exit
    svc     #0x80
Lfail:
    mov     x0, #1
    mov     x16, #1
    svc     #0x80
.zerofill __DATA,__bss,area,{area},14
