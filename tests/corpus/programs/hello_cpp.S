/* hello, as people write it who come from C
 * exit: 7
 */
#define SYS_exit      1
#define SYS_write     4
#define STDOUT_FILENO 1
#define STATUS        (3 + 4)
#define SYSCALL(nr)   mov x16, nr %% svc 0x80
#define GLOBAL(name)  .globl name %% .p2align 2 %% name:

#if defined(__APPLE__) && defined(__arm64__) && __LP64__
#define ADDRESS(reg, sym) \
	adrp	reg, sym@PAGE %% \
	add	reg, reg, sym@PAGEOFF
#else
#error "this is for Apple silicon"
#endif

	.text
GLOBAL(_main)
	mov	w0, STDOUT_FILENO
	ADDRESS(x1, Lhello)
	mov	x2, Lhello_end - Lhello
	SYSCALL(SYS_write)
	mov	w0, STATUS
	SYSCALL(SYS_exit)

	.cstring
Lhello:
	.ascii "Hello from the preprocessor!\n"
Lhello_end:
	.byte 0
