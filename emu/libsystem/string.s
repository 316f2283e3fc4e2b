// string.s: memory and strings, a byte or sixteen at a time. Compilers make calls of the last ones
// by themselves: of loops that fill, and of copies into what they know the size of.

.text
.p2align 2

// size_t strlen(const char *s)
.globl _strlen
_strlen:
    mov     x8, x0
Lstrlen_next:
    ldrb    w9, [x8], #1
    cbnz    w9, Lstrlen_next
    sub     x0, x8, x0
    sub     x0, x0, #1
    ret

// void *memmove(void *to, const void *from, size_t n): the two may overlap
// void *memcpy(void *to, const void *from, size_t n)
.globl _memmove
.globl _memcpy
_memmove:
_memcpy:
    sub     x8, x0, x1
    cmp     x8, x2
    b.lo    Lcopy_down                  // `to` begins inside `from`: copy from the end
    mov     x8, x0
Lcopy_16:
    subs    x2, x2, #16
    b.lo    Lcopy_rest
    ldr     q0, [x1], #16
    str     q0, [x8], #16
    b       Lcopy_16
Lcopy_rest:
    adds    x2, x2, #16
    b.eq    Lcopy_done
Lcopy_1:
    ldrb    w9, [x1], #1
    strb    w9, [x8], #1
    subs    x2, x2, #1
    b.ne    Lcopy_1
Lcopy_done:
    ret
Lcopy_down:
    cbz     x2, Lcopy_done
    sub     x2, x2, #1
    ldrb    w9, [x1, x2]
    strb    w9, [x0, x2]
    b       Lcopy_down

// void bzero(void *to, size_t n)
.globl _bzero
_bzero:
    mov     x2, x1
    mov     w1, #0

// void *memset(void *to, int byte, size_t n)
.globl _memset
_memset:
    mov     x8, x0
    dup     v0.16b, w1
Lset_16:
    subs    x2, x2, #16
    b.lo    Lset_rest
    str     q0, [x8], #16
    b       Lset_16
Lset_rest:
    adds    x2, x2, #16
    b.eq    Lset_done
Lset_1:
    strb    w1, [x8], #1
    subs    x2, x2, #1
    b.ne    Lset_1
Lset_done:
    ret

// void memset_pattern4(void *to, const void *pattern, size_t n), and of 8 and 16 bytes
.globl _memset_pattern4
_memset_pattern4:
    ldr     w9, [x1]
    dup     v0.4s, w9
    b       Lpattern
.globl _memset_pattern8
_memset_pattern8:
    ldr     x9, [x1]
    dup     v0.2d, x9
    b       Lpattern
.globl _memset_pattern16
_memset_pattern16:
    ldr     q0, [x1]
Lpattern:
    subs    x2, x2, #16
    b.lo    Lpattern_rest
    str     q0, [x0], #16
    b       Lpattern
Lpattern_rest:
    adds    x2, x2, #16
    b.eq    Lpattern_done
Lpattern_1:
    umov    w9, v0.b[0]
    strb    w9, [x0], #1
    ext     v0.16b, v0.16b, v0.16b, #1
    subs    x2, x2, #1
    b.ne    Lpattern_1
Lpattern_done:
    ret

// void *__memcpy_chk(void *to, const void *from, size_t n, size_t room), and so on
.globl ___memcpy_chk
.globl ___memmove_chk
___memcpy_chk:
___memmove_chk:
    cmp     x2, x3
    b.ls    _memmove
    b       _libsystem_overflow
.globl ___memset_chk
___memset_chk:
    cmp     x2, x3
    b.ls    _memset
    b       _libsystem_overflow
