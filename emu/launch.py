"""From what a person asked for to a system that is ready to run: program, root, limits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from emu import resources
from emu.darwin.errno import Errno
from emu.errors import ImageError, UsageError
from emu.files import require_regular
from emu.host import Host
from emu.host.limits import raise_open_files
from emu.host.sharing import adopted, bound_port
from emu.kernel.files import OpenFile
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Limits, Process
from emu.loader import load
from emu.record import field, record, replace
from emu.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emu.image import Image

__all__ = ["Options", "load_program", "prepare"]

#: What a guest's environment holds besides what ``--env`` adds: nothing of the host's secrets.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/", "USER": "guest"}
_INHERITED = ("TERM", "LANG", "LC_ALL", "NO_COLOR", "COLUMNS", "LINES")
#: Where the server listens when nobody says otherwise (``ymawky.s``, DEFAULT_PORT).
DEFAULT_PORT = 8080
_SOURCES = (".s", ".asm")
_STDIO = ("stdin", "stdout", "stderr")


@record(frozen=False)
class Options:
    """What ``run`` was asked for; see ``ymawky-emu run --help``."""

    program: Path | None = None
    arguments: Sequence[str] = ()
    root: Path | None = None
    port: int | None = None
    listen: tuple[str, int] | None = None
    entry: str | None = None
    environment: dict[str, str] = field(factory=dict)
    limits: Limits = field(factory=Limits)
    #: How far to move a Mach-O executable up from where it was linked, in bytes.
    slide: int = 0
    #: Whether the guest may start programs of the host, and connect to other machines.
    allow_exec: bool = False
    network: bool = False
    #: Descriptor of a listening socket that is shared with other emulators.
    shared_listener: int | None = None
    #: Sources that are linked with the program, and where their ``.include`` looks.
    more: list[Path] = field(factory=list)
    include_dirs: Sequence[Path] = ()

    def __post_init__(self) -> None:
        """Take the sources that follow a source, up to a ``--``, away from the arguments."""
        rest = list(self.arguments)
        if self.program is not None and _is_source(self.program):
            while rest and _is_source(Path(rest[0])) and Path(rest[0]).is_file():
                self.more.append(Path(rest.pop(0)))
        self.arguments = rest[1:] if rest[:1] == ["--"] else rest

    def load(self) -> Image:
        """Return the image of the program; see :func:`load_program`."""
        return load_program(
            self.program,
            self.entry,
            more=self.more,
            slide=self.slide,
            include_dirs=self.include_dirs,
        )

    def chosen_root(self) -> tuple[Path, str]:
        """Return the guest's file system and how it came to be chosen."""
        if self.root is not None:
            if not self.root.is_dir():
                raise UsageError(f"--root {self.root}: no such directory")
            return self.root, "--root"
        if Path("www").is_dir():
            return Path.cwd(), "the working directory"
        own = "" if self.program is None else "; for this directory say --root ."
        return resources.sample_site(), f"the sample site{own}"

    def given_port(self) -> int | None:
        """Return the port that the guest is told: by ``--port``, or the server's default."""
        if self.port is None and self.program is None and not self.arguments:
            return DEFAULT_PORT
        return self.port

    def address(self) -> tuple[str, int] | None:
        """Return the host's address that the guest will listen on, as far as is known."""
        port = self.given_port()
        return self.listen or (("127.0.0.1", port) if port is not None else None)

    def share(self, listener: int) -> None:
        """Serve the socket on descriptor ``listener`` together with other emulators.

        Where the user left the choice of a port to the system, the guest gets the one chosen.
        """
        self.shared_listener = listener
        port = bound_port(listener)
        if self.listen is not None:
            self.listen = (self.listen[0], port)
        elif self.given_port() == 0:
            self.port = port

    def argv(self) -> list[str]:
        """Return the guest's arguments, its name first."""
        name = (self.program or resources.server_source()).name
        port = self.given_port()
        return [name, *self.arguments, *([] if port is None else [str(port)])]


def _is_source(path: Path) -> bool:
    return path.suffix.lower() in _SOURCES


