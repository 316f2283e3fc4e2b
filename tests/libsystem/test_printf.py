"""printf: what C's standard asks for, and every digit of floating-point numbers right."""

from __future__ import annotations

import math
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.macho.cross import cross_compile

pytestmark = pytest.mark.timeout(900)  # zig builds what it needs of its own the first time

#: format, C's arguments, what comes out
CASES: list[tuple[str, str, str]] = [
    ("%d %i %u", "0, -1, 7u", "0 -1 7"),
    ("%d", "-2147483647 - 1", "-2147483648"),
    ("%u", "-1", "4294967295"),
    ("%ld", "-9223372036854775807L - 1", "-9223372036854775808"),
    ("%llu %zu %ju", "~0ull, ~0ul, ~0ul", " ".join([str(2**64 - 1)] * 3)),
    ("%hd %hhd", "65537, 257", "1 1"),
    ("%hu %hhu", "-1, -1", "65535 255"),
    ("%qd %td", "5ll, 6l", "5 6"),
    ("%x %X %o", "0xbeef, 0xbeef, 8", "beef BEEF 10"),
    ("%#x %#X %#o %#x", "255, 255, 8, 0", "0xff 0XFF 010 0"),
    ("[%5d|%-5d|%05d|%+d|% d]", "42, 42, 42, 42, 42", "[   42|42   |00042|+42| 42]"),
    ("[%+05d|%-05d|% 05d]", "7, 7, 7", "[+0007|7    | 0007]"),
    ("[%.3d|%6.3d|%-6.3d|%06.3d|%.0d]", "7, 7, -7, 7, 0", "[007|   007|-007  |   007|]"),
    ("[%*d|%-*d|%*d]", "4, 1, 4, 2, -4, 3", "[   1|2   |3   ]"),
    ("[%.*d|%.*d]", "3, 5, -1, 5", "[005|5]"),
    ("[%s|%5s|%-5s|%.2s|%5.1s]", '"abc", "abc", "abc", "abc", "abc"', "[abc|  abc|abc  |ab|    a]"),
    ("%s", "(char *)0", "(null)"),
    ("[%c|%3c|%-3c]", "'x', 'y', 'z'", "[x|  y|z  ]"),
    ("%p %p", "(void *)0x1234, (void *)0", "0x1234 0x0"),
    ("100%% %d%%", "5", "100% 5%"),
    ("%f %F %e %E", "1.5, -2.25, 12345.678, 0.0001",
     "1.500000 -2.250000 1.234568e+04 1.000000E-04"),
    ("%g %g %g %g %g", "0.0, 100000.0, 1000000.0, 0.0001, 0.00001", "0 100000 1e+06 0.0001 1e-05"),
    ("%G %#g %#.0f %.0f", "1e-10, 1.0, 3.0, 2.5", "1E-10 1.00000 3. 2"),
    ("[%8.2f|%-8.2f|%08.2f|%+.1f|% .1f]", "3.14159, 3.14159, -3.14159, 1.0, 1.0",
     "[    3.14|3.14    |-0003.14|+1.0| 1.0]"),
    ("%.0f %.0f %.0f %.0f", "0.5, 1.5, 2.5, 3.5", "0 2 2 4"),
    ("%.3e %.0e %#.0e", "9.9996, 9.5, 1.0", "1.000e+01 1e+01 1.e+00"),
    ("%f %e %g", "1.0/0.0, -1.0/0.0, 0.0/0.0", "inf -inf nan"),
    ("[%08f|%-6F|%+g]", "1.0/0.0, 1.0/0.0, 1.0/0.0", "[     inf|INF   |+inf]"),
    ("%Lf", "(long double)0.5", "0.500000"),
    ("%.60f", "0.1", f"{0.1:.60f}"),
    ("%.1100f", "5e-324", f"{5e-324:.1100f}"),
    ("%f", "1.7976931348623157e308", f"{1.7976931348623157e308:f}"),
    ("%.1200f|", "0.5", f"{0.5:.1200f}|"),
    ("%a %a %a %a", "1.0, 0.5, 0.1, -0.0", "0x1p+0 0x1p-1 0x1.999999999999ap-4 -0x0p+0"),
    ("%A %A", "-31.75, 1e300", "-0X1.FCP+4 0X1.7E43C8800759CP+996"),
    ("%a %a", "5e-324, 1.7976931348623157e308", "0x1p-1074 0x1.fffffffffffffp+1023"),
    ("%.0a %.0a %.0a %.0a", "1.5, 1.25, 1.75, 2.5", "0x2p+0 0x1p+0 0x2p+0 0x1p+1"),
    ("%.1a %.1a %.3a %.13a", "0x1.08p0, 0x1.18p0, 0x1.fffffp0, 0x1.8p1",
     "0x1.0p+0 0x1.2p+0 0x2.000p+0 0x1.8000000000000p+1"),
    ("%.15a %#a %#.0a %.2a", "1.0, 1.0, 1.0, 0.0",
     "0x1.000000000000000p+0 0x1.p+0 0x1.p+0 0x0.00p+0"),
    ("[%10a|%-10a|%010a|%+a|% a]", "1.5, 1.5, -1.5, 1.5, 1.5",
     "[  0x1.8p+0|0x1.8p+0  |-0x01.8p+0|+0x1.8p+0| 0x1.8p+0]"),
    ("%a %A %La", "1.0/0.0, 0.0/0.0, (long double)2", "inf NAN 0x1p+1"),
    ("%'d %'.2f", "1234567, 1234.5", "1234567 1234.50"),
    ("%y%d", "3", "y3"),
]  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def random_floats(count: int) -> list[tuple[str, str, str]]:
    """Return conversions of any double, with Python's exact formatting as the oracle."""
    random.seed(6)
    found: list[tuple[str, str, str]] = []
    while len(found) < count:
        number: float = struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))[0]
        if random.random() < 0.5:
            number = random.choice((1, -1)) * random.random() * 10.0 ** random.randrange(-8, 20)
        if not math.isfinite(number):
            continue
        spec = f"%.{random.choice((0, 1, 3, 6, 17, 30))}{random.choice('feEgG')}"
        found.append((spec, number.hex(), spec % number))
        found.append(("%a", number.hex(), _shortest(number.hex())))
    return found


