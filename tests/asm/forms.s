// One instruction of each kind and addressing mode that people write, with the aliases.
// moves of constants
mov x0, #0
mov x1, #1
mov x2, #0xffff
mov x3, #0x10000
mov x4, #0xffff0000
mov x5, #0xffff000000000000
mov x6, #-1
mov x7, #-2
mov x8, #-65536
mov x9, #-65537
mov x10, #0xffffffff
mov x11, #0xffff0000ffff
mov x12, #0x5555555555555555
mov x13, #0xff00ff00ff00ff00
mov x14, #0xfffffffffffffffe
mov x15, #0x7fffffffffffffff
mov x16, #0x8000000000000000
mov x17, #0xffffffffffff1234
mov x18, #0xffff1234ffffffff
mov w19, #0xffffffff
mov w20, #-1
mov w21, #0x80000000
mov w22, #0xff00ff
mov w23, #0xffff1234
mov w24, #0x12340000
mov w25, #-0x80000000
mov wzr, #5
mov xzr, #7
mov sp, #0x10
mov wsp, #0xff
mov x0, x1
mov w0, w1
mov sp, x0
mov x0, sp
mov wsp, w0
mov w0, wsp
mov xzr, x3
mov x3, xzr
movz x0, #0x1234
movz x0, #0x1234, lsl #16
movz x0, #0x1234, lsl #32
movz x0, #0x1234, lsl #48
movz w0, #0x1234, lsl #16
movn x0, #0
movn x0, #0x1234, lsl #48
movn w0, #0x1234, lsl #16
movk x0, #0xffff
movk x0, #0xabcd, lsl #16
movk x0, #0xabcd, lsl 32
movk w9, #0xabcd, lsl #16
mvn x0, x1
mvn w0, w1, lsl #3
mvn x0, x1, asr #63
// arithmetic
add x0, x1, x2
add w0, w1, w2
add x0, x1, x2, lsl #4
add x0, x1, x2, lsr #63
add w0, w1, w2, asr #31
add x0, x1, w2, uxtb
add x0, x1, w2, uxth #1
add x0, x1, w2, uxtw #2
add x0, x1, x2, uxtx #3
add x0, x1, w2, sxtb #4
add x0, x1, w2, sxth
add x0, x1, w2, sxtw
add x0, x1, x2, sxtx
add w0, w1, w2, uxtb #2
add w0, w1, w2, sxtw
add sp, sp, x2
add sp, x1, x2, lsl #2
add x0, sp, w1, uxtw #3
add x0, x1, #0
add x0, x1, #4095
add x0, x1, #4096
add x0, x1, #0xfff000
add x0, x1, #1, lsl #12
add x0, x1, #-1
add x0, x1, #-4095
add x0, x1, #-4096
add sp, sp, #16
add w0, wsp, #16
add x0, x1, 16
adds x0, x1, x2
adds w0, w1, #4
adds x0, sp, #8
adds xzr, x1, #1
adds x0, x1, w2, sxth #1
adds x0, x1, #-8
sub x0, x1, x2
sub w0, w1, w2, lsl #5
sub sp, sp, #0x20
sub sp, sp, #1, lsl #12
sub sp, sp, x9
sub x0, x1, #-16
sub x0, x1, w2, uxtw
subs x0, x1, x2
subs w0, w1, #0xfff
subs x0, x1, #-3
subs xzr, x1, x2
cmp x0, x1
cmp w0, w1
cmp x0, #0
cmp x0, #4095
cmp x0, #4096
cmp x0, #-1
cmp w0, #'a'
cmp w0, #-4096
cmp x0, x1, lsl #3
cmp x0, w1, uxtb
cmp x0, w1, sxtw #2
cmp sp, x1
cmp sp, #16
cmp x0, xzr
cmn x0, x1
cmn w0, #5
cmn x0, #-5
cmn x0, w1, uxth
neg x0, x1
neg w0, w1, lsl #4
negs x0, x1
negs w0, w1, asr #2
adc x0, x1, x2
adcs w0, w1, w2
sbc x0, x1, x2
sbcs w0, w1, w2
ngc x0, x1
ngcs w0, w1
mul x0, x1, x2
mul w0, w1, w2
madd x0, x1, x2, x3
madd w0, w1, w2, w3
msub x0, x1, x2, x3
mneg x0, x1, x2
mneg w0, w1, w2
smull x0, w1, w2
umull x0, w1, w2
smaddl x0, w1, w2, x3
umaddl x0, w1, w2, x3
smsubl x0, w1, w2, x3
umsubl x0, w1, w2, x3
smnegl x0, w1, w2
umnegl x0, w1, w2
smulh x0, x1, x2
umulh x0, x1, x2
sdiv x0, x1, x2
udiv w0, w1, w2
// logic
and x0, x1, x2
and w0, w1, w2, ror #7
and x0, x1, x2, lsl #12
and x0, x1, #1
and x0, x1, #0xff
and x0, x1, #-16
and x0, x1, #~15
and x0, x1, #0xf0f0f0f0f0f0f0f0
and w0, w1, #0x7fffffff
and w0, w1, #0xfffffffe
and sp, x1, #0xfffffffffffffff0
ands x0, x1, #0xffff
ands w0, w1, w2
ands xzr, x1, #0x8000000000000000
tst x0, #1
tst w0, #0xff
tst x0, x1
tst w0, w1, lsl #3
tst x0, #(1 << 40)
bic x0, x1, x2
bic w0, w1, w2, lsr #4
bic x0, x1, #7
bics x0, x1, x2
bics x0, x1, #0xff00
orr x0, x1, x2
orr w0, w1, #0x10
orr x0, x1, #0x3333333333333333
orr x0, xzr, #2
orr x0, x1, x2, asr #9
orn x0, x1, x2
orn w0, w1, w2, ror #31
eor x0, x1, x2
eor w0, w1, #1
eor x0, x1, #0xfffffffffffffffe
eor x0, x1, x2, ror #63
eon x0, x1, x2
eon w0, w1, w2, lsl #1
// shifts and bit fields
lsl x0, x1, #0
lsl x0, x1, #1
lsl x0, x1, #63
lsl w0, w1, #31
lsl x0, x1, x2
lsl w0, w1, w2
lsr x0, x1, #4
lsr w0, w1, #1
lsr x0, x1, x2
asr x0, x1, #63
asr w0, w1, #3
asr x0, x1, x2
ror x0, x1, #5
ror w0, w1, #31
ror x0, x1, x2
lslv x0, x1, x2
lsrv w0, w1, w2
asrv x0, x1, x2
rorv w0, w1, w2
extr x0, x1, x2, #17
extr w0, w1, w2, #3
ubfx x0, x1, #4, #8
ubfx w0, w1, #0, #32
sbfx x0, x1, #60, #4
sbfx w0, w1, #31, #1
ubfiz x0, x1, #4, #8
ubfiz w0, w1, #31, #1
sbfiz x0, x1, #1, #63
bfi x0, x1, #3, #5
bfi w0, w1, #0, #1
bfxil x0, x1, #3, #5
bfxil w0, w1, #31, #1
bfc x0, #3, #7
bfc w0, #31, #1
bfm x0, x1, #3, #7
ubfm x0, x1, #3, #7
sbfm w0, w1, #9, #2
sxtb x0, w1
sxtb w0, w1
sxth x0, w1
sxtw x0, w1
uxtb w0, w1
uxth w0, w1
uxtw x0, w1
clz x0, x1
clz w0, w1
cls x0, x1
rbit x0, x1
rbit w0, w1
rev x0, x1
rev w0, w1
rev16 x0, x1
rev16 w0, w1
rev32 x0, x1
rev64 x0, x1
// conditions
csel x0, x1, x2, eq
csel w0, w1, w2, ne
csel x0, x1, xzr, cs
csinc x0, x1, x2, lo
csinv w0, w1, w2, mi
csneg x0, x1, x2, pl
cset x0, eq
cset w0, hs
csetm x0, lt
csetm w0, cc
cinc x0, x1, gt
cinv w0, w1, le
cneg x0, x1, vs
ccmp x0, x1, #0, eq
ccmp w0, #31, #15, ne
ccmn x0, x1, #4, ge
ccmn w0, #0, #2, vc
// loads and stores
ldr x0, [x1]
ldr w0, [x1]
ldr x0, [sp]
ldr x0, [x1, #8]
ldr x0, [x1, #32760]
ldr w0, [x1, #16380]
ldr x0, [x1, #-8]
ldr x0, [x1, #255]
ldr x0, [x1, #-256]
ldr w0, [x1, #3]
ldr x0, [x1, #8]!
ldr x0, [x1, #-256]!
ldr x0, [x1], #8
ldr w0, [x1], #-4
ldr x0, [sp], #16
ldr x0, [x1, x2]
ldr x0, [x1, x2, lsl #3]
ldr x0, [x1, x2, lsl #0]
ldr w0, [x1, x2, lsl #2]
ldr x0, [x1, w2, uxtw]
ldr x0, [x1, w2, uxtw #3]
ldr x0, [x1, w2, sxtw]
ldr x0, [x1, w2, sxtw #3]
ldr x0, [x1, x2, sxtx #3]
ldr x0, [x1, x2, sxtx]
ldr xzr, [x1]
str x0, [x1]
str w0, [x1, #4]
str x0, [sp, #-16]!
str x30, [sp], #16
str x0, [x1, x2, lsl #3]
str wzr, [x1, w2, uxtw #2]
str xzr, [x1, #16]
ldrb w0, [x1]
ldrb w0, [x1, #4095]
ldrb w0, [x1, #-1]
ldrb w0, [x1], #1
ldrb w0, [x1, #1]!
ldrb w0, [x1, x2]
ldrb w0, [x1, x2, lsl #0]
ldrb w0, [x1, w2, uxtw]
ldrb w0, [x1, w2, sxtw #0]
strb w0, [x1]
strb wzr, [x1], #1
strb w0, [x1, x2]
ldrh w0, [x1]
ldrh w0, [x1, #8190]
ldrh w0, [x1, #1]
ldrh w0, [x1, x2, lsl #1]
strh w0, [x1, #2]
strh w0, [x1], #2
ldrsb x0, [x1]
ldrsb w0, [x1, #1]
ldrsb x0, [x1, x2]
ldrsh x0, [x1, #2]
ldrsh w0, [x1], #2
ldrsh x0, [x1, w2, sxtw #1]
ldrsw x0, [x1]
ldrsw x0, [x1, #4]
ldrsw x0, [x1], #4
ldrsw x0, [x1, x2, lsl #2]
ldur x0, [x1, #-8]
ldur w0, [x1, #1]
ldur x0, [x1]
ldurb w0, [x1, #-1]
ldurh w0, [x1, #3]
ldursb x0, [x1, #-9]
ldursh w0, [x1, #7]
ldursw x0, [x1, #5]
stur x0, [x1, #-8]
sturb w0, [x1, #1]
sturh w0, [x1, #-2]
ldtr x0, [x1, #8]
ldtrb w0, [x1]
ldtrsw x0, [x1, #4]
sttr w0, [x1, #-4]
ldp x0, x1, [x2]
ldp x0, x1, [sp, #16]
ldp w0, w1, [x2, #252]
ldp x29, x30, [sp], #16
ldp x0, x1, [x2, #-512]!
ldp d8, d9, [sp, #32]
ldp q0, q1, [x0, #-1024]
ldp s0, s1, [x0], #8
ldpsw x0, x1, [x2, #8]
stp x29, x30, [sp, #-16]!
stp x0, x1, [x2, #504]
stp wzr, wzr, [x2]
stp q0, q1, [x0], #32
stp xzr, x1, [sp]
ldnp x0, x1, [x2, #16]
stnp q0, q1, [x2]
ldr b0, [x1]
ldr h0, [x1, #2]
ldr s0, [x1, #4]
ldr d0, [x1, x2, lsl #3]
ldr q0, [x1, #16]
ldr q0, [x1], #16
ldr q0, [x1, x2, lsl #4]
str q31, [sp, #-16]!
str d8, [x0, #8]
str s0, [x0, w1, sxtw #2]
str b0, [x0, x1]
ldur q0, [x1, #-16]
stur d0, [x1, #1]
prfm pldl1keep, [x0]
prfm pldl2strm, [x0, #8]
prfm pstl3keep, [x0, x1, lsl #3]
prfm plil1keep, [x0, #32760]
prfm #5, [x0]
prfm pldl1keep, [x0, #-8]
prfum pldl1strm, [x0, #3]
ldxr x0, [x1]
ldxr w0, [sp]
ldxrb w0, [x1]
ldxrh w0, [x1]
ldaxr x0, [x1]
ldaxrb w0, [x1]
stxr w0, x1, [x2]
stlxr w0, w1, [x2]
stxrb w0, w1, [x2]
stlxrh w0, w1, [x2]
ldxp x0, x1, [x2]
ldaxp w0, w1, [x2]
stxp w0, x1, x2, [x3]
stlxp w0, w1, w2, [x3]
ldar x0, [x1]
ldarb w0, [x1]
ldarh w0, [x1]
stlr x0, [x1]
stlrb w0, [x1]
ldapr x0, [x1]
ldaprb w0, [x1]
ldapur x0, [x1, #-8]
stlur w0, [x1, #9]
ldlar x0, [x1]
stllr x0, [x1]
// atomics
ldadd x0, x1, [x2]
ldadda w0, w1, [x2]
ldaddal x0, x1, [sp]
ldaddlb w0, w1, [x2]
ldclr x0, x1, [x2]
ldeorah w0, w1, [x2]
ldsetl x0, x1, [x2]
ldsmax w0, w1, [x2]
ldsminal x0, x1, [x2]
ldumaxb w0, w1, [x2]
ldumin x0, x1, [x2]
stadd x0, [x1]
staddlb w0, [x1]
stclr w0, [x1]
stset x0, [x1]
steorl w0, [x1]
stumax x0, [sp]
swp x0, x1, [x2]
swpal w0, w1, [x2]
swpb w0, w1, [x2]
cas x0, x1, [x2]
casal w0, w1, [x2]
casalb w0, w1, [x2]
casp x0, x1, x2, x3, [x4]
caspal w0, w1, w2, w3, [x4]
// control
nop
yield
wfe
wfi
sev
sevl
hint #0
hint #127
ret
ret x1
br x0
blr x16
eret
svc #0
svc #0x80
svc 0x80
hvc #1
smc #2
brk #0
brk #0xf000
hlt #1
udf #7
dcps1
isb
isb sy
dsb sy
dsb ish
dsb ishld
dsb #3
dmb ish
dmb sy
dmb ishst
dmb oshld
clrex
clrex #1
csdb
sb
esb
bti
bti c
bti j
bti jc
b #8
b #-4
bl #1024
b.eq #8
b.ne #-8
bne #8
b.hs #4
bcs #4
b.al #4
cbz x0, #8
cbnz w1, #-8
tbz x0, #63, #8
tbnz w0, #31, #-8
tbz w3, #0, #32764
adr x0, #0
adr x1, #-1
adr x2, #1048575
adrp x0, #0
adrp x1, #4096
adrp x2, #-4096
ldr x0, #8
ldr w0, #-4
ldr d0, #16
ldr q1, #16
ldrsw x0, #4
prfm pldl1keep, #8
// pointer authentication
paciasp
pacibsp
autiasp
autibsp
pacia x0, x1
pacib x0, sp
autia x0, x1
autdb x2, x3
paciza x0
autdza x1
xpaci x0
xpacd x1
xpaclri
pacga x0, x1, x2
pacia1716
retaa
retab
eretaa
braa x0, x1
blraa x2, sp
braaz x3
blrabz x4
ldraa x0, [x1]
ldraa x0, [x1, #8]
ldrab x0, [x1, #-4096]!
// system registers
mrs x0, nzcv
msr nzcv, x0
mrs x1, fpcr
msr fpsr, x2
mrs x0, tpidr_el0
mrs x0, tpidrro_el0
mrs x0, TPIDRRO_EL0
msr tpidr_el0, x9
mrs x0, cntvct_el0
mrs x0, cntfrq_el0
mrs x0, dczid_el0
mrs x0, ctr_el0
mrs x0, midr_el1
mrs x0, id_aa64isar0_el1
mrs x0, currentel
mrs x0, s3_4_c15_c0_4
msr s3_4_c15_c0_4, x1
mrs x0, apiakeylo_el1
mrs x0, id_aa64isar2_el1
msr dit, #1
mrs x2, dit
msr pan, #0
msr uao, #1
msr ssbs, #1
msr daifset, #2
msr daifclr, #15
msr spsel, #1
sys #3, c7, c4, #1, x0
sys #0, c7, c5, #0
sysl x0, #1, c2, c3, #4
dc zva, x0
dc cvau, x1
dc civac, x2
dc cvap, x3
ic iallu
ic ivau, x0
at s1e1r, x0
tlbi vmalle1is
tlbi vae1, x0
tlbi vae1os, x0
cfinv
axflag
rmif x0, #3, #4
setf8 w0
// checksums
crc32b w0, w1, w2
crc32h w0, w1, w2
crc32w w0, w1, w2
crc32x w0, w1, x2
crc32cb w0, w1, w2
crc32cx w0, w1, x2
// floating point
fmov s0, s1
fmov d0, d1
fmov s0, w1
fmov w0, s1
fmov d0, x1
fmov x0, d1
fmov s0, wzr
fmov d0, xzr
fmov d0, #1.0
fmov s0, #-0.125
fmov d0, #31.0
fmov d0, #1
fmov s0, #0x70
fmov v0.2d, #1.0
fmov v0.4s, #-2.5
fmov x0, v1.d[1]
fmov v1.d[1], x0
fmov d0, #0.0
fadd d0, d1, d2
fadd s0, s1, s2
fsub d0, d1, d2
fmul s0, s1, s2
fdiv d0, d1, d2
fnmul d0, d1, d2
fmadd d0, d1, d2, d3
fmsub s0, s1, s2, s3
fnmadd d0, d1, d2, d3
fnmsub d0, d1, d2, d3
fabs d0, d1
fneg s0, s1
fsqrt d0, d1
fmax d0, d1, d2
fminnm s0, s1, s2
fcmp d0, d1
fcmp d0, #0.0
fcmpe s0, s1
fcmpe s0, #0.0
fccmp d0, d1, #4, eq
fccmpe s0, s1, #0, gt
fcsel d0, d1, d2, lt
fcvt d0, s1
fcvt s0, d1
fcvt h0, s1
fcvt d0, h1
fcvtzs x0, d1
fcvtzs w0, s1
fcvtzu x0, s1
fcvtzs w0, d1, #4
fcvtas x0, d1
fcvtmu w0, s1
fcvtns x0, d1
fcvtps w0, d1
scvtf d0, x1
scvtf s0, w1
ucvtf d0, w1
scvtf d0, x1, #10
ucvtf s0, w1, #32
frinta d0, d1
frinti s0, s1
frintm d0, d1
frintn d0, d1
frintp d0, d1
frintx d0, d1
frintz s0, s1
frint32x d0, d1
frint64z s0, s1
fjcvtzs w0, d1
fadd h0, h1, h2
fmul h3, h4, h5
fmov h0, w1
fmov h0, #1.0
fcmp h0, #0.0
fcvtzs x0, h1
// vectors
add v0.16b, v1.16b, v2.16b
add v0.8b, v1.8b, v2.8b
add v0.8h, v1.8h, v2.8h
add v0.2d, v1.2d, v2.2d
add d0, d1, d2
add.4s v0, v1, v2
sub v0.4h, v1.4h, v2.4h
mul v0.4s, v1.4s, v2.4s
mul v0.8h, v1.8h, v2.h[3]
mla v0.2s, v1.2s, v2.2s
mls v0.4s, v1.4s, v2.s[1]
and v0.16b, v1.16b, v2.16b
orr v0.8b, v1.8b, v2.8b
orr v0.4s, #0xff
orr v0.8h, #1, lsl #8
bic v0.4s, #0xff, lsl #24
bic v0.16b, v1.16b, v2.16b
eor v0.16b, v1.16b, v2.16b
eor.16b v3, v4, v5
orn v0.16b, v1.16b, v2.16b
bsl v0.16b, v1.16b, v2.16b
bit v0.8b, v1.8b, v2.8b
bif v0.16b, v1.16b, v2.16b
not v0.16b, v1.16b
mvn v0.8b, v1.8b
mov v0.16b, v1.16b
mov v0.8b, v1.8b
mov v0.b[1], w2
mov v0.h[7], w2
mov v0.s[3], w2
mov v0.d[1], x2
mov v0.b[15], v1.b[0]
mov v0.d[0], v1.d[1]
mov w0, v1.s[2]
mov x0, v1.d[0]
mov b0, v1.b[3]
mov s0, v1.s[1]
mov d0, v1.d[1]
mov.16b v0, v1
mov.d x0, v1[1]
mov.s v0[1], w2
ins v0.b[1], w2
ins v0.s[1], v2.s[3]
dup v0.16b, w1
dup v0.4s, w1
dup v0.2d, x1
dup v0.8h, v1.h[2]
dup d0, v1.d[1]
dup.4s v0, v1[2]
umov w0, v1.b[3]
umov x0, v1.d[1]
smov x0, v1.s[1]
smov w0, v1.b[7]
movi v0.16b, #0xff
movi v0.8b, #1
movi v0.4s, #0x12
movi v0.4s, #0x12, lsl #24
movi v0.4s, #0x12, msl #8
movi v0.8h, #0xab, lsl #8
movi v0.2d, #0
movi v0.2d, #0xff00ff00ff00ff00
movi d0, #0xff00ff00ff00ff00
movi.2d v0, #0
mvni v0.4s, #1
mvni v0.2s, #1, msl #16
cmeq v0.16b, v1.16b, v2.16b
cmeq v0.16b, v1.16b, #0
cmge v0.8h, v1.8h, v2.8h
cmgt v0.4s, v1.4s, #0
cmhi v0.2d, v1.2d, v2.2d
cmhs v0.16b, v1.16b, v2.16b
cmle v0.4s, v1.4s, #0
cmlt v0.8b, v1.8b, #0
cmlo v0.16b, v1.16b, v2.16b
cmls v0.16b, v1.16b, v2.16b
cmtst v0.16b, v1.16b, v2.16b
cmeq.16b v0, v1, v2
smax v0.16b, v1.16b, v2.16b
umin v0.16b, v1.16b, v2.16b
umaxv b0, v1.16b
uminv b0, v1.8b
umaxv.16b b0, v1
addv b0, v1.16b
addv s0, v1.4s
saddlv h0, v1.16b
uaddlv s0, v1.8h
addp v0.16b, v1.16b, v2.16b
addp d0, v1.2d
umaxp v0.16b, v1.16b, v2.16b
uaddlp v0.8h, v1.16b
uadalp v0.4s, v1.8h
abs v0.4s, v1.4s
neg v0.2d, v1.2d
cnt v0.16b, v1.16b
cls v0.4s, v1.4s
clz v0.8h, v1.8h
rbit v0.16b, v1.16b
rev16 v0.16b, v1.16b
rev32 v0.8h, v1.8h
rev64 v0.4s, v1.4s
shl v0.4s, v1.4s, #3
shl d0, d1, #63
sshr v0.16b, v1.16b, #7
ushr v0.2d, v1.2d, #64
ushr.16b v0, v1, #4
usra v0.8h, v1.8h, #2
sri v0.4s, v1.4s, #3
sli v0.4s, v1.4s, #3
sshl v0.4s, v1.4s, v2.4s
ushl v0.16b, v1.16b, v2.16b
srshr v0.4s, v1.4s, #1
shrn v0.8b, v1.8h, #4
shrn2 v0.16b, v1.8h, #8
rshrn v0.4h, v1.4s, #3
sqshrn v0.2s, v1.2d, #5
uqxtn v0.8b, v1.8h
xtn v0.8b, v1.8h
xtn2 v0.16b, v1.8h
sxtl v0.8h, v1.8b
uxtl v0.4s, v1.4h
uxtl2 v0.8h, v1.16b
sshll v0.8h, v1.8b, #2
ushll2 v0.2d, v1.4s, #3
saddl v0.8h, v1.8b, v2.8b
uaddw v0.4s, v1.4s, v2.4h
usubl2 v0.8h, v1.16b, v2.16b
smull v0.4s, v1.4h, v2.4h
umull2 v0.2d, v1.4s, v2.4s
umlal v0.4s, v1.4h, v2.h[1]
smlsl v0.2d, v1.2s, v2.s[0]
sqdmulh v0.4s, v1.4s, v2.4s
sqrdmulh v0.8h, v1.8h, v2.h[7]
sqrdmlah v0.4s, v1.4s, v2.4s
sqadd v0.16b, v1.16b, v2.16b
uqsub v0.8h, v1.8h, v2.8h
sabd v0.4s, v1.4s, v2.4s
uabal v0.8h, v1.8b, v2.8b
pmul v0.16b, v1.16b, v2.16b
pmull v0.8h, v1.8b, v2.8b
pmull v0.1q, v1.1d, v2.1d
pmull2 v0.1q, v1.2d, v2.2d
ext v0.16b, v1.16b, v2.16b, #3
ext.16b v0, v1, v2, #15
zip1 v0.16b, v1.16b, v2.16b
zip2 v0.4s, v1.4s, v2.4s
uzp1 v0.8h, v1.8h, v2.8h
trn2 v0.2d, v1.2d, v2.2d
tbl v0.16b, {v1.16b}, v2.16b
tbl v0.8b, {v1.16b, v2.16b}, v3.8b
tbl v0.16b, {v1.16b-v4.16b}, v5.16b
tbx v0.16b, {v1.16b, v2.16b, v3.16b}, v4.16b
tbl.16b v0, {v1}, v2
fadd v0.4s, v1.4s, v2.4s
fmul v0.2d, v1.2d, v2.d[1]
fmla v0.4s, v1.4s, v2.s[3]
fmla.4s v0, v1, v2[1]
fmls v0.2d, v1.2d, v2.2d
faddp v0.4s, v1.4s, v2.4s
faddp s0, v1.2s
fmaxv s0, v1.4s
fcmeq v0.4s, v1.4s, #0.0
fcmgt v0.2d, v1.2d, v2.2d
fcmle v0.4s, v1.4s, #0.0
facge v0.4s, v1.4s, v2.4s
frecpe v0.4s, v1.4s
frsqrts v0.2d, v1.2d, v2.2d
fcvtl v0.4s, v1.4h
fcvtn v0.2s, v1.2d
fcvtn2 v0.4s, v1.2d
fcvtzs v0.4s, v1.4s
scvtf v0.2d, v1.2d
ucvtf v0.4s, v1.4s, #8
fsqrt v0.4s, v1.4s
fadd v0.8h, v1.8h, v2.8h
fmla v0.4h, v1.4h, v2.h[5]
fcmla v0.4s, v1.4s, v2.4s, #90
fcadd v0.2d, v1.2d, v2.2d, #270
fmlal v0.4s, v1.4h, v2.4h
sdot v0.4s, v1.16b, v2.16b
udot v0.2s, v1.8b, v2.4b[3]
udot.4s v0, v1, v2
ld1 {v0.16b}, [x0]
ld1 {v0.16b, v1.16b}, [x0], #32
ld1 {v0.8h-v2.8h}, [x0]
ld1 {v0.2d, v1.2d, v2.2d, v3.2d}, [x0], x1
ld1 {v0.b}[3], [x0]
ld1 {v0.s}[1], [x0], #4
ld1r {v0.4s}, [x0]
ld1.16b {v0, v1}, [x0]
ld2 {v0.4s, v1.4s}, [x0]
ld2 {v0.h, v1.h}[5], [x0]
ld3 {v0.8b, v1.8b, v2.8b}, [x0], #24
ld4 {v0.16b-v3.16b}, [x0]
ld4r {v0.2s-v3.2s}, [x0], x2
st1 {v0.16b}, [x0], #16
st1 {v0.d}[1], [x0]
st2 {v30.8h, v31.8h}, [sp]
st3 {v0.2d-v2.2d}, [x0], #48
st4 {v0.b, v1.b, v2.b, v3.b}[15], [x0], #4
// cryptography
aese v0.16b, v1.16b
aesd v0.16b, v1.16b
aesmc v0.16b, v1.16b
aesimc v0.16b, v1.16b
sha1h s0, s1
sha1c q0, s1, v2.4s
sha1p q0, s1, v2.4s
sha1m q0, s1, v2.4s
sha1su0 v0.4s, v1.4s, v2.4s
sha1su1 v0.4s, v1.4s
sha256h q0, q1, v2.4s
sha256h2 q0, q1, v2.4s
sha256su0 v0.4s, v1.4s
sha256su1 v0.4s, v1.4s, v2.4s
sha512h q0, q1, v2.2d
sha512h2 q0, q1, v2.2d
sha512su0 v0.2d, v1.2d
sha512su1 v0.2d, v1.2d, v2.2d
eor3 v0.16b, v1.16b, v2.16b, v3.16b
bcax v0.16b, v1.16b, v2.16b, v3.16b
rax1 v0.2d, v1.2d, v2.2d
xar v0.2d, v1.2d, v2.2d, #63
aese.16b v0, v1
// case and spacing
MOV X0, #1
Ldr X0,[X1,#8]
add	x0 , x1 ,x2 , lsl#2
ldp x0,x1,[sp],#16
add fp, sp, #16
str lr, [sp]
fmov d0, #0
fmov s3, #0.0
fmov h3, #0.0
fmov d0, #0xff
fmov v0.4s, #0x70
fmov d0, 1.0
fmov d0, #-1
fmov s0, #1e0
fmov.2d v3, #3.0
