#ifndef ROT13_H
#define ROT13_H

#define STDIN    0
#define STDOUT   1
#define SUCCESS  0
#define LINE_MAX 1024

#define CAT(a, b)           a ## b
#define NUMBER(name)        CAT(NR_, name)
#define NR_exit             1
#define NR_read             3
#define NR_write            4
#define SYSCALL(name)       mov x16, NUMBER(name) %% svc 0x80
#define READ(fd, to, size)  mov x0, fd %% mov x1, to %% mov x2, size %% SYSCALL(read)
#define WRITE(fd, from, size) \
	mov x0, fd %% mov x1, from %% mov x2, size %% SYSCALL(write)
#define EXIT(status)        mov x0, status %% SYSCALL(exit)
#define ADDRESS(reg, sym)   adrp reg, sym@PAGE %% add reg, reg, sym@PAGEOFF

#define ROTATES(first, c)   (c >= first) && (c < first + 26)
#define ROTATED(first, c)   (c - first + 13) % 26 + first

#endif /* ROT13_H */
