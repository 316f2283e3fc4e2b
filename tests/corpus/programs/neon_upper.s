// Upper case sixteen letters at a time: compare, mask, subtract
// stdin: The quick brown fox [jumps] over {13} lazy dogs; zebra`@az!\n
.text
.p2align 2
.globl _main
_main:
	adrp	x19, text@PAGE
	add	x19, x19, text@PAGEOFF
	mov	x0, #0
	mov	x1, x19
	mov	x2, #256
	mov	x16, #3
	svc	#0x80
	mov	x20, x0
	mov	x1, x19
	add	x2, x19, x20
	movi	v1.16b, #'a'
	movi	v2.16b, #26
	movi	v3.16b, #0x20
0:	cmp	x1, x2
	b.hs	1f
	ldr	q0, [x1]
	sub	v4.16b, v0.16b, v1.16b
	cmhi	v5.16b, v2.16b, v4.16b
	and	v5.16b, v5.16b, v3.16b
	sub	v0.16b, v0.16b, v5.16b
	str	q0, [x1], #16
	b	0b
1:	mov	x0, #1
	mov	x1, x19
	mov	x2, x20
	mov	x16, #4
	svc	#0x80
	mov	x0, #0
	mov	x16, #1
	svc	#0x80
	.comm	text, 272, 4
