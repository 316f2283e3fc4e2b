// calls.s: system calls in C's manner: -1 and errno where the kernel sets the carry.

.equ SYS_read,         3
.equ SYS_write,        4
.equ SYS_getpid,       20
.equ SYS_select,       93
.equ SYS_gettimeofday, 116
.equ MILLION,          1000000

.text
.p2align 2

// ssize_t read(int fd, void *buf, size_t n)
.globl _read
_read:
    mov     x16, #SYS_read
    svc     #0x80
    b.cs    Lfailed
    ret

// ssize_t write(int fd, const void *buf, size_t n)
.globl _write
_write:
    mov     x16, #SYS_write
    svc     #0x80
    b.cs    Lfailed
    ret

Lfailed:
    adrp    x8, _errno@PAGE
    str     w0, [x8, _errno@PAGEOFF]
    mov     x0, #-1
    ret

// int *__error(void): where errno is
.globl ___error
___error:
    adrp    x0, _errno@PAGE
    add     x0, x0, _errno@PAGEOFF
    ret

// pid_t getpid(void)
.globl _getpid
_getpid:
    mov     x16, #SYS_getpid
    svc     #0x80
    ret

// time_t time(time_t *where): seconds since 1970, also stored at `where` unless that is null
.globl _time
_time:
    sub     sp, sp, #32
    str     x0, [sp, #16]
    mov     x0, sp
    mov     x1, #0
    mov     x2, #0
    mov     x16, #SYS_gettimeofday
    svc     #0x80
    ldr     x0, [sp]
    ldr     x1, [sp, #16]
    add     sp, sp, #32
    cbz     x1, Ltime_done
    str     x0, [x1]
Ltime_done:
    ret

// int usleep(useconds_t microseconds)
.globl _usleep
_usleep:
    sub     sp, sp, #16
    movz    w8, #(MILLION & 0xffff)
    movk    w8, #(MILLION >> 16), lsl #16
    udiv    w9, w0, w8
    msub    w10, w9, w8, w0
    stp     x9, x10, [sp]
    mov     x0, #0
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    mov     x4, sp
    mov     x16, #SYS_select
    svc     #0x80
    add     sp, sp, #16
    b.cs    Lfailed
    ret

.globl _errno
.private_extern _errno
.zerofill __DATA,__bss,_errno,4,2