def load_program(
    path: Path | None,
    entry: str | None = None,
    *,
    more: Sequence[Path] = (),
    slide: int = 0,
    include_dirs: Sequence[Path] = (),
) -> Image:
    """Return the image of sources, a saved image, a Mach-O executable or, for None, the server.

    ``more`` are sources to link with the first, ``include_dirs`` where ``.include`` looks too;
    ``slide`` moves a Mach-O executable.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        ImageError: it is no program; AssemblyError: it is a source with errors.
    """
    if path is None:
        return _load_server()
    try:
        require_regular(path)
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if _is_source(path):
        from emu import asm

        if slide:
            raise UsageError(
                "--slide is for Mach-O executables; a source is placed as it is linked"
            )
        return asm.cached([path, *more], entry=entry, include_dirs=include_dirs)
    image = _load_binary(path, start, slide)
    return image if entry is None else _enter_at(image, entry)


def _load_server() -> Image:
    from emu import asm

    source = resources.server_source()
    if asm.available() and source.is_file():
        return asm.cached([source])
    built = resources.prebuilt()
    if built is None:
        raise UsageError(_no_server(source))
    return load_program(built)


def _no_server(source: Path) -> str:
    """Say what is missing, and what to do, where nothing of the server can be run."""
    if not source.is_file():
        return f"{source}: no such file, and no prebuilt image beside it"
    executable = source.with_suffix("")
    state = "is older than its source" if executable.is_file() else "is not built"
    return (
        f"{source}: this Python has no Keystone to assemble it, and {executable.name} {state}:"
        " run 'make', or where Keystone has a wheel (x86-64) 'pip install keystone-engine'"
    )


def _load_binary(path: Path, start: bytes, slide: int) -> Image:
    from emu.asm import imagefile

    if start.startswith(imagefile.MAGIC):
        if slide:
            raise UsageError("--slide is for Mach-O executables")
        try:
            return imagefile.load(path.read_bytes())
        except ImageError as error:
            raise ImageError(f"{path}: {error}") from None
    from emu import libsystem, macho

    if not macho.is_macho(start):
        raise ImageError(
            f"{path}: neither a source (.s, .S), nor a Mach-O executable,"
            " nor an image made by 'ymawky-emu asm -o'"
        )
    debug = path.with_name(path.name + ".dSYM") / "Contents" / "Resources" / "DWARF" / path.name
    dsym = macho.read_regular(str(debug))
    program = macho.load(path.read_bytes(), str(path), slide=slide, dsym=dsym)
    return replace(libsystem.bind(program), name=path.name)


def _enter_at(image: Image, entry: str) -> Image:
    symbol = image.symbols.get(entry)
    if symbol is None:
        raise UsageError(f"--entry {entry}: {image.name} has no such symbol")
    return replace(image, entry=symbol.value)


def prepare(options: Options, image: Image, warn: Callable[[str], None]) -> tuple[System, Process]:
    """Return a system and its first process, which has not run yet."""
    root, _ = options.chosen_root()
    raise_open_files()
    try:
        host = Host(
            root, listen=options.listen, allow_exec=options.allow_exec, network=options.network
        )
    except OSError as error:
        raise UsageError(f"--root {root}: {error.strerror}") from None
    if options.shared_listener is not None:
        host.network.shared = adopted(options.shared_listener)
    system = System(host, limits=options.limits, warn=warn)
    environment = _ENVIRONMENT | {n: os.environ[n] for n in _INHERITED if n in os.environ}
    envp = [os.fsencode(f"{n}={v}") for n, v in (environment | options.environment).items()]
    argv = [os.fsencode(a) for a in options.argv()]
    try:
        space, registers = load(image, argv, envp, argv[0])
    except Errno as error:
        raise UsageError(f"{image.name}: cannot start: {error}") from None
    process = Process(
        FIRST_PID,
        1,
        image.name,
        space,
        FIRST_PID,
        FIRST_PID,
        registers=bytes(registers),
        cwd=host.root,
    )
    for fd, name in enumerate(_STDIO):
        process.files.put(fd, OpenFile(host.stdio(fd), "stdio", 0 if fd == 0 else 1, name))
    return system, process
