// A Unix-domain server on a path: bind, listen, and a child that connects to it
// exit: 0
.text
.globl _main
.p2align 2
.macro sys number
	mov	x16, #\number
	svc	#0x80
	b.cs	1f
.endm
_main:
	adrp	x19, Laddress@PAGE
	add	x19, x19, Laddress@PAGEOFF
	mov	w0, #1			// AF_UNIX, SOCK_STREAM
	mov	w1, #1
	mov	w2, #0
	sys	97
	mov	w20, w0
	mov	x1, x19
	mov	w2, #(Laddress_end - Laddress)
	sys	104			// bind
	mov	w0, w20
	mov	w1, #1
	sys	106			// listen
	sys	2			// fork
	cbnz	x1, Lchild
	mov	w0, w20
	mov	x1, #0
	mov	x2, #0
	sys	30			// accept
	mov	w21, w0
	sub	sp, sp, #16
	mov	x1, sp
	mov	x2, #16
	sys	3
	mov	x2, x0
	mov	w0, #1
	mov	x1, sp
	sys	4
	mov	x0, #-1
	mov	x1, #0
	mov	x2, #0
	mov	x3, #0
	sys	7
	add	x0, x19, #2
	sys	10			// unlink
	mov	w0, #0
	b	2f
1:	mov	w0, #1
2:	mov	x16, #1
	svc	#0x80
Lchild:
	mov	w0, #1
	mov	w1, #1
	mov	w2, #0
	mov	x16, #97
	svc	#0x80
	mov	w20, w0
	mov	x1, x19
	mov	w2, #(Laddress_end - Laddress)
	mov	x16, #98		// connect
	svc	#0x80
	b.cs	1b
	mov	w0, w20
	adr	x1, Lhello
	mov	x2, #12
	mov	x16, #4
	svc	#0x80
	mov	w0, #0
	b	2b
Lhello:	.ascii "from a path\n"
	.data
Laddress:
	.byte	0, 1			// length (not looked at), AF_UNIX
	.asciz	"corpus.sock"
Laddress_end:
