// start.s: the way into and out of a program, and what compilers call by themselves.
//
// dyld's `start` calls the initializers, then main, and passes main's result to exit. Here the
// linker (emu/libsystem/__init__.py) makes `start` the entry point and fills in the three words
// at _libsystem_main, and the one at _libsystem_thread_locals.

.equ SYS_exit,  1
.equ SYS_getpid, 20
.equ SYS_kill,  37
.equ SYS_write, 4
.equ SIGABRT,   6
.equ STDERR,    2

.text
.p2align 2

// start(x0 = argc, x1 = argv, x2 = envp, x3 = apple): does not return
.globl start
.private_extern start
start:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    mov     x19, x0
    mov     x20, x1
    mov     x21, x2
    mov     x22, x3
    adrp    x23, _libsystem_main@PAGE
    add     x23, x23, _libsystem_main@PAGEOFF
    ldp     x24, x25, [x23, #8]         // x24 -> the initializers, x25 = how many
Lstart_initializer:
    cbz     x25, Lstart_main
    ldr     x8, [x24], #8
    sub     x25, x25, #1
    bl      Lstart_call
    b       Lstart_initializer
Lstart_main:
    ldr     x8, [x23]
    bl      Lstart_call
    b       _exit
Lstart_call:
    mov     x0, x19
    mov     x1, x20
    mov     x2, x21
    mov     x3, x22
    br      x8

// void exit(int status): flush stdout, then end the process
.globl _exit
_exit:
    mov     w19, w0
    bl      _libsystem_flush
    mov     w0, w19
    b       __exit

// void _exit(int status)
.globl __exit
__exit:
    mov     x16, #SYS_exit
    svc     #0x80
    brk     #1

// void abort(void): SIGABRT; a handler that returns does not save the program
.globl _abort
_abort:
    mov     x16, #SYS_getpid
    svc     #0x80
    mov     w1, #SIGABRT
    mov     x16, #SYS_kill
    svc     #0x80
    brk     #1

// void __stack_chk_fail(void): a function found its stack guard overwritten
// libsystem_overflow: a copy would be longer than the room for it
.globl ___stack_chk_fail
.globl _libsystem_overflow
.private_extern _libsystem_overflow
___stack_chk_fail:
    adrp    x1, Lsmashed@PAGE
    add     x1, x1, Lsmashed@PAGEOFF
    mov     x2, #(Lsmashed_end - Lsmashed)
    b       Lreport
_libsystem_overflow:
    adrp    x1, Loverflow@PAGE
    add     x1, x1, Loverflow@PAGEOFF
    mov     x2, #(Loverflow_end - Loverflow)
Lreport:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    mov     w0, #STDERR
    mov     x16, #SYS_write
    svc     #0x80
    bl      _abort

// __chkstk_darwin: a large frame is about to be made; all of the stack is there already
.globl ___chkstk_darwin
___chkstk_darwin:
    ret

// void *_tlv_bootstrap(x0 = descriptor of a thread-local variable): its address; only x0, x16 and
// x17 change. There is one thread, so the first values are its variables.
.equ DESCRIPTOR_OFFSET, 16
.globl __tlv_bootstrap
__tlv_bootstrap:
    adrp    x16, _libsystem_thread_locals@PAGE
    ldr     x16, [x16, _libsystem_thread_locals@PAGEOFF]
    ldr     x0, [x0, #DESCRIPTOR_OFFSET]
    add     x0, x0, x16
    ret

// dyld_stub_binder: lazy pointers are bound before the program runs, so nothing gets here
.globl dyld_stub_binder
dyld_stub_binder:
    brk     #1

.section __TEXT,__cstring,cstring_literals
Lsmashed:
    .ascii  "stack buffer overflow\n"
Lsmashed_end:
    .byte   0
Loverflow:
    .ascii  "detected buffer overflow\n"
Loverflow_end:
    .byte   0

.data
.p2align 3
// The guard is the same in every run, so that runs can be compared; its low byte ends strings.
.globl ___stack_chk_guard
___stack_chk_guard:
    .quad   0x5ac3e91f7d246b00

.globl _libsystem_main
.private_extern _libsystem_main
_libsystem_main:
    .quad   0                           // main
    .quad   0                           // the first initializer's address
    .quad   0                           // how many there are

.globl _libsystem_thread_locals
.private_extern _libsystem_thread_locals
_libsystem_thread_locals:
    .quad   0                           // where the first values are
