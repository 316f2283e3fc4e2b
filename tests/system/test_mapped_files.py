"""A mapped file that is sent: unread where the host can, and whole in every case."""

import os
from pathlib import Path

import pytest

from tests.guest import run_guest

#: Maps "file", optionally touches it, and sends it over a socketpair to a child that copies it.
SEND = """
_main:  la x3, pair
        mov x0, #1
        mov x1, #1
        mov x2, #0
        sys 135
        sys 2
        cbnz x1, child
        la x0, name
        mov x1, #0
        sys 5
        mov x22, x0
        mov x4, x0
        mov x0, #0
        la x9, size
        ldr x1, [x9]
        mov x2, #1
        mov x3, #2
        mov x5, #0
        sys 197
        b.cs fail
        mov x20, x0
        {touch}
        la x9, pair
        ldr w0, [x9]
        mov x1, x20
        la x9, size
        ldr x2, [x9]
        sys 4
        b.cs fail
        mov x19, x0
        la x9, pair
        ldr w0, [x9]
        sys 6
        mov x0, #-1
        mov x1, #0
        mov x2, #0
        mov x3, #0
        sys 7
        la x9, size
        ldr x9, [x9]
        cmp x19, x9
        cset x0, ne
        sys 1
fail:   sys 1
child:  la x9, pair
        ldr w0, [x9]
        sys 6
1:      la x9, pair
        ldr w0, [x9, #4]
        la x1, buffer
        mov x2, #4096
        sys 3
        cbz x0, 2f
        mov x2, x0
        la x1, buffer
        mov x0, #1
        sys 4
        b 1b
2:      exit 0
.cstring
name:   .asciz "file"
.data
.p2align 3
size:   .quad {size}
pair:   .space 8
.zerofill __DATA,__bss,buffer,4096,4
"""


@pytest.mark.parametrize("touch", ["", "ldrb w0, [x20]"])
@pytest.mark.parametrize("size", [1, 5000, 16384, 1_000_003])
def test_a_mapped_file_arrives_whole(tmp_path: Path, touch: str, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    result = run_guest(tmp_path, SEND.format(touch=touch, size=size))
    assert (result.exit, result.stdout) == (0, content)


def test_sending_behind_the_end_of_the_file_is_efault(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert run_guest(tmp_path, SEND.format(touch="", size=100)).exit == 14


def test_touching_behind_the_end_of_the_file_is_sigbus(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    far = "add x9, x20, #0x4, lsl #12\n ldrb w0, [x9]"
    result = run_guest(tmp_path, SEND.format(touch=far, size=40000))
    assert result.signal == 10
    assert "behind the end" in result.reports[0][0]


#: Maps "file" private and writable; a child changes both pages, of which the parent knows one.
FORKED = """
_main:  la x0, name
        mov x1, #0
        sys 5
        mov x4, x0
        mov x0, #0
        mov x1, #0x8000
        mov x2, #3
        mov x3, #2
        mov x5, #0
        sys 197
        mov x20, x0
        add x21, x0, #4, lsl #12
        mov w9, #'A'
        strb w9, [x20, #1]
        sys 2
        cbnz x1, child
        mov x0, #-1
        mov x1, #0
        mov x2, #0
        mov x3, #0
        sys 7
        mov w9, #'B'
        strb w9, [x21, #1]
        mov x0, #1
        mov x1, x20
        mov x2, #3
        sys 4
        mov x0, #1
        mov x1, x21
        mov x2, #3
        sys 4
        exit 0
child:  mov w9, #'x'
        strb w9, [x20, #2]
        strb w9, [x21, #2]
        exit 0
.cstring
name:   .asciz "file"
"""


def test_a_page_that_a_child_touched_first_is_the_files_for_its_parent(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc".ljust(0x4000, b".") + b"def")
    result = run_guest(tmp_path, FORKED)
    assert (result.exit, result.stdout) == (0, b"aAcdBf")


def test_what_was_read_before_the_file_became_shorter_can_be_made_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    text = """
    _main:  la x0, name
            mov x1, #2
            sys 5
            mov x22, x0
            mov x4, x0
            mov x0, #0
            mov x1, #0x4000
            mov x2, #1
            mov x3, #2
            mov x5, #0
            sys 197
            mov x20, x0
            ldrb w9, [x20]
            mov x0, x22
            mov x1, #0
            sys 201
            mov x0, x20
            mov x1, #0x4000
            mov x2, #3
            sys 74
            b.cs 1f
            mov w9, #'x'
            strb w9, [x20]
            mov x0, #1
            mov x1, x20
            mov x2, #3
            sys 4
            exit 0
    1:      sys 1
    .cstring
    name:   .asciz "file"
    """
    result = run_guest(tmp_path, text)
    assert (result.exit, result.stdout) == (0, b"xbc")
