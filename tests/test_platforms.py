"""What Linux, macOS and Windows do not all have is used behind the door of ``emu.host`` alone.

What each of them has is known from typeshed, the stubs that mypy comes with.
"""

from __future__ import annotations

import ast
import functools
import operator
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mypy
import pytest

ROOT = Path(__file__).resolve().parent.parent
STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
PLATFORMS = ("linux", "darwin", "win32")

#: Where the three differ in what a module has.
PARTLY = ("errno", "mmap", "os", "select", "signal", "socket", "stat", "subprocess", "sys", "time")
#: Modules that one of the three lacks as a whole.
WHOLLY = frozenset(
    """_winapi crypt curses fcntl grp msvcrt nt ossaudiodev posix pty pwd readline resource
    syslog termios tty winreg winsound""".split()
)
#: Who opens the door: the package, and one use that stands under ``except ImportError``.
DOOR = "emu.host"
OPTIONAL = {("debugger.plain", "readline")}

_COMPARE: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.GtE: operator.ge,  # type: ignore[dict-item]
    ast.Lt: operator.lt,  # type: ignore[dict-item]
}


def _holds(test: ast.expr, platform: str) -> bool:
    """Evaluate a condition of a stub, on ``sys.platform`` and ``sys.version_info``."""
    if isinstance(test, ast.BoolOp):
        every = isinstance(test.op, ast.And)
        return (all if every else any)(_holds(value, platform) for value in test.values)
    if isinstance(test, ast.UnaryOp):
        return not _holds(test.operand, platform)
    if not isinstance(test, ast.Compare):
        return True
    values = {"sys.platform": platform, "sys.version_info": sys.version_info[:2]}
    value = values.get(ast.unparse(test.left), "")
    return _COMPARE[type(test.ops[0])](value, ast.literal_eval(test.comparators[0]))


def _names(body: list[ast.stmt], platform: str) -> Iterator[str]:
    """Yield what a stub defines on a platform."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _names(node.body if _holds(node.test, platform) else node.orelse, platform)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    yield from _module(str(node.module), platform)
                else:
                    yield alias.asname or alias.name


def _module(name: str, platform: str) -> set[str]:
    path = STUBS / name.replace(".", "/")
    stub = path / "__init__.pyi" if path.is_dir() else path.with_suffix(".pyi")
    return set(_names(ast.parse(stub.read_text("utf-8")).body, platform))


@functools.cache
def lacking(module: str) -> frozenset[str]:
    """Return the names of a module that some of the three platforms have, and not all."""
    have = [_module(module, platform) for platform in PLATFORMS]
    return frozenset(name for name in set().union(*have) if not all(name in h for h in have))


def _uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of each use of what not every platform has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = node.value.id
            if module in PARTLY and node.attr in lacking(module):
                yield node.lineno, f"{module}.{node.attr}"
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name in WHOLLY)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if node.module in WHOLLY:
                yield node.lineno, str(node.module)
            elif node.module in PARTLY:
                names = [a.name for a in node.names if a.name in lacking(node.module)]
                yield from ((node.lineno, f"{node.module}.{name}") for name in names)


def _all_uses() -> Iterator[tuple[str, int, str]]:
    for path in sorted(p for top in ("emu", "debugger") for p in (ROOT / top).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for line, name in _uses(ast.parse(path.read_text("utf-8"))):
            yield module, line, name


def test_only_the_door_uses_what_a_platform_lacks() -> None:
    wrong = [
        f"{module}:{line}: {name}"
        for module, line, name in _all_uses()
        if not module.startswith(DOOR) and (module, name) not in OPTIONAL
    ]
    assert not wrong, "\n".join(wrong)


def test_the_door_has_some() -> None:
    found = {name for module, _, name in _all_uses() if module.startswith(DOOR)}
    assert {"fcntl", "os.O_NOFOLLOW", "select.poll"} <= found


@pytest.mark.parametrize(
    ("module", "some", "everywhere"),
    [
        ("os", {"fork", "getuid", "killpg", "mkfifo", "startfile", "pread"}, {"open", "getpid"}),
        ("signal", {"SIGHUP", "SIGKILL", "setitimer", "CTRL_C_EVENT"}, {"SIGINT", "signal"}),
        ("socket", {"AF_UNIX", "MSG_DONTWAIT"}, {"AF_INET", "create_connection"}),
        ("select", {"poll", "kqueue", "epoll"}, {"select"}),
    ],
)
def test_the_stubs_are_read(module: str, some: set[str], everywhere: set[str]) -> None:
    assert some <= lacking(module)
    assert not everywhere & lacking(module)
