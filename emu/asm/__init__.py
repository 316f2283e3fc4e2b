"""Source text in the dialect of Apple's arm64 assembler to an :class:`emu.image.Image`.

A statement passes these stations, each of which is one module::

    lexer       text -> statements (comments, separators, strings)
    parser      statements -> sections full of bytes, instructions and fixups; macros
                (macros), conditionals (conditionals) and directives (directives) live here
    link        several parsed files -> one address space, every symbol a number
    instruction operands -> bare instructions with plain numbers
    encode      bare instructions -> words: own tables first, Keystone for the rest

The public functions import those modules only when they are called: an image that comes out
of the cache needs none of them, and no Keystone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from emu.image import Image

__all__ = ["assemble", "assemble_text", "available", "cached"]


def available() -> bool:
    """Tell whether this machine can assemble, which takes the Keystone library.

    Looks for the library and does not load it, which would take longer than a cached image.
    """
    import os
    from importlib.util import find_spec

    spec = find_spec("keystone")
    return any(
        "keystone" in name and name.endswith((".so", ".dylib", ".dll"))
        for place in (spec and spec.submodule_search_locations) or ()
        if os.path.isdir(place)  # noqa: PTH112 - a third of the time, at each start
        for name in os.listdir(place)  # noqa: PTH208
    )


def assemble(
    paths: Sequence[Path],
    *,
    entry: str | None = None,
    defines: Mapping[str, int] | None = None,
    include_dirs: Iterable[Path] = (),
    layout: Mapping[tuple[str, str], int] | None = None,
) -> Image:
    """Assemble and link the sources ``paths`` to one image.

    ``entry`` names the symbol to start at (default: ``_main``, else ``_start``, else ``start``),
    ``defines`` are absolute symbols set before the first line, ``include_dirs`` are searched by
    ``.include`` and ``.incbin`` after the directory of the file that asks, and ``layout`` fixes
    addresses of sections by (segment, section) name.

    Raises:
        AssemblyError: with every error of every source.
    """
    from emu.asm import build

    return build.assemble(
        paths, build.Options(entry, dict(defines or {}), tuple(include_dirs), dict(layout or {}))
    )


def assemble_text(
    text: str,
    name: str = "<text>",
    *,
    entry: str | None = None,
    defines: Mapping[str, int] | None = None,
    include_dirs: Iterable[Path] = (),
    layout: Mapping[tuple[str, str], int] | None = None,
) -> Image:
    """Assemble ``text`` as :func:`assemble` does a file; ``name`` stands for its path.

    A text without any of the entry symbols starts at its first instruction.
    """
    from emu.asm import build

    options = build.Options(entry, dict(defines or {}), tuple(include_dirs), dict(layout or {}))
    return build.assemble_text(text, name, options)


def cached(
    paths: Sequence[Path],
    *,
    entry: str | None = None,
    defines: Mapping[str, int] | None = None,
    include_dirs: Iterable[Path] = (),
) -> Image:
    """Return what :func:`assemble` would, from the cache if all inputs are unchanged.

    The cache works without a writable directory, repairs damaged entries, and may be filled by
    several processes at once.
    """
    from emu.asm import cache

    return cache.cached(paths, entry, dict(defines or {}), tuple(include_dirs))
