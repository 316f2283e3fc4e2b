"""Unicorn's C library, without its Python binding: importing that takes 30 ms, a third of a start.

The library and the numbers of its registers, hooks and errors come from the installed package;
only what :mod:`emu.machine` calls is declared.
"""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emu.errors import MachineError
from emu.host.library import open_library
from emu.host.limits import too_tight_for

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Engine", "arm64", "check", "const"]

#: What the engine reserves (DEFAULT_CODE_GEN_BUFFER_SIZE), and some for a small guest.
_CODE_BUFFER: Final = (1 << 30) + (64 << 20)
_LIBRARIES = {"win32": "unicorn.dll", "darwin": "libunicorn.2.dylib"}


def _package() -> Path:
    spec = find_spec("unicorn")
    if spec is None or not spec.origin:
        raise MachineError("the Python package unicorn is not installed")
    return Path(spec.origin).parent


def _numbers(name: str) -> ModuleType:
    """Return one of the package's modules of constants, which import nothing."""
    spec = spec_from_file_location(f"emu.{name}", _PACKAGE / f"{name}.py")
    if spec is None or spec.loader is None:
        raise MachineError(f"{_PACKAGE}: no {name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_PACKAGE: Final = _package()
#: ``UC_HOOK_*``, ``UC_MEM_*``, ``UC_CTL_*`` and ``UC_ERR_*``; registers and models of the CPU.
const: Final[Any] = _numbers("unicorn_const")
arm64: Final[Any] = _numbers("arm64_const")


def _library() -> ctypes.CDLL:
    """Load the library; where it is not in its usual place the binding knows where."""
    path = _PACKAGE / "lib" / _LIBRARIES.get(sys.platform, "libunicorn.so.2")
    try:
        if sys.platform != "win32" and path.is_file():
            return ctypes.CDLL(str(path), handle=open_library(str(path)))
    except OSError:
        pass
    import unicorn

    found: Any = unicorn.unicorn_py3.unicorn.uclib
    # A library object of our own: argument types set on the binding's would change it.
    return ctypes.CDLL(found._name)  # noqa: SLF001 - the path that the binding found


def _require_room() -> None:
    """Raise unless there is room for the engine's buffer of translated code.

    The library itself prints a line and ends the process.
    """
    allowed = too_tight_for(_CODE_BUFFER)
    if allowed is not None:
        raise MachineError(
            f"the engine reserves {_CODE_BUFFER >> 20} MiB of address space for translated code,"
            f" and the limit of all is {allowed >> 20} MiB: raise it (ulimit -v unlimited)"
        )


class Engine:
    """An engine of the most capable 64-bit Arm, and its C functions with their argument types."""

    def __init__(self) -> None:
        """Make it; the model of the CPU has to be chosen before anything is mapped."""
        _require_room()
        own = self._own = _library()
        p, u64, size, u32 = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_uint32
        made = ctypes.c_void_p()
        # The rest of its arguments are variadic, which has a convention of its own on some hosts.
        self._ctl = _declare(own.uc_ctl, p, ctypes.c_int)
        opened = _declare(own.uc_open, ctypes.c_int, ctypes.c_int, p)
        check(opened(const.UC_ARCH_ARM64, const.UC_MODE_ARM, ctypes.byref(made)), "open")
        self.handle: int = made.value or 0
        # The default model lacks LSE and PAC.
        self._control(const.UC_CTL_CPU_MODEL, ctypes.c_int(arm64.UC_CPU_ARM64_MAX))
        self.emu_start = _declare(own.uc_emu_start, p, u64, u64, u64, size)
        #: The same for who brings its arguments as ctypes objects, made once.
        self.emu_start_prepared: Any = own["uc_emu_start"]
        self.emu_stop = _declare(own.uc_emu_stop, p)
        self.mem_map_ptr = _declare(own.uc_mem_map_ptr, p, u64, size, u32, p)
        self.mem_unmap = _declare(own.uc_mem_unmap, p, u64, size)
        self.mem_read = _declare(own.uc_mem_read, p, u64, p, size)
        self.mem_write = _declare(own.uc_mem_write, p, u64, p, size)
        # These take a fraction of a microsecond and call nothing back: letting other threads run
        # meanwhile, as a CDLL does at every call, costs more than they do.
        quick = ctypes.PyDLL(own._name, handle=own._handle)  # noqa: SLF001 - the same library
        # Their arguments too are made once: to convert four numbers takes longer than the exchange.
        self.reg_read_batch: Any = quick.uc_reg_read_batch
        self.reg_write_batch: Any = quick.uc_reg_write_batch
        self.reg_read = _declare(quick.uc_reg_read, p, ctypes.c_int, p)
        self.reg_write = _declare(quick.uc_reg_write, p, ctypes.c_int, p)
        self.hook_add: Any = own.uc_hook_add
        self.hook_del = _declare(own.uc_hook_del, p, size)
        self._close = _declare(own.uc_close, p)

    def __del__(self) -> None:
        """Give the engine's memory back."""
        if getattr(self, "handle", 0) and hasattr(self, "_close"):
            self._close(self.handle)

    def addresses(self, *names: str) -> list[int]:
        """Return where functions of the library stand, for the engine to call them itself."""
        return [ctypes.cast(self._own[n], ctypes.c_void_p).value or 0 for n in names]

    def use_exits(self) -> None:
        """Let no address end a run: at each exit the engine would look for code to drop there."""
        self._control(const.UC_CTL_UC_USE_EXITS, ctypes.c_int(1))

    def use_virtual_tlb(self) -> None:
        """Fill the translation buffer by ``UC_HOOK_TLB_FILL``."""
        self._control(const.UC_CTL_TLB_TYPE, ctypes.c_int(const.UC_TLB_VIRTUAL))

    def flush_tb(self) -> None:
        """Drop all translations."""
        self._control(const.UC_CTL_TB_FLUSH)

    def remove_cache(self, start: int, end: int) -> None:
        """Drop the translations of a range."""
        self._control(const.UC_CTL_TB_REMOVE_CACHE, ctypes.c_uint64(start), ctypes.c_uint64(end))

    def _control(self, what: int, *values: Any) -> None:  # noqa: ANN401 - typed by ctypes
        request = const.UC_CTL_IO_WRITE << 30 | len(values) << 26 | what
        check(self._ctl(self.handle, request, *values), "ctl")


def _declare(function: Any, *argtypes: type) -> Any:  # noqa: ANN401 - ctypes has no types for it
    function.argtypes = argtypes
    function.restype = ctypes.c_int
    return function


def check(error: int, what: str) -> None:
    """Raise a :class:`MachineError` unless ``error`` is 0: none of ours is expected."""
    if error:
        names = (
            n for n, value in vars(const).items() if n.startswith("UC_ERR_") and value == error
        )
        raise MachineError(f"unicorn: {what}: {next(names, error)}")
