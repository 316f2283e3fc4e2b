"""Another assembler and linker for the same dialect: clang and zig out of the ziglang package."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from emu.asm import assemble, assemble_text

_ERROR = re.compile(r"(?:^|[/\\])forms(-[0-9a-f]+)?\.s:(\d+):\d+: error", re.MULTILINE)
#: Lines that clang's driver puts before a source that it preprocesses for its second stage.
_PREAMBLE = 7


@dataclass(frozen=True)
class Linked:
    """A section of a Mach-O file: address and bytes (empty where zero-filled)."""

    addr: int
    size: int
    data: bytes


class Zig:
    """Runs ``zig cc`` with its caches in ``scratch``."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.environment = {
            **os.environ,
            "ZIG_GLOBAL_CACHE_DIR": str(scratch / "global"),
            "ZIG_LOCAL_CACHE_DIR": str(scratch / "local"),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-macos"]
        return subprocess.run(
            [*command, *arguments],
            env=self.environment,
            cwd=self.scratch,
            capture_output=True,
            text=True,
            check=False,
        )

    def words(self, instructions: list[str]) -> dict[str, int | None]:
        """Return the word of each instruction, None for those that clang refuses."""
        remaining = list(dict.fromkeys(instructions))
        found: dict[str, int | None] = dict.fromkeys(remaining)
        source, target = self.scratch / "forms.s", self.scratch / "forms.o"
        for _ in range(6):
            source.write_text(".text\n" + "\n".join(remaining) + "\n", encoding="utf-8")
            done = self.run("-c", source.name, "-o", target.name, "-Wno-everything")
            bad = {
                int(line) - 2 - (_PREAMBLE if second else 0)
                for second, line in _ERROR.findall(done.stderr)
            }
            if not bad:
                break
            remaining = [text for i, text in enumerate(remaining) if i not in bad]
        assert done.returncode == 0, done.stderr
        data = sections(target.read_bytes())["__TEXT", "__text"].data
        words = struct.unpack(f"<{len(remaining)}I", data)
        found.update(zip(remaining, words, strict=True))
        return found

    def assemble(self, text: str, name: str = "source.s") -> dict[tuple[str, str], Linked]:
        """Assemble ``text`` and return the sections of the object file."""
        (self.scratch / name).write_text(text, encoding="utf-8")
        target = self.scratch / f"{name}.o"
        done = self.run("-c", name, "-o", target.name, "-Wno-everything")
        assert done.returncode == 0, done.stderr
        return sections(target.read_bytes())

    def compare_text(self, text: str) -> tuple[dict[tuple[str, str], str], ...]:
        """Assemble ``text`` here and there; return the sections' bytes in hex, (theirs, ours)."""
        theirs = {
            key: there.data.hex()
            for key, there in self.assemble(text).items()
            if key[0] not in {"__DWARF", "__LD"} and key[1] != "__eh_frame" and there.data
        }
        made = {(s.segment, s.name): s.data.hex() for s in assemble_text(text).sections if s.data}
        moved = {("__DATA_CONST", "__const"): ("__DATA", "__const")}
        return theirs, {moved.get(key, key): data for key, data in made.items()}

    def compare(self, *sources: Path) -> dict[tuple[str, str], tuple[bytes, bytes]]:
        """Link ``sources`` here and there, at the same addresses; return (theirs, ours).

        Zig's linker puts eight bytes for dyld before the program's ``__data``.
        """
        theirs = self.link(*sources)
        sizes = {(s.segment, s.name): s.size for s in assemble(sources).sections}
        lead = dict.fromkeys(theirs, 0)
        data = ("__DATA", "__data")
        lead[data] = theirs[data].size - sizes.get(data, 0) if data in theirs else 0
        layout = {key: there.addr + lead[key] for key, there in theirs.items()}
        found: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        for section in assemble(sources, layout=layout).sections:
            key = (section.segment, section.name)
            if key not in theirs and section.segment == "__DATA_CONST":
                key = ("__DATA", section.name)
            assert section.addr == layout[key], key
            assert section.size == theirs[key].size - lead[key], key
            found[key] = theirs[key].data[lead[key] :], section.data
        return found

    def refuses(self, text: str) -> bool:
        """Tell whether ``text`` does not assemble."""
        (self.scratch / "refused.s").write_text(text, encoding="utf-8")
        done = self.run("-c", "refused.s", "-o", "refused.o", "-Wno-everything")
        return done.returncode != 0

    def link(self, *sources: Path, entry: str = "_main") -> dict[tuple[str, str], Linked]:
        """Assemble and link ``sources``; return the sections of the executable."""
        target = self.scratch / "linked"
        paths = [str(s) for s in sources]
        done = self.run(*paths, "-nostdlib", f"-Wl,-e,{entry}", "-o", target.name)
        assert done.returncode == 0, done.stderr
        return sections(target.read_bytes())


def sections(data: bytes) -> dict[tuple[str, str], Linked]:
    """Return the sections of a 64-bit Mach-O file."""
    found: dict[tuple[str, str], Linked] = {}
    (count,) = struct.unpack_from("<I", data, 16)
    offset = 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, offset)
        if command == 0x19:  # LC_SEGMENT_64
            (inside,) = struct.unpack_from("<I", data, offset + 64)
            for start in range(offset + 72, offset + 72 + 80 * inside, 80):
                name, segment, addr, length, where, *_rest = struct.unpack_from(
                    "<16s16sQQIIIII", data, start
                )
                zerofill = _rest[-1] & 0xFF == 1
                found[_text(segment), _text(name)] = Linked(
                    addr, length, b"" if zerofill else data[where : where + length]
                )
        offset += size
    return found


def _text(name: bytes) -> str:
    return name.rstrip(b"\0").decode()
