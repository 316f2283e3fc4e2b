"""Instructions that Keystone 0.9.2 does not know: Armv8.1-A to Armv8.5-A as Apple's M1 has them.

Atomics (LSE), pointer authentication, AES, SHA, half-precision arithmetic, dot products, complex
arithmetic, RCpc loads, flag manipulation, hints and system registers; and ``fmov`` of constants,
which it gets wrong: it makes zero of every number that has no 8-bit form.  Base words are those of
the Arm Architecture Reference Manual, C4 and C6, and a test compares every row with another
assembler.  The notation is explained in :mod:`emu.asm.patterns`, which reads it.
"""

from __future__ import annotations

__all__ = ["FORMS", "OPERATIONS", "REGISTERS"]

#: Operands, a colon, then each mnemonic with the word for zero in all fields.
FORMS = """
Vd.16b,Vn.16b:
  aesd=4e285800 aese=4e284800 aesimc=4e287800 aesmc=4e286800
Xd,Pn:
  autda=dac11800 autdb=dac11c00 autia=dac11000 autib=dac11400 pacda=dac10800 pacdb=dac10c00
  pacia=dac10000 pacib=dac10400
Xd:
  autdza=dac13be0 autdzb=dac13fe0 autiza=dac133e0 autizb=dac137e0 pacdza=dac12be0
  pacdzb=dac12fe0 paciza=dac123e0 pacizb=dac127e0 xpacd=dac147e0 xpaci=dac143e0
-:
  autia1716=d503219f autiasp=d50323bf autiaz=d503239f autib1716=d50321df autibsp=d50323ff
  autibz=d50323df axflag=d500405f bti=d503241f cfinv=d500401f csdb=d503229f dgh=d50320df
  eretaa=d69f0bff eretab=d69f0fff esb=d503221f pacia1716=d503211f paciasp=d503233f
  paciaz=d503231f pacib1716=d503215f pacibsp=d503237f pacibz=d503235f pssbb=d503349f
  retaa=d65f0bff retab=d65f0fff sb=d50330ff ssbb=d503309f xaflag=d500403f xpaclri=d50320ff
Vd.16b,Vn.16b,Vm.16b,Va.16b:
  bcax=ce200000 eor3=ce000000
Xn,Pd:
  blraa=d73f0800 blrab=d73f0c00 braa=d71f0800 brab=d71f0c00
Xn:
  blraaz=d63f081f blrabz=d63f0c1f braaz=d61f081f brabz=d61f0c1f
Ws,Wt,[n]:
  cas=88a07c00 casa=88e07c00 casab=08e07c00 casah=48e07c00 casal=88e0fc00 casalb=08e0fc00
  casalh=48e0fc00 casb=08a07c00 cash=48a07c00 casl=88a0fc00 caslb=08a0fc00 caslh=48a0fc00
  ldadd=b8200000 ldadda=b8a00000 ldaddab=38a00000 ldaddah=78a00000 ldaddal=b8e00000
  ldaddalb=38e00000 ldaddalh=78e00000 ldaddb=38200000 ldaddh=78200000 ldaddl=b8600000
  ldaddlb=38600000 ldaddlh=78600000 ldclr=b8201000 ldclra=b8a01000 ldclrab=38a01000
  ldclrah=78a01000 ldclral=b8e01000 ldclralb=38e01000 ldclralh=78e01000 ldclrb=38201000
  ldclrh=78201000 ldclrl=b8601000 ldclrlb=38601000 ldclrlh=78601000 ldeor=b8202000
  ldeora=b8a02000 ldeorab=38a02000 ldeorah=78a02000 ldeoral=b8e02000 ldeoralb=38e02000
  ldeoralh=78e02000 ldeorb=38202000 ldeorh=78202000 ldeorl=b8602000 ldeorlb=38602000
  ldeorlh=78602000 ldset=b8203000 ldseta=b8a03000 ldsetab=38a03000 ldsetah=78a03000
  ldsetal=b8e03000 ldsetalb=38e03000 ldsetalh=78e03000 ldsetb=38203000 ldseth=78203000
  ldsetl=b8603000 ldsetlb=38603000 ldsetlh=78603000 ldsmax=b8204000 ldsmaxa=b8a04000
  ldsmaxab=38a04000 ldsmaxah=78a04000 ldsmaxal=b8e04000 ldsmaxalb=38e04000 ldsmaxalh=78e04000
  ldsmaxb=38204000 ldsmaxh=78204000 ldsmaxl=b8604000 ldsmaxlb=38604000 ldsmaxlh=78604000
  ldsmin=b8205000 ldsmina=b8a05000 ldsminab=38a05000 ldsminah=78a05000 ldsminal=b8e05000
  ldsminalb=38e05000 ldsminalh=78e05000 ldsminb=38205000 ldsminh=78205000 ldsminl=b8605000
  ldsminlb=38605000 ldsminlh=78605000 ldumax=b8206000 ldumaxa=b8a06000 ldumaxab=38a06000
  ldumaxah=78a06000 ldumaxal=b8e06000 ldumaxalb=38e06000 ldumaxalh=78e06000 ldumaxb=38206000
  ldumaxh=78206000 ldumaxl=b8606000 ldumaxlb=38606000 ldumaxlh=78606000 ldumin=b8207000
  ldumina=b8a07000 lduminab=38a07000 lduminah=78a07000 lduminal=b8e07000 lduminalb=38e07000
  lduminalh=78e07000 lduminb=38207000 lduminh=78207000 lduminl=b8607000 lduminlb=38607000
  lduminlh=78607000 swp=b8208000 swpa=b8a08000 swpab=38a08000 swpah=78a08000 swpal=b8e08000
  swpalb=38e08000 swpalh=78e08000 swpb=38208000 swph=78208000 swpl=b8608000 swplb=38608000
  swplh=78608000
Xs,Xt,[n]:
  cas=c8a07c00 casa=c8e07c00 casal=c8e0fc00 casl=c8a0fc00 ldadd=f8200000 ldadda=f8a00000
  ldaddal=f8e00000 ldaddl=f8600000 ldclr=f8201000 ldclra=f8a01000 ldclral=f8e01000
  ldclrl=f8601000 ldeor=f8202000 ldeora=f8a02000 ldeoral=f8e02000 ldeorl=f8602000 ldset=f8203000
  ldseta=f8a03000 ldsetal=f8e03000 ldsetl=f8603000 ldsmax=f8204000 ldsmaxa=f8a04000
  ldsmaxal=f8e04000 ldsmaxl=f8604000 ldsmin=f8205000 ldsmina=f8a05000 ldsminal=f8e05000
  ldsminl=f8605000 ldumax=f8206000 ldumaxa=f8a06000 ldumaxal=f8e06000 ldumaxl=f8606000
  ldumin=f8207000 ldumina=f8a07000 lduminal=f8e07000 lduminl=f8607000 swp=f8208000 swpa=f8a08000
  swpal=f8e08000 swpl=f8608000
Ws,Ws+1,Wt,Wt+1,[n]:
  casp=08207c00 caspa=08607c00 caspal=0860fc00 caspl=0820fc00
Xs,Xs+1,Xt,Xt+1,[n]:
  casp=48207c00 caspa=48607c00 caspal=4860fc00 caspl=4820fc00
Hd,Hn,Hm:
  fabd=7ec01400 facge=7e402c00 facgt=7ec02c00 fadd=1ee02800 fcmeq=5e402400 fcmge=7e402400
  fcmgt=7ec02400 fdiv=1ee01800 fmax=1ee04800 fmaxnm=1ee06800 fmin=1ee05800 fminnm=1ee07800
  fmul=1ee00800 fmulx=5e401c00 fnmul=1ee08800 frecps=5e403c00 frsqrts=5ec03c00 fsub=1ee03800
  sqrdmlah=7e408400 sqrdmlsh=7e408c00
Vd.4h,Vn.4h,Vm.4h:
  fabd=2ec01400 facge=2e402c00 facgt=2ec02c00 fadd=0e401400 faddp=2e401400 fcmeq=0e402400
  fcmge=2e402400 fcmgt=2ec02400 fdiv=2e403c00 fmax=0e403400 fmaxnm=0e400400 fmaxnmp=2e400400
  fmaxp=2e403400 fmin=0ec03400 fminnm=0ec00400 fminnmp=2ec00400 fminp=2ec03400 fmla=0e400c00
  fmls=0ec00c00 fmul=2e401c00 fmulx=0e401c00 frecps=0e403c00 frsqrts=0ec03c00 fsub=0ec01400
  sqrdmlah=2e408400 sqrdmlsh=2e408c00
Vd.8h,Vn.8h,Vm.8h:
  fabd=6ec01400 facge=6e402c00 facgt=6ec02c00 fadd=4e401400 faddp=6e401400 fcmeq=4e402400
  fcmge=6e402400 fcmgt=6ec02400 fdiv=6e403c00 fmax=4e403400 fmaxnm=4e400400 fmaxnmp=6e400400
  fmaxp=6e403400 fmin=4ec03400 fminnm=4ec00400 fminnmp=6ec00400 fminp=6ec03400 fmla=4e400c00
  fmls=4ec00c00 fmul=6e401c00 fmulx=4e401c00 frecps=4e403c00 frsqrts=4ec03c00 fsub=4ec01400
  sqrdmlah=6e408400 sqrdmlsh=6e408c00
Hd,Hn:
  fabs=1ee0c000 fcvtas=5e79c800 fcvtau=7e79c800 fcvtms=5e79b800 fcvtmu=7e79b800 fcvtns=5e79a800
  fcvtnu=7e79a800 fcvtps=5ef9a800 fcvtpu=7ef9a800 fcvtzs=5ef9b800 fcvtzu=7ef9b800 fmov=1ee04000
  fneg=1ee14000 frecpe=5ef9d800 frecpx=5ef9f800 frinta=1ee64000 frinti=1ee7c000 frintm=1ee54000
  frintn=1ee44000 frintp=1ee4c000 frintx=1ee74000 frintz=1ee5c000 frsqrte=7ef9d800
  fsqrt=1ee1c000 scvtf=5e79d800 ucvtf=7e79d800
Vd.4h,Vn.4h:
  fabs=0ef8f800 fcvtas=0e79c800 fcvtau=2e79c800 fcvtms=0e79b800 fcvtmu=2e79b800 fcvtns=0e79a800
  fcvtnu=2e79a800 fcvtps=0ef9a800 fcvtpu=2ef9a800 fcvtzs=0ef9b800 fcvtzu=2ef9b800 fneg=2ef8f800
  frecpe=0ef9d800 frinta=2e798800 frinti=2ef99800 frintm=0e799800 frintn=0e798800
  frintp=0ef98800 frintx=2e799800 frintz=0ef99800 frsqrte=2ef9d800 fsqrt=2ef9f800 scvtf=0e79d800
  ucvtf=2e79d800
Vd.8h,Vn.8h:
  fabs=4ef8f800 fcvtas=4e79c800 fcvtau=6e79c800 fcvtms=4e79b800 fcvtmu=6e79b800 fcvtns=4e79a800
  fcvtnu=6e79a800 fcvtps=4ef9a800 fcvtpu=6ef9a800 fcvtzs=4ef9b800 fcvtzu=6ef9b800 fneg=6ef8f800
  frecpe=4ef9d800 frinta=6e798800 frinti=6ef99800 frintm=4e799800 frintn=4e798800
  frintp=4ef98800 frintx=6e799800 frintz=4ef99800 frsqrte=6ef9d800 fsqrt=6ef9f800 scvtf=4e79d800
  ucvtf=6e79d800
Vd.4h,Vm.4h,Vn.4h:
  facle=2e402c00 faclt=2ec02c00 fcmle=2e402400 fcmlt=2ec02400
Vd.8h,Vm.8h,Vn.8h:
  facle=6e402c00 faclt=6ec02c00 fcmle=6e402400 fcmlt=6ec02400
Hd,Vn.2h:
  faddp=5e30d800 fmaxnmp=5e30c800 fmaxp=5e30f800 fminnmp=5eb0c800 fminp=5eb0f800
Vd.4h,Vn.4h,Vm.4h,#halfturn:
  fcadd=2e40e400
Vd.8h,Vn.8h,Vm.8h,#halfturn:
  fcadd=6e40e400
Vd.2s,Vn.2s,Vm.2s,#halfturn:
  fcadd=2e80e400
Vd.4s,Vn.4s,Vm.4s,#halfturn:
  fcadd=6e80e400
Vd.2d,Vn.2d,Vm.2d,#halfturn:
  fcadd=6ec0e400
Hn,Hm,#flags,condition:
  fccmp=1ee00400 fccmpe=1ee00410
Hd,Hn,#0.0:
  fcmeq=5ef8d800 fcmge=7ef8c800 fcmgt=5ef8c800 fcmle=7ef8d800 fcmlt=5ef8e800
Vd.4h,Vn.4h,#0.0:
  fcmeq=0ef8d800 fcmge=2ef8c800 fcmgt=0ef8c800 fcmle=2ef8d800 fcmlt=0ef8e800
Vd.8h,Vn.8h,#0.0:
  fcmeq=4ef8d800 fcmge=6ef8c800 fcmgt=4ef8c800 fcmle=6ef8d800 fcmlt=4ef8e800
Vd.4h,Vn.4h,Vm.4h,#turn11:
  fcmla=2e40c400
Vd.8h,Vn.8h,Vm.8h,#turn11:
  fcmla=6e40c400
Vd.2s,Vn.2s,Vm.2s,#turn11:
  fcmla=2e80c400
Vd.4s,Vn.4s,Vm.4s,#turn11:
  fcmla=6e80c400
Vd.2d,Vn.2d,Vm.2d,#turn11:
  fcmla=6ec0c400
Vd.4h,Vn.4h,Vm.h[hl4],#turn13:
  fcmla=2f401000
Vd.8h,Vn.8h,Vm.h[hl],#turn13:
  fcmla=6f401000
Vd.4s,Vn.4s,Vm.s[h],#turn13:
  fcmla=6f801000
Hn,Hm:
  fcmp=1ee02000 fcmpe=1ee02010
Hn,#0.0:
  fcmp=1ee02008 fcmpe=1ee02018
Hd,Hn,Hm,condition:
  fcsel=1ee00c00
Wd,Hn:
  fcvtas=1ee40000 fcvtau=1ee50000 fcvtms=1ef00000 fcvtmu=1ef10000 fcvtns=1ee00000
  fcvtnu=1ee10000 fcvtps=1ee80000 fcvtpu=1ee90000 fcvtzs=1ef80000 fcvtzu=1ef90000 fmov=1ee60000
Xd,Hn:
  fcvtas=9ee40000 fcvtau=9ee50000 fcvtms=9ef00000 fcvtmu=9ef10000 fcvtns=9ee00000
  fcvtnu=9ee10000 fcvtps=9ee80000 fcvtpu=9ee90000 fcvtzs=9ef80000 fcvtzu=9ef90000 fmov=9ee60000
Hd,Hn,#fraction16:
  fcvtzs=5f10fc00 fcvtzu=7f10fc00 scvtf=5f10e400 ucvtf=7f10e400
Wd,Hn,#fraction32:
  fcvtzs=1ed88000 fcvtzu=1ed98000
Xd,Hn,#fraction64:
  fcvtzs=9ed80000 fcvtzu=9ed90000
Vd.4h,Vn.4h,#fraction16:
  fcvtzs=0f10fc00 fcvtzu=2f10fc00 scvtf=0f10e400 ucvtf=2f10e400
Vd.8h,Vn.8h,#fraction16:
  fcvtzs=4f10fc00 fcvtzu=6f10fc00 scvtf=4f10e400 ucvtf=6f10e400
Wd,Dn:
  fjcvtzs=1e7e0000
Hd,Hn,Hm,Ha:
  fmadd=1fc00000 fmsub=1fc08000 fnmadd=1fe00000 fnmsub=1fe08000
Hd,Vn.4h:
  fmaxnmv=0e30c800 fmaxv=0e30f800 fminnmv=0eb0c800 fminv=0eb0f800
Hd,Vn.8h:
  fmaxnmv=4e30c800 fmaxv=4e30f800 fminnmv=4eb0c800 fminv=4eb0f800
Hd,Hn,Vm.h[hlm]:
  fmla=5f001000 fmls=5f005000 fmul=5f009000 fmulx=7f009000 sqrdmlah=7f40d000 sqrdmlsh=7f40f000
Vd.4h,Vn.4h,Vm.h[hlm]:
  fmla=0f001000 fmls=0f005000 fmul=0f009000 fmulx=2f009000 sqrdmlah=2f40d000 sqrdmlsh=2f40f000
Vd.8h,Vn.8h,Vm.h[hlm]:
  fmla=4f001000 fmls=4f005000 fmul=4f009000 fmulx=6f009000 sqrdmlah=6f40d000 sqrdmlsh=6f40f000
Vd.2s,Vn.2h,Vm.2h:
  fmlal=0e20ec00 fmlal2=2e20cc00 fmlsl=0ea0ec00 fmlsl2=2ea0cc00
Vd.4s,Vn.4h,Vm.4h:
  fmlal=4e20ec00 fmlal2=6e20cc00 fmlsl=4ea0ec00 fmlsl2=6ea0cc00
Vd.2s,Vn.2h,Vm.h[hlm]:
  fmlal=0f800000 fmlal2=2f808000 fmlsl=0f804000 fmlsl2=2f80c000
Vd.4s,Vn.4h,Vm.h[hlm]:
  fmlal=4f800000 fmlal2=6f808000 fmlsl=4f804000 fmlsl2=6f80c000
Hd,#zero:
  fmov=1ee703e0
Sd,#zero:
  fmov=1e2703e0
Dd,#zero:
  fmov=9e6703e0
Sd,#float13:
  fmov=1e201000
Dd,#float13:
  fmov=1e601000
Vd.2s,#float16:
  fmov=0f00f400
Vd.4s,#float16:
  fmov=4f00f400
Vd.2d,#float16:
  fmov=6f00f400
Hd,#float13:
  fmov=1ee01000
Hd,Wn:
  fmov=1ee70000 scvtf=1ee20000 ucvtf=1ee30000
Hd,Xn:
  fmov=9ee70000 scvtf=9ee20000 ucvtf=9ee30000
Vd.4h,#float16:
  fmov=0f00fc00
Vd.8h,#float16:
  fmov=4f00fc00
Sd,Sn:
  frint32x=1e28c000 frint32z=1e284000 frint64x=1e29c000 frint64z=1e294000 sha1h=5e280800
Dd,Dn:
  frint32x=1e68c000 frint32z=1e684000 frint64x=1e69c000 frint64z=1e694000
Vd.2s,Vn.2s:
  frint32x=2e21e800 frint32z=0e21e800 frint64x=2e21f800 frint64z=0e21f800
Vd.4s,Vn.4s:
  frint32x=6e21e800 frint32z=4e21e800 frint64x=6e21f800 frint64z=4e21f800 sha1su1=5e281800
  sha256su0=5e282800
Vd.2d,Vn.2d:
  frint32x=6e61e800 frint32z=4e61e800 frint64x=6e61f800 frint64z=4e61f800 sha512su0=cec08000
Xt,[n]:
  ldapr=f8bfc000 ldapur=d9400000 ldapursb=19800000 ldapursh=59800000 ldapursw=99800000
  ldlar=c8df7c00 ldraa=f8200400 ldrab=f8a00400 stllr=c89f7c00 stlur=d9000000
Wt,[n]:
  ldapr=b8bfc000 ldaprb=38bfc000 ldaprh=78bfc000 ldapur=99400000 ldapurb=19400000
  ldapurh=59400000 ldapursb=19c00000 ldapursh=59c00000 ldlar=88df7c00 ldlarb=08df7c00
  ldlarh=48df7c00 stllr=889f7c00 stllrb=089f7c00 stllrh=489f7c00 stlur=99000000 stlurb=19000000
  stlurh=59000000
Wt,[n,#offset]:
  ldapur=99400000 ldapurb=19400000 ldapurh=59400000 ldapursb=19c00000 ldapursh=59c00000
  stlur=99000000 stlurb=19000000 stlurh=59000000
Xt,[n,#offset]:
  ldapur=d9400000 ldapursb=19800000 ldapursh=59800000 ldapursw=99800000 stlur=d9000000
Xd,Xn,Pm:
  pacga=9ac03000
Vd.1q,Vn.1d,Vm.1d:
  pmull=0ee0e000
Vd.1q,Vn.2d,Vm.2d:
  pmull2=4ee0e000
Vd.2d,Vn.2d,Vm.2d:
  rax1=ce608c00 sha512su1=ce608800
Xn,#u6,#flags:
  rmif=ba000400
Hd,Wn,#fraction32:
  scvtf=1ec28000 ucvtf=1ec38000
Hd,Xn,#fraction64:
  scvtf=9ec20000 ucvtf=9ec30000
Vd.2s,Vn.8b,Vm.8b:
  sdot=0e809400 udot=2e809400
Vd.4s,Vn.16b,Vm.16b:
  sdot=4e809400 udot=6e809400
Vd.2s,Vn.8b,Vm.4b[hl]:
  sdot=0f80e000 udot=2f80e000
Vd.4s,Vn.16b,Vm.4b[hl]:
  sdot=4f80e000 udot=6f80e000
Wn:
  setf16=3a00480d setf8=3a00080d
Qd,Sn,Vm.4s:
  sha1c=5e000000 sha1m=5e002000 sha1p=5e001000
Vd.4s,Vn.4s,Vm.4s:
  sha1su0=5e003000 sha256su1=5e006000 sqrdmlah=6e808400 sqrdmlsh=6e808c00
Qd,Qn,Vm.4s:
  sha256h=5e004000 sha256h2=5e005000
Qd,Qn,Vm.2d:
  sha512h=ce608000 sha512h2=ce608400
Sd,Sn,Sm:
  sqrdmlah=7e808400 sqrdmlsh=7e808c00
Sd,Sn,Vm.s[hl]:
  sqrdmlah=7f80d000 sqrdmlsh=7f80f000
Vd.2s,Vn.2s,Vm.2s:
  sqrdmlah=2e808400 sqrdmlsh=2e808c00
Vd.2s,Vn.2s,Vm.s[hl]:
  sqrdmlah=2f80d000 sqrdmlsh=2f80f000
Vd.4s,Vn.4s,Vm.s[hl]:
  sqrdmlah=6f80d000 sqrdmlsh=6f80f000
Xs,[n]:
  stadd=f820001f staddl=f860001f stclr=f820101f stclrl=f860101f steor=f820201f steorl=f860201f
  stset=f820301f stsetl=f860301f stsmax=f820401f stsmaxl=f860401f stsmin=f820501f
  stsminl=f860501f stumax=f820601f stumaxl=f860601f stumin=f820701f stuminl=f860701f
Ws,[n]:
  stadd=b820001f staddb=3820001f staddh=7820001f staddl=b860001f staddlb=3860001f
  staddlh=7860001f stclr=b820101f stclrb=3820101f stclrh=7820101f stclrl=b860101f
  stclrlb=3860101f stclrlh=7860101f steor=b820201f steorb=3820201f steorh=7820201f
  steorl=b860201f steorlb=3860201f steorlh=7860201f stset=b820301f stsetb=3820301f
  stseth=7820301f stsetl=b860301f stsetlb=3860301f stsetlh=7860301f stsmax=b820401f
  stsmaxb=3820401f stsmaxh=7820401f stsmaxl=b860401f stsmaxlb=3860401f stsmaxlh=7860401f
  stsmin=b820501f stsminb=3820501f stsminh=7820501f stsminl=b860501f stsminlb=3860501f
  stsminlh=7860501f stumax=b820601f stumaxb=3820601f stumaxh=7820601f stumaxl=b860601f
  stumaxlb=3860601f stumaxlh=7860601f stumin=b820701f stuminb=3820701f stuminh=7820701f
  stuminl=b860701f stuminlb=3860701f stuminlh=7860701f
Vd.2d,Vn.2d,Vm.2d,#rotate:
  xar=ce800000
Xt,[n,#offset8]:
  ldraa=f8200400 ldrab=f8a00400
Xt,[n,#offset8]!:
  ldraa=f8200c00 ldrab=f8a00c00
Xt,[n]!:
  ldraa=f8200c00 ldrab=f8a00c00
c:
  bti=d503245f
j:
  bti=d503249f
jc:
  bti=d50324df
csync:
  tsb=d503225f
#u16:
  udf=00000000
"""

