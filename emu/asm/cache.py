"""Assembled images on disk, found again by the content of everything that went into them.

An entry is two files: the record, named after the paths and options of the call, lists every
file that was read with its hash; the image is named after the hash of all that.  Both are
written beside their place and moved there, so that a reader sees a whole file or none and
several processes may fill the cache at once.  Whatever is wrong with an entry, it is made anew.

This module imports neither the front end nor Keystone: a hit takes a few milliseconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emu.asm import imagefile
from emu.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emu.image import Image

__all__ = ["cached", "directory"]


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
    call = [
        _versions(),
        [str(p) for p in paths],
        str(here),
        entry,
        sorted(defines.items()),
        [str(p) for p in include_dirs],
    ]
    record = where / f"{_digest(json.dumps(call).encode())}.json"
    image = _find(where, record)
    if image is None:
        image, read = _assemble(paths, entry, defines, include_dirs)
        _store(where, record, image, read)
    return image


def _assemble(
    paths: Sequence[Path],
    entry: str | None,
    defines: Mapping[str, int],
    include_dirs: tuple[Path, ...],
) -> tuple[Image, dict[str, str]]:
    from emu.asm import build

    return build.assemble_traced(paths, build.Options(entry, defines, include_dirs))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _versions() -> list[str]:
    """Return what else an image depends on: our code, Keystone, Python."""
    here = Path(__file__).parent
    ours = [
        f"{p.name} {p.stat().st_mtime_ns} {p.stat().st_size}" for p in sorted(here.glob("*.py"))
    ]
    return [*ours, _keystone(), sys.version]


def _keystone() -> str:
    """Return a mark of the installed Keystone without importing it (or the slow metadata)."""
    for base in sys.path:
        found = Path(base or ".") / "keystone" / "__init__.py"
        with contextlib.suppress(OSError):
            status = found.stat()
            return f"{found} {status.st_mtime_ns} {status.st_size}"
    return ""


def _find(where: Path, record: Path) -> Image | None:
    """Return the image of ``record`` if all files are as they were, else None."""
    try:
        marks = json.loads(record.read_bytes())
        if not all(_mark(path) == mark for path, mark in marks.items()):
            return None
        return imagefile.load((where / _image_name(record, marks)).read_bytes())
    except (OSError, ValueError, AttributeError, ImageError):
        return None


def _mark(path: str) -> str:
    """Return the hash of the file ``path``, empty if there is none, or no longer a file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as below
            return ""
        with open(path, "rb") as file:  # noqa: PTH123 - faster, and this is the fast path
            return _digest(file.read())
    except OSError:
        return ""


def _image_name(record: Path, marks: dict[str, str]) -> str:
    return f"{_digest(json.dumps([record.stem, marks]).encode())}.image"


def _store(where: Path, record: Path, image: Image, marks: dict[str, str]) -> None:
    """Write an entry; a directory that cannot be written is no error."""
    with contextlib.suppress(OSError):
        where.mkdir(parents=True, exist_ok=True)
        _replace(where / _image_name(record, marks), imagefile.dump(image))
        _replace(record, json.dumps(marks).encode())


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
