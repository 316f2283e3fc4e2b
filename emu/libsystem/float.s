// float.s: a double as digits, exactly, for printf's f, e, g and a.
//
// A double is m × 2^e with a whole m below 2^53, so it has finitely many decimal digits: at most
// 309 before the point and 1074 behind it. They are all computed, in groups of nine:
//   before the point  m × 2^e (or m >> -e) as 32-bit words, divided by 10^9 again and again;
//   behind it         the rest of m, as words of a fraction, multiplied by 10^9 again and again.
// Then the digits are cut where the precision says and rounded half to even, as IEEE 754 asks.
// Hexadecimal ones, for a, are there already.
//
// The frame, from x19:
.equ WORDS,       0                     // 40 words of a big number
.equ WORDS_SIZE,  160
.equ GROUPS,      160                   // up to 40 groups of nine digits before the point
.equ GROUPS_SIZE, 160
.equ DIGITS,      328                   // one byte to spare, then a zero, then the digits
.equ DIGITS_SIZE, 1464
.equ FRAME,       1792

.equ LEFT,  1
.equ PLUS,  2
.equ SPACE, 4
.equ ALT,   8
.equ ZERO,  16
.equ FIELD_PREFIX,       0
.equ FIELD_PREFIX_SIZE,  8
.equ FIELD_BODY,         24
.equ FIELD_MORE_ZEROS,   40
.equ FIELD_SUFFIX,       48
.equ FIELD_SUFFIX_SIZE,  56

.equ EXPONENT_BIAS, 1075                // so that the mantissa is a whole number
.equ BILLION,       1000000000

.text
.p2align 2

