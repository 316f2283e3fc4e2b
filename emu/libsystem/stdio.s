// stdio.s: standard output, buffered as macOS's is: a line at a time on a terminal (any character
// device), 4096 bytes at a time otherwise, and flushed by exit. fork copies the buffer like all
// memory.

.equ SYS_write,   4
.equ SYS_fstat64, 339
.equ EINTR,       4
.equ STDOUT,      1
.equ EOF,         -1
.equ S_IFMT,      0xf000
.equ S_IFCHR,     0x2000
.equ ST_MODE,     4
.equ STAT_SIZE,   144
.equ BUFFER_SIZE, 4096
// How stdout is buffered: not known yet, by lines, by blocks.
.equ UNKNOWN,     0
.equ BY_LINES,    1
.equ BY_BLOCKS,   2

.text
.p2align 2

// int putchar(int c)
.globl _putchar
_putchar:
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    and     w0, w0, #0xff
    strb    w0, [sp, #16]
    add     x0, sp, #16
    mov     x1, #1
    bl      _libsystem_put
    ldrb    w8, [sp, #16]
    cmp     w0, #0
    csinv   w0, w8, wzr, ge
    ldp     x29, x30, [sp], #32
    ret

// int puts(const char *s): the string and a line feed
.globl _puts
_puts:
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    str     x0, [sp, #16]
    bl      _strlen
    mov     x1, x0
    ldr     x0, [sp, #16]
    bl      _libsystem_put
    mov     w0, #'\n'
    bl      _putchar
    ldp     x29, x30, [sp], #32
    ret

// int libsystem_put(x0 = bytes, x1 = how many): 0, or EOF with errno set
.globl _libsystem_put
.private_extern _libsystem_put
_libsystem_put:
    stp     x29, x30, [sp, #-48]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    mov     x20, x1
    adrp    x21, Lstdout@PAGE
    add     x21, x21, Lstdout@PAGEOFF
    ldr     w22, [x21, #4]              // mode
    cbnz    w22, Lput_next
    bl      Lfind_mode
    mov     w22, w0
Lput_next:
    cbz     x20, Lput_end
    ldr     w8, [x21]                   // bytes in the buffer
    cmp     w8, #BUFFER_SIZE
    b.ne    Lput_byte
    bl      _libsystem_flush
    cbnz    w0, Lput_done
    mov     w8, #0
Lput_byte:
    ldrb    w9, [x19], #1
    sub     x20, x20, #1
    add     x10, x21, #8
    strb    w9, [x10, x8]
    add     w8, w8, #1
    str     w8, [x21]
    cmp     w9, #'\n'
    ccmp    w22, #BY_LINES, #0, eq
    b.ne    Lput_next
    bl      _libsystem_flush
    cbz     w0, Lput_next
    b       Lput_done
Lput_end:
    mov     w0, #0
Lput_done:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x29, x30, [sp], #48
    ret

// Find out what standard output is; w0 = its mode. Leaf but for the call.
Lfind_mode:
    sub     sp, sp, #(STAT_SIZE + 16)
    mov     w0, #STDOUT
    mov     x1, sp
    mov     x16, #SYS_fstat64
    svc     #0x80
    ldrh    w8, [sp, #ST_MODE]
    mov     w0, #BY_BLOCKS
    b.cs    Lfind_mode_done
    and     w8, w8, #S_IFMT
    mov     w9, #S_IFCHR
    cmp     w8, w9
    mov     w9, #BY_LINES
    csel    w0, w9, w0, eq
Lfind_mode_done:
    adrp    x8, Lstdout@PAGE
    add     x8, x8, Lstdout@PAGEOFF
    str     w0, [x8, #4]
    add     sp, sp, #(STAT_SIZE + 16)
    ret

// int libsystem_flush(void): write out what is buffered; EOF with errno set on failure
.globl _libsystem_flush
.private_extern _libsystem_flush
_libsystem_flush:
    adrp    x9, Lstdout@PAGE
    add     x9, x9, Lstdout@PAGEOFF
    ldr     w10, [x9]
    add     x11, x9, #8
    str     wzr, [x9]                   // what cannot be written is lost, as in C
Lflush_next:
    cbz     w10, Lflush_done
    mov     w0, #STDOUT
    mov     x1, x11
    mov     x2, x10
    mov     x16, #SYS_write
    svc     #0x80
    b.cs    Lflush_failed
    add     x11, x11, x0
    sub     w10, w10, w0
    b       Lflush_next
Lflush_failed:
    cmp     w0, #EINTR
    b.eq    Lflush_next
    adrp    x8, _errno@PAGE
    str     w0, [x8, _errno@PAGEOFF]
    mov     w0, #EOF
    ret
Lflush_done:
    mov     w0, #0
    ret

// u32 bytes in the buffer, u32 mode, the buffer
.zerofill __DATA,__bss,Lstdout,(8 + BUFFER_SIZE),3
