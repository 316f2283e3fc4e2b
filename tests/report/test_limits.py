"""What a processor may refuse: it works here, or the report names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emu.darwin import flags as f
from tests.guest import PRELUDE, run_guest

DATA = "\n.data\n.p2align 4\nword: .quad 5, 6, 7, 8, 9, 10\n"


@pytest.mark.parametrize(
    "code",
    [
        "ldr x0, [x1, #3]",
        "ldur q0, [x1, #1]",
        "add x1, x1, #1\n ldp x2, x3, [x1]",
        "str x0, [x1, #9]",
        "ldadd x0, x2, [x1]",
        "cas x0, x2, [x1]",
        "swpal x0, x2, [x1]",
        "casp x2, x3, x4, x5, [x1]",
        "paciasp\n autiasp",
        "pacia x2, x1\n autia x2, x1",
        "xpaci x2",
        "adr x2, 1f\n paciza x2\n braaz x2\n brk #1\n1:",
        "adr x30, 1f\n paciasp\n retaa\n brk #1\n1:",
        "bti c\n isb\n dmb ish\n dsb ish\n yield",
        "dc cvau, x1\n ic ivau, x1",
        "mrs x0, cntvct_el0\n mrs x0, cntpct_el0\n mrs x0, cntfrq_el0",
        "mrs x0, ctr_el0\n mrs x0, dczid_el0",
        "mrs x0, tpidrro_el0\n mrs x0, tpidr_el0\n msr tpidr_el0, x0",
        "mrs x0, nzcv\n msr nzcv, x0\n mrs x0, fpcr\n msr fpcr, x0\n mrs x0, fpsr\n msr fpsr, x0",
        "dc zva, x1\n dc cvac, x1\n dc civac, x1\n dc cvap, x1\n wfe\n sev",
        "ldtr x0, [x1]\n sttr x0, [x1]",
        "movk x1, #0x5500, lsl #48\n str x0, [x1]\n ldr x0, [x1]",
        "pacga x0, x1, x2",
        "crc32x w0, w0, x2\n aese v0.16b, v1.16b",
        "fmul h0, h1, h2\n fjcvtzs w0, d0",
    ],
)
def test_it_works(tmp_path: Path, code: str) -> None:
    assert run_guest(tmp_path, f"_main: la x1, word\n {code}\n exit 7 {DATA}").exit == 7


@pytest.mark.parametrize(
    ("code", "signal", "says"),
    [
        ("smc #0", f.SIGILL, "for the kernel alone: smc #0 (0xd4000003 at"),
        ("hvc #0", f.SIGILL, "for the kernel alone: hvc #0"),
        ("hlt #1", f.SIGILL, "hlt #1"),
        ("eret", f.SIGILL, "for the kernel alone: eret"),
        ("mrs x0, midr_el1", f.SIGILL, "for the kernel alone: mrs x0, midr_el1"),
        ("tlbi vmalle1", f.SIGILL, "for the kernel alone: tlbi vmalle1"),
        (".long 0x6e42fc20", f.SIGILL, "of FEAT_BF16, which an M1 lacks (the M2 has it): "),
        (".long 0x4e82a420", f.SIGILL, "of FEAT_I8MM, which an M1 lacks (the M2 has it): "),
        (".long 0xd503477f", f.SIGILL, "of FEAT_SME, which an M1 lacks (the M4 has it): "),
        (".long 0x2518e3e0", f.SIGILL, "of FEAT_SVE, which an M1 lacks: ptrue"),
        (".long 0x9adf1020", f.SIGILL, "of FEAT_MTE, which an M1 lacks: irg"),
        (".long 0xd9411900", f.SIGILL, "of FEAT_LRCPC3, which an M1 lacks: 0xd9411900 at"),
        (".long 0", f.SIGILL, "undefined instruction"),
        ("add x1, x1, #1\n ldxr x0, [x1]", f.SIGBUS, "of 16 aligned bytes): ldxr x0, [x1]"),
        (
            "add x1, x1, #1\n ldxr x0, [x1]",
            f.SIGBUS,
            "access (an M1 allows it, for it is inside of",
        ),
        ("add x1, x1, #1\n ldxp x0, x2, [x1]", f.SIGBUS, "access: ldxp"),
        ("add x1, x1, #13\n ldaxr w0, [x1]", f.SIGBUS, "access: ldaxr"),
        ("adr x1, _main\n add x1, x1, #2\n br x1", f.SIGBUS, "no multiple of 4"),
    ],
)
def test_it_is_named(tmp_path: Path, code: str, signal: int, says: str) -> None:
    result = run_guest(tmp_path, f"_main: la x1, word\n {code}\n exit 7 {DATA}")
    assert result.signal == signal
    (report,) = result.reports
    assert says in report[0]


@pytest.mark.parametrize(
    "code",
    [
        "mrs x0, vbar_el1",
        "msr vbar_el1, x0",
        "mrs x0, midr_el1",
        "mrs x0, id_aa64isar0_el1",
        "mrs x0, currentel",
        "mrs x0, daif",
        "msr daifset, #2",
        "msr daifclr, #2",
        "msr spsel, #0",
        "msr pan, #1",
        "msr elr_el1, x0",
        "mrs x0, cntkctl_el1",
        "mrs x0, cntv_ctl_el0",
        "mrs x0, pmccntr_el0",
        "eret",
        "hvc #0",
        "smc #0",
        "wfi",
        "at s1e0r, x0",
        "tlbi vmalle1",
        "ic iallu",
        "ic ialluis",
        "dc isw, x0",
        "dc ivac, x1",
    ],
)
def test_what_is_for_the_kernel_is_undefined_for_programs(tmp_path: Path, code: str) -> None:
    text = f"""
    _main:  mov x0, #4
            la x1, action
            mov x2, #0
            sys 46
            la x1, word
    here:   {code}
            exit 9
    handler:
            ldr w9, [x3, #8]        // si_code
            ldr x10, [x3, #24]      // si_addr
            adr x11, here
            cmp x10, x11
            cset w0, ne
            add w0, w0, w9
            sys 1
    {DATA}
            .p2align 3
    action: .quad handler, handler, 0x40 << 32
    """
    assert run_guest(tmp_path, text).exit == 1  # ILL_ILLOPC


OWN_TEXT = """
_main:  adr x0, _main
        and x0, x0, #~0x3fff
        mov x1, #0x4000
        mov x2, #7
        sys 74
        bl first
        mov x20, x0
        adr x1, first
        adr x2, second
        ldr w3, [x2]
        str w3, [x1]
        BARRIERS
        bl first
        add x0, x0, x20, lsl #4
        sys 1
first:  mov w0, #1
        ret
second: mov w0, #2
        ret
"""


def test_code_that_is_changed_through_a_tagged_pointer_runs_changed(tmp_path: Path) -> None:
    tag = "movk x1, #0x5a00, lsl #48"
    text = OWN_TEXT.replace("str w3", f"{tag}\n str w3").replace("BARRIERS", "")
    assert run_guest(tmp_path, text).exit == 0x12


@pytest.mark.parametrize("barriers", ["", "dc cvau, x1\n dsb ish\n ic ivau, x1\n dsb ish\n isb"])
def test_code_that_changes_itself_runs_changed(tmp_path: Path, barriers: str) -> None:
    assert run_guest(tmp_path, OWN_TEXT.replace("BARRIERS", barriers)).exit == 0x12


#: Runs a function, has it replaced by what ``CHANGE`` does with w3 at x1, and runs it again.
DUAL_TEXT = """
_main:  la x0, name
        mov x1, #0x202
        mov x2, #0x1c0
        sys 266                 // shm_open
        mov x4, x0
        mov x1, #0x4000
        sys 201
        mov x2, #3
        bl map
        mov x20, x0
        mov x2, #5
        bl map
        mov x21, x0
        mov w3, #0x20           // mov w0, #1
        bl store
        str w3, [x20, #4]
        blr x21
        mov x22, x0
        mov w3, #0x40           // mov w0, #2
        bl store
        CHANGE
        blr x21
        add x0, x0, x22, lsl #4
        sys 1
map:    mov x0, #0
        mov x1, #0x4000
        mov x3, #1
        mov x5, #0
        sys 197
        ret
store:  movk w3, #0x5280, lsl #16
        str w3, [x20]
        mov w3, #0x03c0         // ret
        movk w3, #0xd65f, lsl #16
        ret
.cstring
name:   .asciz "/code"
"""


@pytest.mark.parametrize("line", ["x21", "x20"])
def test_code_that_is_changed_through_another_mapping_runs_changed(
    tmp_path: Path, line: str
) -> None:
    barriers = f"dc cvau, x20\n dsb ish\n ic ivau, {line}\n dsb ish\n isb"
    assert run_guest(tmp_path, DUAL_TEXT.replace("CHANGE", barriers)).exit == 0x12


def test_code_that_a_call_has_changed_runs_changed(tmp_path: Path) -> None:
    text = """
    _main:  adr x0, _main
            and x0, x0, #~0x3fff
            mov x1, #0x4000
            mov x2, #7
            sys 74
            bl first
            mov x20, x0
            sys 42
            mov x21, x0
            mov x0, x1
            adr x1, second
            mov x2, #4
            sys 4
            mov x0, x21
            adr x1, first
            sys 3
            adr x1, first
            ic ivau, x1
            dsb ish
            isb
            bl first
            add x0, x0, x20, lsl #4
            sys 1
    first:  mov w0, #1
            ret
    second: mov w0, #2
            ret
    """
    assert run_guest(tmp_path, text).exit == 0x12


def test_a_child_that_changes_its_code_leaves_its_parents(tmp_path: Path) -> None:
    text = """
    _main:  adr x0, _main
            and x0, x0, #~0x3fff
            mov x1, #0x4000
            mov x2, #7
            sys 74
            bl first
            sys 2
            cbz x1, parent
            adr x1, first
            adr x2, second
            ldr w3, [x2]
            str w3, [x1]
            bl first
            sys 1
    parent: mov x0, #-1
            sub x1, sp, #64
            mov x2, #0
            mov x3, #0
            sys 7
            bl first
            ldrb w9, [x1, #1]
            add x0, x0, x9, lsl #4
            sys 1
    first:  mov w0, #1
            ret
    second: mov w0, #2
            ret
    """
    text = text.replace("ldrb w9, [x1, #1]", "sub x1, sp, #63\n ldrb w9, [x1]")
    assert run_guest(tmp_path, text).exit == 0x21


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("mebibytes", [400, 900, 1070])
def test_a_tight_limit_of_address_space_is_one_clear_line(tmp_path: Path, mebibytes: int) -> None:
    source = tmp_path / "quiet.s"
    source.write_text(PRELUDE + "_main: exit 0\n", encoding="utf-8")
    limited = (
        "import resource, runpy, sys;"
        f"resource.setrlimit(resource.RLIMIT_AS, ({mebibytes} << 20,) * 2);"
        f"sys.argv = ['ymawky-emu', 'run', {str(source)!r}];"
        "runpy.run_module('emu.cli', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("ymawky-emu: the engine reserves 1088 MiB of address space")
    assert "ulimit -v" in line