// int libsystem_float(double d0, field *x0, w1 = flags, w2 = precision, w3 = conversion)
// Fills the field; w0 = the flags less ZERO where that does not apply. The body lies in a frame
// of its own, which is static: nothing here runs twice at a time.
//
// x19 frame        x20 field        w21 flags       w22 precision     w23 conversion, small
// x24 digits       w25 their number w26 place of the point            w27 whether capital
.globl _libsystem_float
.private_extern _libsystem_float
_libsystem_float:
    stp     x29, x30, [sp, #-96]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    adrp    x19, Lframe@PAGE
    add     x19, x19, Lframe@PAGEOFF
    mov     x20, x0
    mov     w21, w1
    mov     w8, #6
    cmp     w2, #0
    csel    w22, w8, w2, lt
    and     w27, w3, #0x20
    eor     w27, w27, #0x20             // 0x20 for capitals
    orr     w23, w3, #0x20
    fmov    x0, d0
    bl      Lsign
    ubfx    x8, x0, #52, #11
    cmp     x8, #0x7ff
    b.eq    Lspecial
    cmp     w23, #'a'
    b.eq    Lhex
    bl      Ldecimal
    cmp     w23, #'f'
    b.eq    Lfixed
    cmp     w23, #'e'
    b.eq    Lexponential

    // g: the shorter of f and e for this many significant digits
    cmp     w22, #0
    csinc   w22, w22, wzr, ne
    sub     w22, w22, #1
    bl      Lround_significant          // w0 = the decimal exponent
    cmp     w0, #-4
    b.lt    Lgeneral_exponential
    cmp     w0, w22
    b.gt    Lgeneral_exponential
    sub     w22, w22, w0
    bl      Lstrip
    b       Lfixed_rounded
Lgeneral_exponential:
    mov     w28, w0
    add     w8, w26, #-1
    sub     w8, w8, w0                  // the first digit's place
    sub     w25, w25, w8                // digits from there on
    mov     w26, #1                     // as if the point stood behind it
    add     x24, x24, w8, uxtw
    bl      Lstrip
    b       Lexponential_digits

Lfixed:
    add     w0, w26, w22
    bl      Lround
Lfixed_rounded:
    // Leave out leading zeros, all but the one before the point.
    sub     w8, w26, #1
    mov     w9, #0
Lfixed_skip:
    cmp     w9, w8
    b.eq    Lfixed_body
    ldrb    w10, [x24, x9]
    cmp     w10, #'0'
    b.ne    Lfixed_body
    add     w9, w9, #1
    b       Lfixed_skip
Lfixed_body:
    add     x24, x24, x9
    sub     w26, w26, w9
    sub     w25, w25, w9
    bl      Lpoint
    b       Lfloat_done

Lexponential:
    bl      Lround_significant
    mov     w28, w0
    add     w8, w26, #-1
    sub     w8, w8, w0
    add     x24, x24, w8, uxtw
    sub     w25, w25, w8
    mov     w26, #1
Lexponential_digits:
    bl      Lpoint
    bl      Lsuffix
    b       Lfloat_done

// x0 = |the bits|, w2 = precision, below 0 for as many digits as there are. As on macOS, the
// digit before the point is 1 of subnormal numbers too.
Lhex:
    ldr     x8, [x20, #FIELD_PREFIX_SIZE]
    add     x9, x20, x8
    mov     w10, #'0'
    mov     w11, #'x'
    eor     w11, w11, w27
    strb    w10, [x9, #FIELD_PREFIX]
    strb    w11, [x9, #(FIELD_PREFIX + 1)]
    add     x8, x8, #2
    str     x8, [x20, #FIELD_PREFIX_SIZE]
    ubfx    x8, x0, #52, #11
    ubfx    x9, x0, #0, #52             // m, with 52 bits behind the point
    mov     w28, #0
    cbz     x0, Lhex_digits
    orr     x10, x9, #0x10000000000000
    cmp     x8, #0
    csel    x9, x10, x9, ne
    csinc   x8, x8, xzr, ne
    clz     x10, x9
    sub     x10, x10, #11
    lsl     x9, x9, x10
    sub     x8, x8, x10
    sub     w28, w8, #1023
    cmp     w2, #13
    b.hs    Lhex_digits
    mov     w10, #13
    sub     w10, w10, w2
    lsl     w10, w10, #2
    mov     x11, #1
    lsl     x11, x11, x10               // one in the last place that is kept
    sub     x12, x11, #1
    and     x12, x9, x12                // what is cut off
    sub     x9, x9, x12
    cmp     x12, x11, lsr #1
    b.lo    Lhex_digits
    b.hi    Lhex_up
    tst     x9, x11
    b.eq    Lhex_digits
Lhex_up:
    add     x9, x9, x11
Lhex_digits:
    add     x24, x19, #(DIGITS + 1)
    mov     w25, #0
    mov     w26, #1
    mov     w13, #('a' - '9' - 1)
    eor     w13, w13, w27               // from behind 9 to the letters
    ror     x9, x9, #52                 // the digit before the point lies lowest
Lhex_next:
    and     w10, w9, #15
    cmp     w10, #9
    csel    w11, w13, wzr, hi
    add     w10, w10, w11
    add     w10, w10, #'0'
    strb    w10, [x24, w25, uxtw]
    ror     x9, x9, #60
    add     w25, w25, #1
    cmp     w25, #14
    b.ne    Lhex_next
    mov     w22, w2
    tbz     w2, #31, Lhex_done
    mov     w22, #13
Lhex_strip:
    ldrb    w10, [x24, w22, uxtw]
    cmp     w10, #'0'
    b.ne    Lhex_done
    subs    w22, w22, #1
    b.ne    Lhex_strip
Lhex_done:
    bl      Lpoint
    bl      Lbinary_suffix
    b       Lfloat_done

// Infinity and what is not a number: never padded with zeros
Lspecial:
    ubfx    x8, x0, #0, #52
    adr     x9, Lnames
    cbz     x8, Lspecial_name
    add     x9, x9, #3
    // C leaves the sign of NaN open; macOS does not print it.
    str     xzr, [x20, #FIELD_PREFIX_SIZE]
Lspecial_name:
    add     x24, x19, #DIGITS
    mov     x8, #0
Lspecial_next:
    ldrb    w10, [x9, x8]
    eor     w10, w10, w27
    strb    w10, [x24, x8]
    add     x8, x8, #1
    cmp     x8, #3
    b.ne    Lspecial_next
    stp     x24, x8, [x20, #FIELD_BODY]
    bic     w21, w21, #ZERO
Lfloat_done:
    mov     w0, w21
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret
Lnames:
    .ascii  "infnan"
.p2align 2

// x0 = a double's bits: put the sign that the flags ask for into the field; x0 = |x0|
Lsign:
    mov     w8, #'-'
    tbnz    x0, #63, Lsign_put
    mov     w8, #'+'
    tbnz    w21, #1, Lsign_put          // PLUS
    mov     w8, #' '
    tbz     w21, #2, Lsign_done         // SPACE
Lsign_put:
    strb    w8, [x20, #FIELD_PREFIX]
    mov     x8, #1
    str     x8, [x20, #FIELD_PREFIX_SIZE]
Lsign_done:
    and     x0, x0, #0x7fffffffffffffff
    ret

// x0 = the bits of a finite double: write its digits at x24, w25 of them, w26 before the point;
// the first is a zero, for a carry
Ldecimal:
    stp     x29, x30, [sp, #-48]!
    mov     x29, sp
    ubfx    x8, x0, #52, #11
    ubfx    x9, x0, #0, #52
    orr     x10, x9, #0x10000000000000
    cmp     x8, #0
    csel    x9, x10, x9, ne             // m
    csinc   x8, x8, xzr, ne
    sub     x8, x8, #EXPONENT_BIAS      // e
    stp     x8, x9, [sp, #16]
    add     x24, x19, #(DIGITS + 1)
    mov     w10, #'0'
    strb    w10, [x24]
    mov     w25, #1
    // What is before the point.
    cmp     x8, #0
    b.lt    Ldecimal_small
    mov     x0, x9
    mov     x1, x8
    bl      Lplace
    b       Ldecimal_whole
Ldecimal_small:
    neg     x8, x8
    lsr     x0, x9, x8
    cmp     x8, #64
    csel    x0, x0, xzr, lo
    mov     x1, #0
    bl      Lplace
Ldecimal_whole:
    bl      Lwhole_digits
    mov     w26, w25
    // What is behind it: the low -e bits of m over 2^-e.
    ldp     x8, x9, [sp, #16]
    cmp     x8, #0
    b.ge    Ldecimal_done
    neg     x8, x8
    mov     x10, #-1
    lsl     x10, x10, x8
    bic     x10, x9, x10
    cmp     x8, #64
    csel    x0, x9, x10, hs
    cbz     x0, Ldecimal_done
    add     x11, x8, #31
    lsr     x11, x11, #5                // words of the fraction
    str     x11, [sp, #32]
    lsl     x1, x11, #5
    sub     x1, x1, x8
    bl      Lplace
    ldr     x1, [sp, #32]
    bl      Lfraction_digits
Ldecimal_done:
    ldp     x29, x30, [sp], #48
    ret

// The words = x0 << x1 (x0 below 2^53); all others are zero
Lplace:
    add     x8, x19, #WORDS
    mov     x9, #(WORDS_SIZE / 16)
Lplace_clear:
    stp     xzr, xzr, [x8], #16
    subs    x9, x9, #1
    b.ne    Lplace_clear
    add     x8, x19, #WORDS
    lsr     x9, x1, #5
    add     x8, x8, x9, lsl #2
    and     x1, x1, #31
    lsl     x10, x0, x1
    mov     x11, #64
    sub     x11, x11, x1
    lsr     x12, x0, x11
    cmp     x1, #0
    csel    x12, xzr, x12, eq           // a shift by 64 is one by 0
    str     x10, [x8]
    str     w12, [x8, #8]
    ret

// Append the digits of the whole number in the words.
Lwhole_digits:
    movz    w9, #(BILLION & 0xffff)
    movk    w9, #(BILLION >> 16), lsl #16
    add     x10, x19, #WORDS
    add     x11, x19, #GROUPS
    mov     x12, #(WORDS_SIZE / 4)      // words that are not known to be zero
Lwhole_top:
    cbz     x12, Lwhole_groups
    sub     x13, x12, #1
    ldr     w14, [x10, x13, lsl #2]
    cbnz    w14, Lwhole_divide
    mov     x12, x13
    b       Lwhole_top
Lwhole_divide:
    mov     x13, x12
    mov     x14, #0                     // remainder
Lwhole_word:
    sub     x13, x13, #1
    ldr     w15, [x10, x13, lsl #2]
    orr     x15, x15, x14, lsl #32
    udiv    x16, x15, x9
    msub    x14, x16, x9, x15
    str     w16, [x10, x13, lsl #2]
    cbnz    x13, Lwhole_word
    str     w14, [x11], #4
    b       Lwhole_top
Lwhole_groups:
    // The last group found is the highest: leave out its leading zeros.
    mov     x17, x30
    add     x10, x19, #GROUPS
    add     x12, x24, w25, uxtw
    mov     x16, x12
Lwhole_group:
    cmp     x11, x10
    b.eq    Lwhole_done
    ldr     w0, [x11, #-4]!
    bl      Lnine
    cmp     x16, x12
    b.ne    Lwhole_next
    // Of the first group, move the digits down over its zeros.
    mov     x13, #0
Lwhole_zero:
    ldrb    w14, [x12, x13]
    cmp     w14, #'0'
    b.ne    Lwhole_move
    add     x13, x13, #1
    b       Lwhole_zero
Lwhole_move:
    ldrb    w14, [x12, x13]
    strb    w14, [x16], #1
    add     x13, x13, #1
    cmp     x13, #9
    b.ne    Lwhole_move
    sub     x16, x16, #9
Lwhole_next:
    add     x16, x16, #9
    b       Lwhole_group
Lwhole_done:
    sub     x25, x16, x24
    br      x17

// Write w0 (below 10^9) as nine digits at x16.
Lnine:
    mov     w1, #10
    mov     x2, #9
Lnine_next:
    udiv    w3, w0, w1
    msub    w4, w3, w1, w0
    add     w4, w4, #'0'
    sub     x2, x2, #1
    strb    w4, [x16, x2]
    mov     w0, w3
    cbnz    x2, Lnine_next
    ret

// Append the digits of the fraction in the lowest x1 words.
Lfraction_digits:
    mov     x17, x30
    movz    w9, #(BILLION & 0xffff)
    movk    w9, #(BILLION >> 16), lsl #16
    add     x10, x19, #WORDS
    add     x16, x24, w25, uxtw
    mov     x11, #0                     // words below this one are zero
Lfraction_group:
    cmp     x11, x1
    b.eq    Lfraction_done
    ldr     w14, [x10, x11, lsl #2]
    cbnz    w14, Lfraction_multiply
    add     x11, x11, #1
    b       Lfraction_group
Lfraction_multiply:
    mov     x13, x11
    mov     x14, #0                     // carry
Lfraction_word:
    ldr     w15, [x10, x13, lsl #2]
    madd    x14, x15, x9, x14
    str     w14, [x10, x13, lsl #2]
    lsr     x14, x14, #32
    add     x13, x13, #1
    cmp     x13, x1
    b.ne    Lfraction_word
    mov     w0, w14
    mov     x12, x1
    bl      Lnine
    mov     x1, x12
    add     x16, x16, #9
    b       Lfraction_group
Lfraction_done:
    sub     x25, x16, x24
    br      x17

// Keep w0 digits, rounded half to even. A carry out of the first goes to the zero before it.
Lround:
    cmp     w0, w25
    b.hs    Lround_done
    ldrb    w8, [x24, w0, uxtw]
    mov     w9, w25
    mov     w25, w0
    cmp     w8, #'5'
    b.lo    Lround_done
    b.hi    Lround_up
    add     w10, w0, #1
Lround_tie:
    cmp     w10, w9
    b.eq    Lround_even
    ldrb    w8, [x24, w10, uxtw]
    add     w10, w10, #1
    cmp     w8, #'0'
    b.eq    Lround_tie
    b       Lround_up
Lround_even:
    sub     w10, w0, #1
    ldrb    w8, [x24, w10, uxtw]
    tbz     w8, #0, Lround_done
Lround_up:
    sub     w0, w0, #1
    ldrb    w8, [x24, w0, uxtw]
    cmp     w8, #'9'
    add     w8, w8, #1
    mov     w10, #'0'
    csel    w8, w10, w8, eq
    strb    w8, [x24, w0, uxtw]
    b.eq    Lround_up
Lround_done:
    ret

// Keep w22 + 1 significant digits; w0 = the decimal exponent of the first.
Lround_significant:
    mov     x17, x30
    bl      Lfirst
    add     w0, w0, w22
    add     w0, w0, #1
    bl      Lround
    bl      Lfirst                      // rounding may have made 10 of 9
    mov     x30, x17
    // 9.99 became 10.0: one digit too many is kept
    add     w8, w0, w22
    add     w8, w8, #1
    cmp     w25, w8
    csel    w25, w8, w25, hi
    sub     w8, w26, #1
    sub     w0, w8, w0
    ret

// w0 = the place of the first digit that is not zero; of zero itself, the place before the point
Lfirst:
    mov     w0, #0
Lfirst_next:
    cmp     w0, w25
    b.eq    Lfirst_zero
    ldrb    w8, [x24, w0, uxtw]
    cmp     w8, #'0'
    b.ne    Lfirst_done
    add     w0, w0, #1
    b       Lfirst_next
Lfirst_zero:
    sub     w0, w26, #1
Lfirst_done:
    ret

// g without #: drop zeros at the end of the fraction
Lstrip:
    tbnz    w21, #3, Lstrip_done        // ALT
    mov     w22, #0
    cmp     w25, w26
    b.ls    Lstrip_done
Lstrip_next:
    sub     w8, w25, #1
    ldrb    w9, [x24, w8, uxtw]
    cmp     w9, #'0'
    b.ne    Lstrip_kept
    mov     w25, w8
    cmp     w25, w26
    b.ne    Lstrip_next
Lstrip_kept:
    sub     w22, w25, w26
Lstrip_done:
    ret

// Complete the field: w26 digits of x24, the point, w22 digits more or zeros.
Lpoint:
    sub     w8, w25, w26                // digits of the fraction that there are
    cmp     w25, w26
    csel    w8, w8, wzr, hi
    cmp     w8, w22
    csel    w8, w8, w22, lo
    sub     w9, w22, w8
    str     x9, [x20, #FIELD_MORE_ZEROS]
    add     w10, w26, w8                // length of the body without the point
    cbnz    w22, Lpoint_put
    tbz     w21, #3, Lpoint_done        // ALT keeps the point
Lpoint_put:
    // Move the digits before the point down by one.
    mov     x11, #0
Lpoint_move:
    ldrb    w12, [x24, x11]
    sub     x13, x11, #1
    strb    w12, [x24, x13]
    add     x11, x11, #1
    cmp     w11, w26
    b.ne    Lpoint_move
    sub     x11, x11, #1
    mov     w12, #'.'
    strb    w12, [x24, x11]
    sub     x24, x24, #1
    add     w10, w10, #1
Lpoint_done:
    stp     x24, x10, [x20, #FIELD_BODY]
    ret

// Put the exponent w28 into the field: e, sign, two digits or three.
Lsuffix:
    mov     x17, x30
    mov     w8, #'e'
    bl      Lsuffix_sign
    mov     x30, x17
    mov     w10, #10
    mov     w11, #100
    udiv    w12, w28, w11
    cbz     w12, Lsuffix_two
    msub    w28, w12, w11, w28
    add     w12, w12, #'0'
    strb    w12, [x9], #1
Lsuffix_two:
    udiv    w12, w28, w10
    msub    w13, w12, w10, w28
    add     w12, w12, #'0'
    add     w13, w13, #'0'
    strb    w12, [x9], #1
    strb    w13, [x9], #1
Lsuffix_size:
    add     x8, x20, #FIELD_SUFFIX
    sub     x9, x9, x8
    str     x9, [x20, #FIELD_SUFFIX_SIZE]
    ret

// Put the exponent w28 into the field: p, sign, as many digits as it takes.
Lbinary_suffix:
    mov     x17, x30
    mov     w8, #'p'
    bl      Lsuffix_sign
    mov     x30, x17
    mov     w10, #10
    mov     w11, #1000
Lbinary_first:
    cmp     w28, w11
    b.hs    Lbinary_digit
    udiv    w11, w11, w10
    cmp     w11, #1
    b.ne    Lbinary_first
Lbinary_digit:
    udiv    w12, w28, w11
    msub    w28, w12, w11, w28
    add     w12, w12, #'0'
    strb    w12, [x9], #1
    udiv    w11, w11, w10
    cbnz    w11, Lbinary_digit
    b       Lsuffix_size

// w8 = the letter of an exponent: put it and the sign of w28 into the field; w28 = |w28|,
// x9 -> what is behind them
Lsuffix_sign:
    eor     w8, w8, w27
    strb    w8, [x20, #FIELD_SUFFIX]
    cmp     w28, #0
    mov     w8, #'+'
    mov     w9, #'-'
    csel    w8, w9, w8, lt
    cneg    w28, w28, lt
    strb    w8, [x20, #(FIELD_SUFFIX + 1)]
    add     x9, x20, #(FIELD_SUFFIX + 2)
    ret

.zerofill __DATA,__bss,Lframe,FRAME,4
