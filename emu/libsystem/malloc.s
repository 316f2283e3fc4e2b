// malloc.s: blocks of 32, 64 … 32768 bytes from free lists, larger ones from mmap.
//
// A block is a header of 16 bytes (its size, header included) and what the caller gets. Freed
// blocks of a size hang on that size's list, linked through their first word; a list that is
// empty is filled from a chunk of 64 KiB, of which the next free byte and the end are kept. Large
// blocks go back to the kernel at once.

.equ SYS_munmap, 73
.equ SYS_mmap,   197
.equ PROT_READ_WRITE, 3
.equ MAP_PRIVATE_ANON, 0x1002
.equ ENOMEM,     12
.equ HEADER,     16
.equ SMALLEST,   5                      // log2
.equ LARGEST,    15                     // log2
.equ CHUNK,      0x10000
.equ PAGE,       0x4000

.text
.p2align 2

// void *malloc(size_t n): 16-byte aligned; null and ENOMEM when there is no memory
.globl _malloc
_malloc:
    adds    x0, x0, #HEADER
    b.cs    Lmalloc_none
    mov     x8, #(1 << LARGEST)
    cmp     x0, x8
    b.hi    Lmalloc_large
    // The list: the log2 of the size, rounded up.
    sub     x8, x0, #1
    clz     x8, x8
    mov     w9, #64
    sub     w8, w9, w8
    mov     w9, #SMALLEST
    cmp     w8, w9
    csel    w8, w8, w9, hi
    adrp    x10, Lfree_lists@PAGE
    add     x10, x10, Lfree_lists@PAGEOFF
    ldr     x0, [x10, w8, uxtw #3]
    cbz     x0, Lmalloc_cut
    ldr     x11, [x0]
    str     x11, [x10, w8, uxtw #3]
    ret

Lmalloc_cut:
    mov     x9, #1
    lsl     x9, x9, x8                  // x9 = size of the block
    adrp    x10, Lchunk@PAGE
    add     x10, x10, Lchunk@PAGEOFF
    ldp     x11, x12, [x10]             // next free byte, end
    sub     x13, x12, x11
    cmp     x13, x9
    b.hs    Lmalloc_take
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    stp     x9, x10, [sp, #16]
    mov     x1, #CHUNK
    bl      Lmap
    ldp     x9, x10, [sp, #16]
    ldp     x29, x30, [sp], #32
    cbz     x0, Lmalloc_none
    mov     x11, x0
    add     x12, x0, #(CHUNK >> 12), lsl #12
Lmalloc_take:
    str     x9, [x11]
    add     x0, x11, #HEADER
    add     x11, x11, x9
    stp     x11, x12, [x10]
    ret

Lmalloc_large:
    mov     x1, #(PAGE - 1)
    add     x1, x1, x0
    and     x1, x1, #~(PAGE - 1)
    cmp     x1, x0
    b.lo    Lmalloc_none
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    str     x1, [sp, #16]
    bl      Lmap
    ldr     x1, [sp, #16]
    ldp     x29, x30, [sp], #32
    cbz     x0, Lmalloc_none
    str     x1, [x0], #HEADER
    ret

Lmalloc_none:
    adrp    x8, _errno@PAGE
    mov     w9, #ENOMEM
    str     w9, [x8, _errno@PAGEOFF]
    mov     x0, #0
    ret

// x1 = bytes; x0 = new zeroed memory or null
Lmap:
    mov     x0, #0
    mov     w2, #PROT_READ_WRITE
    mov     w3, #MAP_PRIVATE_ANON
    mov     x4, #-1
    mov     x5, #0
    mov     x16, #SYS_mmap
    svc     #0x80
    csel    x0, xzr, x0, cs
    ret

// void *calloc(size_t count, size_t size): zeroed
.globl _calloc
_calloc:
    umulh   x8, x0, x1
    mul     x0, x0, x1
    cbnz    x8, Lmalloc_none
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    str     x0, [sp, #16]
    bl      _malloc
    ldr     x1, [sp, #16]
    ldp     x29, x30, [sp], #32
    cbz     x0, Lfree_done
    mov     x2, x1
    mov     w1, #0
    b       _memset

// void free(void *block): null is allowed
.globl _free
_free:
    cbz     x0, Lfree_done
    ldr     x8, [x0, #-HEADER]
    mov     x9, #(1 << LARGEST)
    cmp     x8, x9
    b.hi    Lfree_large
    clz     x8, x8
    mov     w9, #63
    sub     w8, w9, w8
    adrp    x10, Lfree_lists@PAGE
    add     x10, x10, Lfree_lists@PAGEOFF
    ldr     x11, [x10, w8, uxtw #3]
    str     x11, [x0]
    str     x0, [x10, w8, uxtw #3]
Lfree_done:
    ret
Lfree_large:
    sub     x0, x0, #HEADER
    mov     x1, x8
    mov     x16, #SYS_munmap
    svc     #0x80
    ret

.zerofill __DATA,__bss,Lfree_lists,((LARGEST + 1) * 8),3
.zerofill __DATA,__bss,Lchunk,16,3
