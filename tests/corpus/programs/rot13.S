// rot13, with a table that the preprocessor and the assembler make together
// stdin: Why did the chicken cross the road?\n
#include "rot13.h"

	.text
	.globl _main
	.p2align 2
_main:
	sub	sp, sp, #(LINE_MAX)
	READ(STDIN, sp, LINE_MAX)
	cbz	x0, 2f
	mov	x20, x0
	ADDRESS(x8, table)
	mov	x9, sp
	add	x10, x9, x0
1:	ldrb	w11, [x9]
	ldrb	w11, [x8, x11]
	strb	w11, [x9], #1
	cmp	x9, x10
	b.ne	1b
	WRITE(STDOUT, sp, x20)
2:	EXIT(SUCCESS)

	.section __TEXT,__const
table:
	.set	i, 0
	.rept	256
	.if ROTATES('A', i)
	.byte	ROTATED('A', i)
	.elseif ROTATES('a', i)
	.byte	ROTATED('a', i)
	.else
	.byte	i
	.endif
	.set	i, i + 1
	.endr
