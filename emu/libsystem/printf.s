// printf.s: int printf(const char *format, ...)
//
// %[flags][width][.precision][length]conversion with the flags - + space # 0 ', * for width and
// precision, the lengths hh h l ll q j z t L, and d i u x X o c s p f F e E g G a A n %. A
// conversion that is not known prints its letter. Variadic arguments are on the stack, eight bytes each, as
// Apple's arm64 convention has it.
//
// Every conversion becomes a field, which Lfield pads and puts out:
//     prefix (sign or 0x) | zeros | body | zeros | suffix (exponent)
//
// x19 format                x20 next argument         w21 flags
// w22 width                 w23 precision, -1 none    w24 characters put out
// w25 length                w26 conversion            x27 -> the field    w28 EOF once failed

.equ LEFT,  1
.equ PLUS,  2
.equ SPACE, 4
.equ ALT,   8
.equ ZERO,  16
.equ GROUP, 32                          // ': the C locale has nothing to put between thousands

.equ INT,   0
.equ LONG,  1
.equ SHORT, 2
.equ CHAR,  3

// The field.
.equ FIELD_PREFIX,       0              // up to 8 characters
.equ FIELD_PREFIX_SIZE,  8
.equ FIELD_ZEROS,        16             // zeros in front of the body
.equ FIELD_BODY,         24             // address
.equ FIELD_BODY_SIZE,    32
.equ FIELD_MORE_ZEROS,   40             // zeros behind the body
.equ FIELD_SUFFIX,       48             // up to 8 characters
.equ FIELD_SUFFIX_SIZE,  56
.equ FIELD_DIGITS,       64             // room for the digits of an integer
.equ FIELD_DIGITS_END,   96
.equ FIELD_SIZE,         96

.equ PAD,                32             // characters that are put out at once to pad

.text
.p2align 2

