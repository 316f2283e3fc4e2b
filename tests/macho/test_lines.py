"""Line tables: DWARF of every version, in the file itself and through the debug map."""

from __future__ import annotations

import random
import struct
from itertools import pairwise
from pathlib import Path

import pytest

from emu import macho
from emu.errors import ImageError
from emu.image import Image, SourceLine
from emu.macho import archive, dwarf, units
from emu.macho.lines import _object
from tests.asm.zig import Zig
from tests.macho.build import BASE, PAGE, Macho, command, section, segment

C_SOURCE = """\
static int twice(int x) {
    return x + x;
}

int main(int argc, char **argv) {
    volatile int n = argc;
    for (int i = 0; i < 3; i++)
        n = twice(n);
    return n;
}
"""
ASSEMBLY = """\
.text
.globl _main
.p2align 2
_main:
    mov x0, #5
    bl  other

other:
    mov x16, #1
    svc #0x80
"""


def built(zig: Zig, name: str, text: str, *options: str) -> Path:
    """Compile and link a source in zig's scratch directory; return the executable."""
    (zig.scratch / name).write_text(text, encoding="utf-8")
    target = zig.scratch / f"{name}.out"
    done = zig.run(name, *options, "-o", target.name)
    assert done.returncode == 0, done.stderr
    return target


def compiled(zig: Zig, version: int) -> dict[str, bytes]:
    """Return the debug sections of an object of C with DWARF of a version."""
    source = zig.scratch / "lines.c"
    source.write_text(C_SOURCE, encoding="utf-8")
    target = zig.scratch / f"lines{version}.o"
    done = zig.run("-c", source.name, f"-gdwarf-{version}", "-O0", "-o", target.name)
    assert done.returncode == 0, done.stderr
    return _object(target.read_bytes()).sections


def rows(sections: dict[str, bytes]) -> list[dwarf.Row]:
    return list(dwarf.rows(sections, units.compilation_directories(sections)))


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_every_version_of_dwarf(zig: Zig, version: int) -> None:
    sections = compiled(zig, version)
    assert struct.unpack_from("<H", sections["__debug_line"], 4) == (version,)
    found = rows(sections)
    assert {r.path for r in found} == {str(zig.scratch / "lines.c")}
    assert {2, 5, 6, 7, 8, 9} <= {r.line for r in found}
    assert all(r.start < r.end for r in found)
    ordered = sorted(found, key=lambda r: r.start)
    assert ordered[0].start == 0
    assert all(a.end <= b.start for a, b in pairwise(ordered))


def test_lines_of_assembly_through_the_debug_map(zig: Zig) -> None:
    out = built(zig, "lines.s", ASSEMBLY, "-g", "-nostdlib", "-Wl,-e,_main")
    image = macho.load(out.read_bytes(), "lines").image
    path = str(zig.scratch / "lines.s")
    main, other = image.symbols["_main"].value, image.symbols["other"].value
    where = [image.lines.at(main + 4 * i) for i in range(2)]
    assert [e.where if e else None for e in where] == [SourceLine(path, 5), SourceLine(path, 6)]
    entry = image.lines.at(other)
    assert entry is not None
    assert (entry.where.line, entry.size) == (9, 4)
    assert image.lines.addresses("lines.s", 10) == [other + 4]
    assert image.sources[path] == ASSEMBLY


def test_a_slide_moves_the_lines(zig: Zig) -> None:
    out = built(zig, "lines.s", ASSEMBLY, "-g", "-nostdlib", "-Wl,-e,_main")
    image = macho.load(out.read_bytes(), "lines", slide=4 * PAGE).image
    entry = image.lines.at(image.entry)
    assert entry is not None
    assert entry.where.line == 5


def test_an_object_that_is_gone_or_another_gives_no_lines(zig: Zig) -> None:
    data = built(zig, "gone.s", ASSEMBLY, "-g", "-nostdlib", "-Wl,-e,_main").read_bytes()
    asked: list[tuple[str, int]] = []

    def nothing(path: str, mtime: int) -> bytes | None:
        asked.append((path, mtime))
        return None

    assert macho.load(data, "gone", read_object=nothing).image.lines.entries == []
    [(path, mtime)] = asked
    assert Path(path).suffix == ".o"
    assert macho.read_regular(path, mtime)
    assert macho.read_regular(path, mtime + 1) is None
    assert macho.read_regular(str(Path(path).parent), 0) is None


def executable_with(sections: dict[str, bytes]) -> Image:
    """Return an executable that carries debug sections itself, as a linked dSYM does."""
    file = Macho()
    headers = []
    for name, data in sections.items():
        at, size = file.put(data)
        headers.append(section(name, "__DWARF", BASE + 16 * PAGE, size, at))
    file.commands.append(
        segment("__DWARF", BASE + 16 * PAGE, 64 * PAGE, 0, 0, prot=0, sections=tuple(headers))
    )
    return macho.load(file.bytes(), "test").image


def test_debug_information_in_the_file_itself(zig: Zig) -> None:
    found = rows(compiled(zig, 5))
    image = executable_with(compiled(zig, 5))
    assert [e.where.line for e in image.lines.entries] == [
        r.line for r in sorted(found, key=lambda r: r.start)
    ]


def test_a_dsym_counts_if_it_is_the_executables_own(zig: Zig) -> None:
    sections = compiled(zig, 4)
    companion = Macho(kind=10, commands=[command(0x1B, b"U" * 16)])
    headers = []
    for name, data in sections.items():
        at, size = companion.put(data)
        headers.append(section(name, "__DWARF", BASE + 16 * PAGE, size, at))
    companion.commands.append(
        segment("__DWARF", BASE + 16 * PAGE, 64 * PAGE, prot=0, sections=tuple(headers))
    )
    for uuid, wanted in ((b"U" * 16, len(rows(sections))), (b"V" * 16, 0)):
        file = Macho(commands=[command(0x1B, uuid)]).bytes()
        image = macho.load(file, "test", dsym=companion.bytes()).image
        assert len(image.lines.entries) == wanted
    assert macho.load(file, "test", dsym=b"nonsense").image.lines.entries == []


def test_damaged_debug_information_is_no_obstacle(zig: Zig) -> None:
    sections = {n: s for n, s in compiled(zig, 4).items() if n.startswith("__debug_")}
    random.seed(5)
    for _ in range(400):
        damaged = {n: bytearray(s) for n, s in sections.items()}
        victim = damaged[random.choice(["__debug_line", "__debug_info", "__debug_abbrev"])]
        for _ in range(random.choice((1, 3))):
            victim[random.randrange(len(victim))] = random.choice((0, 0xFF, random.randrange(256)))
        try:
            found = rows({n: bytes(s) for n, s in damaged.items()})
        except ImageError:
            continue
        assert all(r.start < r.end for r in found)
    executable_with({"__debug_line": b"\xff" * 40})


def archived(*members: tuple[str, int, bytes]) -> bytes:
    """Return a static library in BSD's form, as Apple's ``libtool`` and ``ar`` write it."""
    out = b"!<arch>\n"
    for name, date, data in members:
        long_name = name.encode() + bytes(-len(name) % 4)
        size = len(long_name) + len(data)
        head = f"#1/{len(long_name):<13}{date:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n"
        out += head.encode() + long_name + data + b"\n" * (size % 2)
    return out


def test_lines_of_an_object_out_of_a_static_library(zig: Zig) -> None:
    (zig.scratch / "part.c").write_text("int part(int x) {\n  return x + 1;\n}\n")
    (zig.scratch / "whole.c").write_text("int part(int);\nint main(void) { return part(1); }\n")
    for name in ("part", "whole"):
        done = zig.run("-c", "-g", f"{name}.c", "-o", f"{name}.o")
        assert done.returncode == 0, done.stderr
    library = zig.scratch / "libpart.a"
    library.write_bytes(archived(("part.o", 0, (zig.scratch / "part.o").read_bytes())))
    (zig.scratch / "part.o").unlink()
    done = zig.run("-g", "whole.o", "libpart.a", "-o", "whole")
    assert done.returncode == 0, done.stderr
    data = (zig.scratch / "whole").read_bytes()
    image = macho.load(data, "whole").image
    for name, path in (("_part", "part.c"), ("_main", "whole.c")):
        entry = image.lines.at(image.symbols[name].value)
        assert entry is not None
        assert Path(entry.where.path).name == path
    library.unlink()
    assert macho.load(data, "whole").image.lines.at(image.symbols["_part"].value) is None


def test_members_are_told_apart_by_date() -> None:
    data = archived(("x.o", 5, b"first"), ("long name of a member.o", 6, b"odd"), ("x.o", 7, b""))
    assert archive.member(data, "x.o") == b"first"
    assert archive.member(data, "x.o", 7) == b""
    assert archive.member(data, "x.o", 8) is None
    assert archive.member(data, "long name of a member.o", 6) == b"odd"
    short = b"!<arch>\n" + b"y.o/            0           0     0     644     2         `\nok"
    assert archive.member(short, "y.o") == b"ok"


def test_a_damaged_library_is_no_obstacle() -> None:
    data = archived(("x.o", 5, b"first"), ("y.o", 6, b"second"))
    chance = random.Random(1)
    for size in range(len(data)):
        archive.member(data[:size], "y.o")
    for _ in range(2000):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 5)):
            damaged[chance.randrange(len(data))] = chance.randrange(256)
        archive.member(bytes(damaged), "y.o")


def test_a_debug_map_names_members_in_brackets() -> None:
    assert archive.split("/lib/libx.a(y.o)") == ("/lib/libx.a", "y.o")
    assert archive.split("/a/x.o") is None
    assert archive.split("(x.o)") is None