#: Operations of dc, at and tlbi: the word with register 0, or 31 where there is none.
OPERATIONS = """
at.s1e1a=d5087940 at.s1e1rp=d5087900 at.s1e1wp=d5087920 dc.cvadp=d50b7d20 dc.cvap=d50b7c20
tlbi.alle1os=d50c819f tlbi.alle2os=d50c811f tlbi.alle3os=d50e811f tlbi.aside1os=d5088140
tlbi.ipas2e1os=d50c8400 tlbi.ipas2le1os=d50c8480 tlbi.ripas2e1=d50c8440 tlbi.ripas2e1is=d50c8040
tlbi.ripas2e1os=d50c8460 tlbi.ripas2le1=d50c84c0 tlbi.ripas2le1is=d50c80c0
tlbi.ripas2le1os=d50c84e0 tlbi.rvaae1=d5088660 tlbi.rvaae1is=d5088260 tlbi.rvaae1os=d5088560
tlbi.rvaale1=d50886e0 tlbi.rvaale1is=d50882e0 tlbi.rvaale1os=d50885e0 tlbi.rvae1=d5088620
tlbi.rvae1is=d5088220 tlbi.rvae1os=d5088520 tlbi.rvae2=d50c8620 tlbi.rvae2is=d50c8220
tlbi.rvae2os=d50c8520 tlbi.rvae3=d50e8620 tlbi.rvae3is=d50e8220 tlbi.rvae3os=d50e8520
tlbi.rvale1=d50886a0 tlbi.rvale1is=d50882a0 tlbi.rvale1os=d50885a0 tlbi.rvale2=d50c86a0
tlbi.rvale2is=d50c82a0 tlbi.rvale2os=d50c85a0 tlbi.rvale3=d50e86a0 tlbi.rvale3is=d50e82a0
tlbi.rvale3os=d50e85a0 tlbi.vaae1os=d5088160 tlbi.vaale1os=d50881e0 tlbi.vae1os=d5088120
tlbi.vae2os=d50c8120 tlbi.vae3os=d50e8120 tlbi.vale1os=d50881a0 tlbi.vale2os=d50c81a0
tlbi.vale3os=d50e81a0 tlbi.vmalle1os=d508811f tlbi.vmalls12e1os=d50c81df
"""

