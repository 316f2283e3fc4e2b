// A file's life: create, write, seek, read back, stat, truncate, rename, unlink
// exit: 0
.equ O_RDWR_CREAT_EXCL, 0xa02
.text
.globl _main
.p2align 2
.macro sys number
	mov	x16, #\number
	svc	#0x80
	b.cs	fail
.endm
_main:
	sub	sp, sp, #176
	adr	x0, name
	mov	w1, #O_RDWR_CREAT_EXCL
	mov	w2, #0600
	sys	5
	mov	w19, w0
	adr	x1, Ltext
	mov	x2, #(Ltext_end - Ltext)
	sys	4
	mov	w0, w19
	mov	x1, #-5			; five bytes before the end
	mov	x2, #2
	sys	199
	cmp	x0, #(Ltext_end - Ltext - 5)
	b.ne	fail
	mov	w0, w19
	mov	x1, sp
	mov	x2, #100
	sys	3
	cmp	x0, #5
	b.ne	fail
	mov	x2, x0
	mov	w0, #1
	mov	x1, sp
	sys	4
	mov	w0, w19
	mov	x1, sp
	mov	x2, #9
	mov	x3, #10			; pread at 10
	sys	153
	mov	w0, #1
	mov	x1, sp
	mov	x2, #9
	sys	4
	mov	w0, w19
	mov	x1, #7
	sys	201			; ftruncate
	mov	w0, w19
	mov	x1, sp
	sys	339			; fstat64
	ldr	x8, [sp, #96]		; st_size
	cmp	x8, #7
	b.ne	fail
	ldrh	w8, [sp, #4]		; st_mode: a regular file, 0600
	mov	w9, #0100600
	cmp	w8, w9
	b.ne	fail
	mov	w0, w19
	sys	6
	adr	x0, name
	adr	x1, other
	sys	128			; rename
	adr	x0, name
	mov	x1, sp
	mov	x16, #338		; stat64: ENOENT by now
	svc	#0x80
	b.cc	fail
	cmp	x0, #2
	b.ne	fail
	adr	x0, other
	sys	10
	mov	w0, #0
	b	leave
fail:
	mov	w0, #1
leave:
	mov	x16, #1
	svc	#0x80
name:	.asciz "life.txt"
other:	.asciz "afterlife.txt"
Ltext:	.ascii "to write, to read; no more.\n"
Ltext_end:
