; two UDP sockets on the loopback: send a datagram from one to the other and look who sent it
; exit: 0
	.text
	.globl _main
	.p2align 2
_main:
	sub	sp, sp, #96
	adrp	x19, receiver@PAGE
	add	x19, x19, receiver@PAGEOFF
	bl	new_socket
	mov	w20, w0
	add	x19, x19, #16		; sender
	bl	new_socket
	mov	w21, w0
	; sendto(sender, text, 9, 0, receiver, 16)
	adr	x1, text
	mov	x2, #9
	mov	x3, #0
	sub	x4, x19, #16
	mov	x5, #16
	mov	x16, #133
	svc	#0x80
	b.cs	fail
	; recvfrom(receiver, sp, 64, 0, sp + 64, sp + 80)
	mov	w8, #16
	str	w8, [sp, #80]
	mov	w0, w20
	mov	x1, sp
	mov	x2, #64
	mov	x3, #0
	add	x4, sp, #64
	add	x5, sp, #80
	mov	x16, #29
	svc	#0x80
	b.cs	fail
	mov	x2, x0
	; the source's port and address must be the sender's
	ldr	w8, [sp, #64 + 2]
	ldr	w9, [x19, #2]
	cmp	w8, w9
	b.ne	fail
	mov	w0, #1
	mov	x1, sp
	mov	x16, #4
	svc	#0x80
	mov	w0, #0
	b	done
fail:	mov	w0, #1
done:	mov	x16, #1
	svc	#0x80

; a bound socket; its address, with the port, is left at x19
new_socket:
	mov	w0, #2			; AF_INET
	mov	w1, #2			; SOCK_DGRAM
	mov	w2, #0
	mov	x16, #97
	svc	#0x80
	b.cs	fail
	mov	w22, w0
	mov	x1, x19
	mov	w2, #16
	mov	x16, #104
	svc	#0x80
	b.cs	fail
	mov	w8, #16
	str	w8, [sp]
	mov	w0, w22
	mov	x1, x19
	mov	x2, sp
	mov	x16, #32
	svc	#0x80
	b.cs	fail
	mov	w0, w22
	ret
text:	.ascii "datagram\n"

	.data
	.p2align 4
receiver:
	.byte	16, 2, 0, 0, 127, 0, 0, 1
	.quad	0
sender:	.byte	16, 2, 0, 0, 127, 0, 0, 1
	.quad	0