#: System registers: op0:op1:CRn:CRm:op2 without the top bit; r or w behind it: one way only.
REGISTERS = """
afsr0_el12=6a88 afsr1_el12=6a89 amair_el12=6d18 amcfgr_el0=5e91r amcgcr_el0=5e92r
amcntenclr0_el0=5e94 amcntenclr1_el0=5e98 amcntenset0_el0=5e95 amcntenset1_el0=5e99
amcr_el0=5e90 amevcntr00_el0=5ea0 amevcntr01_el0=5ea1 amevcntr02_el0=5ea2 amevcntr03_el0=5ea3
amevcntr10_el0=5ee0 amevcntr110_el0=5eea amevcntr111_el0=5eeb amevcntr112_el0=5eec
amevcntr113_el0=5eed amevcntr114_el0=5eee amevcntr115_el0=5eef amevcntr11_el0=5ee1
amevcntr12_el0=5ee2 amevcntr13_el0=5ee3 amevcntr14_el0=5ee4 amevcntr15_el0=5ee5
amevcntr16_el0=5ee6 amevcntr17_el0=5ee7 amevcntr18_el0=5ee8 amevcntr19_el0=5ee9
amevtyper00_el0=5eb0r amevtyper01_el0=5eb1r amevtyper02_el0=5eb2r amevtyper03_el0=5eb3r
amevtyper10_el0=5ef0 amevtyper110_el0=5efa amevtyper111_el0=5efb amevtyper112_el0=5efc
amevtyper113_el0=5efd amevtyper114_el0=5efe amevtyper115_el0=5eff amevtyper11_el0=5ef1
amevtyper12_el0=5ef2 amevtyper13_el0=5ef3 amevtyper14_el0=5ef4 amevtyper15_el0=5ef5
amevtyper16_el0=5ef6 amevtyper17_el0=5ef7 amevtyper18_el0=5ef8 amevtyper19_el0=5ef9
amuserenr_el0=5e93 apdakeyhi_el1=4111 apdakeylo_el1=4110 apdbkeyhi_el1=4113 apdbkeylo_el1=4112
apgakeyhi_el1=4119 apgakeylo_el1=4118 apiakeyhi_el1=4109 apiakeylo_el1=4108 apibkeyhi_el1=410b
apibkeylo_el1=410a ccsidr2_el1=4802r cnthps_ctl_el2=6729 cnthps_cval_el2=672a
cnthps_tval_el2=6728 cnthv_ctl_el2=6719 cnthv_cval_el2=671a cnthv_tval_el2=6718
cnthvs_ctl_el2=6721 cnthvs_cval_el2=6722 cnthvs_tval_el2=6720 cntkctl_el12=6f08
cntp_ctl_el02=6f11 cntp_cval_el02=6f12 cntp_tval_el02=6f10 cntv_ctl_el02=6f19
cntv_cval_el02=6f1a cntv_tval_el02=6f18 contextidr_el12=6e81 contextidr_el2=6681 cpacr_el12=6882
disr_el1=4609 dit=5a15 elr_el12=6a01 erridr_el1=4298r errselr_el1=4299 erxaddr_el1=42a3
erxctlr_el1=42a1 erxfr_el1=42a0r erxmisc0_el1=42a8 erxmisc1_el1=42a9 erxmisc2_el1=42aa
erxmisc3_el1=42ab erxpfgcdn_el1=42a6 erxpfgctl_el1=42a5 erxpfgf_el1=42a4r erxstatus_el1=42a2
esr_el12=6a90 far_el12=6b00 id_aa64dfr2_el1=402ar id_aa64fpfr0_el1=4027r id_aa64isar2_el1=4032r
id_aa64isar3_el1=4033r id_aa64mmfr2_el1=403ar id_aa64mmfr3_el1=403br id_aa64mmfr4_el1=403cr
id_aa64pfr2_el1=4022r id_dfr1_el1=401dr id_isar6_el1=4017r id_mmfr5_el1=401er id_pfr2_el1=401cr
lorc_el1=4523 lorea_el1=4521 lorid_el1=4527r lorn_el1=4522 lorsa_el1=4520 mair_el12=6d10
pan=4213 pmmir_el1=44f6r sctlr_el12=6880 scxtnum_el0=5e87 scxtnum_el1=4687 scxtnum_el12=6e87
scxtnum_el2=6687 scxtnum_el3=7687 sder32_el2=6099 spsr_el12=6a00 ssbs=5a16 tcr_el12=6902
trfcr_el1=4091 trfcr_el12=6891 trfcr_el2=6091 ttbr0_el12=6900 ttbr1_el12=6901 ttbr1_el2=6101
uao=4214 vbar_el12=6e00 vdisr_el2=6609 vdisr_el3=7609 vncr_el2=6110 vsesr_el2=6293
vstcr_el2=6132 vsttbr_el2=6130
"""