def _shortest(text: str) -> str:
    """Return what Python writes of a normal number, without the zeros that ``%a`` leaves out."""
    digits, exponent = text.split("p")
    return f"{digits.rstrip('0').rstrip('.')}p{exponent}"


def test_it_prints_what_it_should(tmp_path: Path) -> None:
    cases = [*CASES, *random_floats(300)]
    lines = [
        f'n = printf({_quoted(form)}, {arguments}); printf("\\n%d\\n", n);'
        for form, arguments, _ in cases
    ]
    source = tmp_path / "print.c"
    source.write_text("#include <stdio.h>\nint main(void) { int n;\n" + "\n".join(lines) + "\n}\n")
    program = cross_compile(source, tmp_path / "print", "-w", "-O0", "-fno-sanitize=all")
    done = subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--quiet", str(program)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    printed = done.stdout.decode().split("\n")
    for (form, arguments, wanted), got, count in zip(
        cases, printed[::2], printed[1::2], strict=False
    ):
        assert (got, int(count)) == (wanted, len(wanted)), (form, arguments)
    assert len(printed) == 2 * len(cases) + 1


def test_n_counts_into_what_its_length_says(tmp_path: Path) -> None:
    source = tmp_path / "count.c"
    source.write_text(
        """
        #include <stdio.h>
        int main(void) {
            long n[4] = {-1, -1, -1, -1};
            printf("abc%hhn%hn%n%ln\\n", (char *)n, (short *)(n + 1), (int *)(n + 2), n + 3);
            printf("%lx %lx %lx %lx\\n", n[0], n[1], n[2], n[3]);
        }
        """
    )
    program = cross_compile(source, tmp_path / "count", "-w", "-fno-sanitize=all")
    done = subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--quiet", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    wanted = "ffffffffffffff03 ffffffffffff0003 ffffffff00000003 3"
    assert (done.returncode, done.stdout) == (0, f"abc\n{wanted}\n")
