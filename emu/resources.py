"""Where the server's source, its prebuilt image and the sample site are.

In a checkout they are the checkout's own files; installed from a wheel they lie in
``emu/data``, put there by ``hatch_build.py``.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["prebuilt", "sample_site", "server_source"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
_INSTALLED = _PACKAGE / "data"


def _home() -> Path:
    """Return the directory that holds ``ymawky.s``, ``www/`` and ``err/``."""
    return _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else _INSTALLED


def server_source() -> Path:
    """Return the path of ``ymawky.s``."""
    return _home() / "ymawky.s"


def sample_site() -> Path:
    """Return the directory to serve as the guest's file system: ``www/`` and ``err/`` are in it."""
    return _home()


def prebuilt() -> Path | None:
    """Return a form of ``ymawky.s`` that runs without the assembler, or None.

    That is the wheel's image (``ymawky.img``) or a Mach-O executable (``ymawky``) that ``make``
    built; one that is older than the source does not count.
    """
    source = server_source()
    for path in (_INSTALLED / "ymawky.img", _home() / "ymawky"):
        if path.is_file() and (_home() == _INSTALLED or _is_newer(path, source)):
            return path
    return None


def _is_newer(path: Path, source: Path) -> bool:
    return not source.is_file() or path.stat().st_mtime >= source.stat().st_mtime
