"""Stopping the engine from another thread without harm to the guest.

``uc_emu_stop`` called by another thread takes effect behind any access to memory, with the pc
still on the instruction.  It is then executed again, which a store does not mind; but
``ldr x0, [x0]`` has overwritten its own address by then.  In a loop of such loads two of three
stops went wrong; ``tests/machine/test_machine.py`` holds that none does now.

So the engine calls a C function at the start of each block of guest code, where everything is in
order: one that does nothing.  To stop, the pointer in the engine's record of that hook is
exchanged for ``uc_emu_stop`` itself.  Two hooks are needed, because the address of a single one
would be compiled into the translated code.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from emu.engine import check, const
from emu.errors import MachineError

if TYPE_CHECKING:
    from emu.engine import Engine

__all__ = ["Brake"]

#: Words of the engine's record of a hook (``struct hook``) among which the callback stands.
_WORDS: Final = 8
#: No instruction stands at an odd address: a hook there is never called.
_NO_PC: Final = 3


class Brake:
    """Two block hooks that do nothing until :meth:`apply`."""

    def __init__(self, engine: Engine) -> None:
        """Hook all blocks; nothing may have been translated yet."""
        self._idle, self._stop = engine.addresses("uc_strerror", "uc_emu_stop")
        self._word = self._hook(engine, 1, 0)
        self._hook(engine, _NO_PC, _NO_PC)

    def _hook(self, engine: Engine, begin: int, end: int) -> ctypes.c_uint64:
        """Add a hook on begin…end (1, 0: all), and return where its callback stands in memory.

        Raises:
            MachineError: the record looks otherwise in this version of the engine.
        """
        hook = ctypes.c_size_t()
        error = engine.hook_add(
            ctypes.c_void_p(engine.handle),
            ctypes.byref(hook),
            ctypes.c_int(const.UC_HOOK_BLOCK),
            ctypes.c_void_p(self._idle),
            None,
            ctypes.c_uint64(begin),
            ctypes.c_uint64(end),
        )
        check(error, "hook_add")
        words = (ctypes.c_uint64 * _WORDS).from_address(hook.value)
        found = [i for i in range(_WORDS) if words[i] == self._idle]
        if len(found) != 1:
            raise MachineError("unicorn: the record of a hook is not as in version 2.1")
        return ctypes.c_uint64.from_address(hook.value + 8 * found[0])

    def apply(self) -> None:
        """Stop the engine at the start of the next block; any thread may call it."""
        self._word.value = self._stop

    def release(self) -> None:
        """Let the engine run again."""
        self._word.value = self._idle
