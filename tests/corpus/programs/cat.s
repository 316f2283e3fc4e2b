; cat: copies stdin to stdout until the end
; stdin: one line\nand another\nno newline at the end
	.set	SYS_exit, 1
	.set	SYS_read, 3
	.set	SYS_write, 4
	.set	BUFSIZE, 4096

	.section __TEXT,__text,regular,pure_instructions
	.globl	_main
	.align	2
_main:
	adrp	x19, buffer@PAGE
	add	x19, x19, buffer@PAGEOFF
1:	mov	x0, #0
	mov	x1, x19
	mov	x2, #BUFSIZE
	mov	x16, #SYS_read
	svc	#0x80
	b.cs	fail
	cbz	x0, 3f
	mov	x20, x0			; how much is left to write
	mov	x21, x19
2:	mov	x0, #1
	mov	x1, x21
	mov	x2, x20
	mov	x16, #SYS_write
	svc	#0x80
	b.cs	fail
	add	x21, x21, x0
	subs	x20, x20, x0
	b.ne	2b
	b	1b
3:	mov	x0, #0
fail:
	mov	x16, #SYS_exit
	svc	#0x80

	.zerofill __DATA,__bss,buffer,BUFSIZE,4