.globl _printf
_printf:
    stp     x29, x30, [sp, #-96]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    add     x20, sp, #96
    sub     sp, sp, #FIELD_SIZE
    mov     x27, sp
    mov     x19, x0
    mov     w24, #0
    mov     w28, #0

Lprintf_text:
    mov     x0, x19
Lprintf_scan:
    ldrb    w8, [x19]
    cbz     w8, Lprintf_last
    cmp     w8, #'%'
    b.eq    Lprintf_found
    add     x19, x19, #1
    b       Lprintf_scan
Lprintf_found:
    sub     x1, x19, x0
    bl      Lput
    add     x19, x19, #1
    bl      Lparse
    cbz     w26, Lprintf_end            // the format ended in the middle
    stp     xzr, xzr, [x27, #FIELD_PREFIX]
    stp     xzr, xzr, [x27, #FIELD_ZEROS]
    stp     xzr, xzr, [x27, #FIELD_BODY_SIZE]
    stp     xzr, xzr, [x27, #FIELD_SUFFIX]
    adr     x8, Lconversions
Lprintf_lookup:
    ldr     w9, [x8], #4
    cbz     w9, Lprintf_unknown
    and     w10, w9, #0xff
    cmp     w10, w26
    b.ne    Lprintf_lookup
    asr     w9, w9, #8
    adr     x8, Lprintf_text
    add     x8, x8, w9, sxtw
    br      x8
Lprintf_unknown:
    strb    w26, [x27, #FIELD_DIGITS]
    add     x8, x27, #FIELD_DIGITS
    mov     x9, #1
    stp     x8, x9, [x27, #FIELD_BODY]
Lprintf_field:
    bl      Lfield
    b       Lprintf_text
Lprintf_last:
    sub     x1, x19, x0
    bl      Lput
Lprintf_end:
    cmp     w28, #0
    csel    w0, w28, w24, ne
    mov     sp, x29
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

// A conversion and where its code is, from Lprintf_text on.
.macro CONVERSION letter, label
    .long   \letter | ((\label - Lprintf_text) << 8)
.endm
.p2align 2
Lconversions:
    CONVERSION 'd', Lsigned
    CONVERSION 'i', Lsigned
    CONVERSION 'u', Lunsigned
    CONVERSION 'x', Lhexadecimal
    CONVERSION 'X', Lhexadecimal
    CONVERSION 'o', Loctal
    CONVERSION 'p', Lpointer
    CONVERSION 'c', Lcharacter
    CONVERSION 's', Lstring
    CONVERSION 'f', Lfloat
    CONVERSION 'F', Lfloat
    CONVERSION 'e', Lfloat
    CONVERSION 'E', Lfloat
    CONVERSION 'g', Lfloat
    CONVERSION 'G', Lfloat
    CONVERSION 'a', Lfloat
    CONVERSION 'A', Lfloat
    CONVERSION 'n', Lcount
    .long   0

// Read flags, width, precision, length and conversion at x19.
Lparse:
    mov     w21, #0
    mov     w22, #0
    mov     w23, #-1
    mov     w25, #INT
Lparse_flag:
    ldrb    w26, [x19], #1
    mov     w8, #0
    cmp     w26, #'-'
    mov     w9, #LEFT
    csel    w8, w9, w8, eq
    cmp     w26, #'+'
    mov     w9, #PLUS
    csel    w8, w9, w8, eq
    cmp     w26, #' '
    mov     w9, #SPACE
    csel    w8, w9, w8, eq
    cmp     w26, #'#'
    mov     w9, #ALT
    csel    w8, w9, w8, eq
    cmp     w26, #'0'
    mov     w9, #ZERO
    csel    w8, w9, w8, eq
    cmp     w26, #39                    // '
    mov     w9, #GROUP
    csel    w8, w9, w8, eq
    orr     w21, w21, w8
    cbnz    w8, Lparse_flag

    mov     x11, x30
    bl      Lparse_number
    cmp     w10, #0
    cneg    w22, w10, lt
    orr     w8, w21, #LEFT              // a negative width, from *, is the flag -
    csel    w21, w8, w21, lt
    cmp     w26, #'.'
    b.ne    Lparse_length
    ldrb    w26, [x19], #1
    bl      Lparse_number
    mov     w23, w10
Lparse_length:
    mov     x30, x11
    mov     w8, #CHAR
    mov     w9, #SHORT
    cmp     w26, #'h'
    b.ne    Lparse_long
    cmp     w25, #SHORT
    csel    w25, w8, w9, eq
    b       Lparse_next
Lparse_long:
    cmp     w26, #'l'
    b.eq    Lparse_is_long
    cmp     w26, #'q'
    b.eq    Lparse_is_long
    cmp     w26, #'j'
    b.eq    Lparse_is_long
    cmp     w26, #'z'
    b.eq    Lparse_is_long
    cmp     w26, #'t'
    b.eq    Lparse_is_long
    cmp     w26, #'L'
    b.eq    Lparse_next
    ret
Lparse_is_long:
    mov     w25, #LONG
Lparse_next:
    ldrb    w26, [x19], #1
    b       Lparse_length

// Read digits or * from w26 on; w10 = the number, w26 = the character behind it.
Lparse_number:
    mov     w10, #0
    cmp     w26, #'*'
    b.ne    Lparse_digit
    ldr     w10, [x20], #8
    ldrb    w26, [x19], #1
    ret
Lparse_digit:
    sub     w8, w26, #'0'
    cmp     w8, #9
    b.hi    Lparse_number_done
    mov     w9, #10
    madd    w10, w10, w9, w8
    ldrb    w26, [x19], #1
    b       Lparse_digit
Lparse_number_done:
    ret

// ---- integers ---------------------------------------------------------------------------------

Lsigned:
    ldr     x0, [x20], #8
    cmp     w25, #LONG
    b.eq    Lsigned_ready
    sxtw    x0, w0
    cmp     w25, #SHORT
    b.lo    Lsigned_ready
    sxth    x8, w0
    sxtb    x9, w0
    csel    x0, x8, x9, eq
Lsigned_ready:
    cmp     x0, #0
    cneg    x0, x0, lt
    mov     w8, #'-'
    b.lt    Lsigned_sign
    mov     w8, #'+'
    tbnz    w21, #1, Lsigned_sign       // PLUS
    mov     w8, #' '
    tbz     w21, #2, Lsigned_digits     // SPACE
Lsigned_sign:
    strb    w8, [x27, #FIELD_PREFIX]
    mov     x8, #1
    str     x8, [x27, #FIELD_PREFIX_SIZE]
Lsigned_digits:
    mov     x1, #10
    b       Ldigits

Lunsigned:
    bl      Lunsigned_argument
    mov     x1, #10
    b       Ldigits

Loctal:
    bl      Lunsigned_argument
    mov     x1, #8
    b       Ldigits

Lpointer:
    mov     w25, #LONG
    bl      Lunsigned_argument
    b       Lhexadecimal_prefix

Lhexadecimal:
    bl      Lunsigned_argument
    tbz     w21, #3, Lhexadecimal_digits // ALT
    cbz     x0, Lhexadecimal_digits
Lhexadecimal_prefix:
    mov     w8, #'0'
    mov     w9, #'x'
    cmp     w26, #'X'
    csel    w9, w26, w9, eq
    strb    w8, [x27, #FIELD_PREFIX]
    strb    w9, [x27, #(FIELD_PREFIX + 1)]
    mov     x8, #2
    str     x8, [x27, #FIELD_PREFIX_SIZE]
Lhexadecimal_digits:
    mov     x1, #16

// x0 = number, x1 = base: write its digits from the end and complete the field.
Ldigits:
    add     x8, x27, #FIELD_DIGITS_END
    mov     w12, #('a' - '0' - 10)
    mov     w13, #('A' - '0' - 10)
    cmp     w26, #'X'
    csel    w12, w13, w12, eq
Ldigits_next:
    cbz     x0, Ldigits_done
    udiv    x9, x0, x1
    msub    x10, x9, x1, x0
    cmp     w10, #9
    csel    w11, w12, wzr, hi
    add     w10, w10, w11
    add     w10, w10, #'0'
    strb    w10, [x8, #-1]!
    mov     x0, x9
    b       Ldigits_next
Ldigits_done:
    add     x9, x27, #FIELD_DIGITS_END
    sub     x9, x9, x8
    stp     x8, x9, [x27, #FIELD_BODY]
    mov     w10, #1
    cmp     w23, #0
    csel    w11, w23, w10, ge           // the least number of digits
    bic     w12, w21, #ZERO
    csel    w21, w12, w21, ge           // a precision takes the flag 0 away
    cmp     w26, #'o'
    b.ne    Ldigits_zeros
    tbz     w21, #3, Ldigits_zeros      // ALT: an octal number begins with 0
    add     w10, w9, #1
    cmp     w11, w10
    csel    w11, w11, w10, hi
Ldigits_zeros:
    subs    w11, w11, w9
    csel    w11, w11, wzr, gt
    str     x11, [x27, #FIELD_ZEROS]
    b       Lprintf_field

// x0 = the next argument, of the length that was asked for
Lunsigned_argument:
    ldr     x0, [x20], #8
    cmp     w25, #LONG
    b.eq    Lunsigned_done
    mov     w0, w0
    cmp     w25, #SHORT
    b.lo    Lunsigned_done
    and     x8, x0, #0xffff
    and     x9, x0, #0xff
    csel    x0, x8, x9, eq
Lunsigned_done:
    ret

// ---- characters and strings -------------------------------------------------------------------

Lcharacter:
    ldr     x8, [x20], #8
    strb    w8, [x27, #FIELD_DIGITS]
    add     x8, x27, #FIELD_DIGITS
    mov     x9, #1
    b       Lstring_field

Lstring:
    ldr     x8, [x20], #8
    adr     x10, Lnull
    cmp     x8, #0
    csel    x8, x10, x8, eq
    mov     x9, #0
    mov     w10, w23                    // -1: no limit that a string could reach
Lstring_next:
    cmp     x9, x10
    b.eq    Lstring_field
    ldrb    w11, [x8, x9]
    cbz     w11, Lstring_field
    add     x9, x9, #1
    b       Lstring_next
Lstring_field:
    stp     x8, x9, [x27, #FIELD_BODY]
    and     w21, w21, #LEFT
    b       Lprintf_field

Lnull:
    .asciz  "(null)"
.p2align 2

// %n: how many characters have been put out so far
Lcount:
    ldr     x8, [x20], #8
    cmp     w25, #SHORT
    b.lo    Lcount_long
    b.eq    Lcount_short
    strb    w24, [x8]
    b       Lprintf_text
Lcount_short:
    strh    w24, [x8]
    b       Lprintf_text
Lcount_long:
    str     w24, [x8]
    cbz     w25, Lprintf_text           // INT
    str     x24, [x8]
    b       Lprintf_text

Lfloat:
    ldr     d0, [x20], #8
    mov     x0, x27
    mov     w1, w21
    mov     w2, w23
    mov     w3, w26
    bl      _libsystem_float            // fills the field; w0 = the flags that are left
    mov     w21, w0
    b       Lprintf_field

// ---- output -----------------------------------------------------------------------------------

// Put out the field at x27 with padding to the width.
Lfield:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    ldr     x8, [x27, #FIELD_PREFIX_SIZE]
    ldr     x9, [x27, #FIELD_ZEROS]
    ldr     x10, [x27, #FIELD_BODY_SIZE]
    ldr     x11, [x27, #FIELD_MORE_ZEROS]
    ldr     x12, [x27, #FIELD_SUFFIX_SIZE]
    add     x8, x8, x9
    add     x10, x10, x11
    add     x8, x8, x10
    add     x8, x8, x12
    mov     w22, w22
    subs    x22, x22, x8
    csel    x22, x22, xzr, gt           // x22 = padding
    tst     w21, #LEFT
    b.ne    Lfield_prefix
    tst     w21, #ZERO
    b.eq    Lfield_spaces
    add     x9, x9, x22
    str     x9, [x27, #FIELD_ZEROS]
    mov     x22, #0
    b       Lfield_prefix
Lfield_spaces:
    mov     x1, x22
    adr     x0, Lspaces
    bl      Lpad
    mov     x22, #0
Lfield_prefix:
    add     x0, x27, #FIELD_PREFIX
    ldr     x1, [x27, #FIELD_PREFIX_SIZE]
    bl      Lput
    adr     x0, Lzeros
    ldr     x1, [x27, #FIELD_ZEROS]
    bl      Lpad
    ldp     x0, x1, [x27, #FIELD_BODY]
    bl      Lput
    adr     x0, Lzeros
    ldr     x1, [x27, #FIELD_MORE_ZEROS]
    bl      Lpad
    add     x0, x27, #FIELD_SUFFIX
    ldr     x1, [x27, #FIELD_SUFFIX_SIZE]
    bl      Lput
    adr     x0, Lspaces
    mov     x1, x22
    bl      Lpad
    ldp     x29, x30, [sp], #16
    ret

// x0 -> PAD equal characters, x1 = how many to put out
Lpad:
    stp     x29, x30, [sp, #-32]!
    mov     x29, sp
    stp     x0, x1, [sp, #16]
Lpad_next:
    ldp     x0, x8, [sp, #16]
    cbz     x8, Lpad_done
    mov     x1, #PAD
    cmp     x8, x1
    csel    x1, x8, x1, lo
    sub     x8, x8, x1
    str     x8, [sp, #24]
    bl      Lput
    b       Lpad_next
Lpad_done:
    ldp     x29, x30, [sp], #32
    ret

// x0 -> characters, x1 = how many
Lput:
    add     w24, w24, w1
    cbz     x1, Lput_nothing
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    bl      _libsystem_put
    cmp     w0, #0
    csel    w28, w0, w28, ne
    ldp     x29, x30, [sp], #16
Lput_nothing:
    ret

Lspaces:
    .ascii  "                                "
Lzeros:
    .ascii  "00000000000000000000000000000000"
