"""Assembled images on disk, found again by the content of everything that went into them.

An entry is one file, named after the paths and options of the call: what was called and every file
that was read with a mark of its content, then the image.  It is written beside its place and
moved there, so that a reader sees a whole file or none and several processes may fill the cache
at once.  Whatever is wrong with an entry, it is made anew.

This module imports neither the front end nor Keystone, and no hashes but those of ``zlib``: the
library behind ``hashlib`` takes as long to load as all of the rest, and a hit takes 2 ms.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from emu.asm import imagefile
from emu.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emu.image import Image

__all__ = ["cached", "directory", "mark"]

#: In front of an entry: the size of the description, which the image follows.
_SIZE = struct.Struct("<I")


def directory() -> Path:
    """Return the directory of the cache on this platform; it need not exist."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base or Path.home() / "AppData" / "Local") / "ymawky" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ymawky"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "ymawky"  # noqa: PTH117


def cached(
    paths: Sequence[Path],
    entry: str | None,
    defines: Mapping[str, int],
    include_dirs: tuple[Path, ...],
) -> Image:
    """Return the image of ``paths``, from the cache if it is there; see :func:`emu.asm.cached`."""
    try:
        where, here = directory(), Path.cwd()
    except (RuntimeError, FileNotFoundError):  # no home directory; no working directory any more
        return _assemble(paths, entry, defines, include_dirs)[0]
    call = repr(
        [
            _versions(),
            [str(p) for p in paths],
            str(here),
            entry,
            sorted(defines.items()),
            [str(p) for p in include_dirs],
        ]
    )
    place = where / f"{mark(call.encode('utf-8', 'surrogateescape'))}.image"
    image = _find(place, call)
    if image is None:
        image, read = _assemble(paths, entry, defines, include_dirs)
        _store(place, call, image, read)
    return image


def _assemble(
    paths: Sequence[Path],
    entry: str | None,
    defines: Mapping[str, int],
    include_dirs: tuple[Path, ...],
) -> tuple[Image, dict[str, str]]:
    from emu.asm import build

    return build.assemble_traced(paths, build.Options(entry, defines, include_dirs))


def mark(data: bytes) -> str:
    """Return what tells contents apart: size, CRC-32 and Adler-32.

    It need not stand up to somebody who makes two files with one mark: they would fool themselves.
    """
    return f"{len(data):x}-{zlib.crc32(data):08x}-{zlib.adler32(data):08x}"


def _versions() -> list[str]:
    """Return what else an image depends on: our code, Keystone, Python."""
    with os.scandir(os.path.dirname(__file__)) as files:  # noqa: PTH120 - half the time
        found = [(file.name, file.stat()) for file in files if file.name.endswith(".py")]
    ours = [f"{name} {status.st_mtime_ns} {status.st_size}" for name, status in sorted(found)]
    return [*ours, _keystone(), sys.version]


def _keystone() -> str:
    """Return a mark of the installed Keystone without importing it (or the slow metadata)."""
    for base in sys.path:
        found = Path(base or ".") / "keystone" / "__init__.py"
        with contextlib.suppress(OSError):
            status = found.stat()
            return f"{found} {status.st_mtime_ns} {status.st_size}"
    return ""


def _find(place: Path, call: str) -> Image | None:
    """Return the image of ``call`` if all files are as they were, else None."""
    try:
        data = memoryview(place.read_bytes())
        start = _SIZE.size
        end = start + _SIZE.unpack_from(data)[0]
        called, *files = str(data[start:end], "utf-8", "surrogateescape").split("\0")
        marks = zip(files[::2], files[1::2], strict=True)
        if called != call or not all(_mark_of(path) == known for path, known in marks):
            return None
        return imagefile.load(data[end:])
    except (OSError, ValueError, struct.error, ImageError):
        return None


def _mark_of(path: str) -> str:
    """Return the mark of the file ``path``, empty if there is none, or no longer a file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as below
            return ""
        with open(path, "rb") as file:  # noqa: PTH123 - faster, and this is the fast path
            return mark(file.read())
    except OSError:
        return ""


def _store(place: Path, call: str, image: Image, marks: dict[str, str]) -> None:
    """Write an entry; a directory that cannot be written is no error."""
    # No path holds a NUL, and neither does what repr() has made.
    words = "\0".join([call, *(word for item in marks.items() for word in item)])
    known = words.encode("utf-8", "surrogateescape")
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace(place, _SIZE.pack(len(known)) + known + imagefile.dump(image))


def _replace(path: Path, data: bytes) -> None:
    """Put ``data`` in place of ``path`` at once."""
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
