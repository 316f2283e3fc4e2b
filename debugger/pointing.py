"""Setting stop points: where they go, what they watch, what they catch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from debugger import registers as names
from debugger.expressions import number_of, parse
from debugger.guest import choice
from debugger.inspection import Inspection
from debugger.locations import check_code, resolve
from debugger.stopping import (
    Breakpoint,
    Catchpoint,
    RequestBreak,
    StatusBreak,
    Watchpoint,
)
from emu.asm.suggest import nearest
from emu.darwin import errno
from emu.darwin.numbers import name_of
from emu.darwin.numbers import number_of as call_number
from emu.errors import DebugError, UsageError
from emu.machine import EXEC
from emu.strace.selection import Selection

__all__ = ["Pointing", "signal_name"]


class Pointing(Inspection):
    """Breakpoints, watchpoints, catchpoints; and errors for calls to come."""

    def resolve(self, location: str) -> tuple[int, ...]:
        """Return the addresses of a location (:func:`debugger.locations.resolve`)."""
        here = self.here()
        if location.strip().startswith("*") or location.strip().startswith("$"):
            return (number_of(self.evaluate(location.strip().lstrip("*"))),)
        return resolve(self.image, location, here)

    def here(self) -> str:
        """Return the source that a bare line is in, "" for the first one."""
        if self.alive:
            return self.place().path
        return self.place_of(self.pc()).path

    def pc(self) -> int:
        """Return where the focus stands, or stood when it ended; the entry if it was nowhere."""
        if self.alive:
            return self.place().pc
        last = self.event.place if self.event is not None else None
        return last.pc if last is not None and last.symbol else self.image.entry

    def break_at(
        self,
        location: str = "",
        *,
        condition: str = "",
        temporary: bool = False,
        pid: int | None = None,
        ignore: int = 0,
        log: str | None = None,
    ) -> Breakpoint:
        """Set a breakpoint, by default where the focus stands; ``log`` makes it a logpoint.

        Raises:
            DebugError: the location is unknown or is data; the condition is no expression.
        """
        text = location.strip() or self.place().label
        if text.isdecimal() and self.here():
            # Later the present file may be another one.
            text = f"{PurePath(self.here()).name}:{text}"
        addresses = self.code_at(text)
        if condition:
            parse(condition)
        point = Breakpoint(
            location=text, addresses=addresses, condition=condition, temporary=temporary,
            pid=pid, ignore=ignore, log=log, image=self.image,
        )  # fmt: skip
        return self.points.add(point)

    def code_at(self, location: str) -> tuple[int, ...]:
        """Return the addresses of a location where instructions can be executed.

        Raises:
            DebugError: the location is unknown, or is data.
        """
        addresses = self.resolve(location)
        for address in addresses:
            if not (self.alive and self._is_mapped_code(address)):
                check_code(self.image, address, location)
        return addresses

    def _is_mapped_code(self, address: int) -> bool:
        """Code outside the image: mapped by the guest itself, or dyld's stub."""
        inside = any(s.addr <= address < s.addr + s.size for s in self.image.segments)
        region = self.focus.space.layout.find(address)
        return not inside and region is not None and bool(region.prot & EXEC) and address % 4 == 0

    def break_on_request(
        self, method: str = "", target: str = "", *, temporary: bool = False
    ) -> RequestBreak:
        """Stop where a request has been received whose line matches."""
        return self.points.add(RequestBreak(method=method, target=target, temporary=temporary))

    def break_on_status(self, status: str, *, temporary: bool = False) -> StatusBreak:
        """Stop where a response with this status is about to be sent; ``x`` is any digit.

        Raises:
            DebugError: it is no status.
        """
        status = status.lower()
        if len(status) != 3 or status[0] not in "12345x" or not set(status) <= set("0123456789x"):
            raise DebugError(f"{status!r} is no status: three digits, or 'x' for any (4xx)")
        return self.points.add(StatusBreak(status=status, temporary=temporary))

    def watch(
        self, expression: str, access: str = "write", *, condition: str = "", pid: int | None = None
    ) -> Watchpoint:
        """Watch a register, a label's object or memory: ``x19``, ``buffer``, ``u32[x0+8]``.

        ``access`` is "write" (the value changes), "read" or "access".

        Raises:
            DebugError: it has no address, or the address is not mapped.
        """
        if condition:
            parse(condition)
        expression = expression.strip()
        made = {"expression": expression, "access": access, "condition": condition, "pid": pid}
        if names.is_register(expression.lstrip("$")):
            if access != "write":
                raise DebugError("a register can be watched for changes only: 'watch'")
            register = expression.lstrip("$")
            return self.points.add(Watchpoint(register=register, **made))  # type: ignore[arg-type]
        address, size = self._object(expression)
        if self.process().space.peek(address, size) is None:
            raise DebugError(f"{expression}: nothing is mapped at {address:#x}")
        return self.points.add(
            Watchpoint(address=address, size=size, image=self.image, **made)  # type: ignore[arg-type]
        )

    def catch(
        self,
        event: str,
        wanted: Iterable[str] = (),
        *,
        edge: str = "both",
        error: str = "",
        temporary: bool = False,
    ) -> Catchpoint:
        """Stop at an event: "syscall", "fork", "exec", "signal", "exit" or "fault".

        ``wanted`` are calls and ``%groups``, or signals; ``error`` an errno's name or "any".

        Raises:
            DebugError: there is no such event, call, group, signal or error.
        """
        wanted = tuple(wanted)
        choice(event, ("syscall", "fork", "exec", "signal", "exit", "fault"), "catch")
        if event == "syscall":
            wanted = self.check_calls(wanted)
        if error and error != "any" and error not in errno.MESSAGES:
            remedy = nearest(error, errno.MESSAGES)
            raise DebugError(f"no error {error!r}" + (f"; {remedy}" if remedy else ""))
        if event == "signal":
            wanted = tuple(signal_name(name) for name in wanted)
        point = Catchpoint(event=event, names=wanted, edge=edge, errno=error, temporary=temporary)
        return self.points.add(point)

    def check_calls(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return names of calls and groups as the tracer's filter takes them, or say the nearest.

        Numbers stand for calls; a group may be written without its ``%``.
        """
        from emu.strace.selection import CLASSES

        out = []
        for word in wanted:
            name = (name_of(int(word)) or word) if word.isdecimal() else word
            if name in CLASSES and call_number(name) is None:
                name = f"%{name}"
            try:
                Selection(name)
            except UsageError as error:
                raise DebugError(str(error).partition(": ")[2]) from None
            out.append(name)
        return tuple(out)

    def inject(self, error: str, call: str = "") -> None:
        """Make the next call of the focus (named ``call``, if given) fail with ``error``.

        Raises:
            DebugError: there is no such error or call.
        """
        number = getattr(errno, error, None) if error.startswith("E") else None
        if not isinstance(number, int):
            remedy = nearest(error, errno.MESSAGES)
            raise DebugError(f"no error {error!r}" + (f"; {remedy}" if remedy else ""))
        if call:
            self.check_calls([call])
        self.engine.injections.append((self.process().pid, call, number))


def signal_name(name: str) -> str:
    """Return a signal's full name: ``alrm``, ``SIGALRM`` and ``14`` are one.

    Raises:
        DebugError: there is none; says the nearest.
    """
    from emu.darwin import flags

    wanted = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    known = set(flags.SIGNAL_NAMES.values())
    if name.isdecimal() and int(name) in flags.SIGNAL_NAMES:
        return flags.SIGNAL_NAMES[int(name)]
    if wanted not in known:
        remedy = "" if name.isdecimal() else nearest(wanted, known)
        raise DebugError(f"no signal {name!r}" + (f"; {remedy}" if remedy else ""))
    return wanted
