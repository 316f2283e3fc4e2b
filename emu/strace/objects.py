"""Events as JSON, one object a line.

``event`` tells the kind, every object has ``pid``, and ``time`` (seconds since 1970) is there with
``--strace-time``:

``call``
    ``name``, ``number``, ``args`` (by xnu's names; numbers as numbers, everything else as the
    text of the line form), ``pc`` of the ``svc``, then ``result`` (a number, or two), or ``error``
    and ``errno``, or ``restarts``; neither where the call does not return.  ``changed`` is
    what select and poll found, ``waited`` says that the call was parked, ``seconds`` how long
    it took.
``signal``
    ``signal``, ``code``, ``from`` (a pid), ``address``, ``status``, ``effect``.
``fork``
    ``child``.
``exit``
    ``status`` or ``signal``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from emu.darwin.errno import NAMES
from emu.strace.lines import signal_code
from emu.strace.shown import signal_name

if TYPE_CHECKING:
    from emu.kernel.signals import SigInfo
    from emu.strace.sink import Sink
    from emu.strace.tracer import Pending

__all__ = ["Objects"]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)$")


class Objects:
    """One JSON object a call, a signal, a fork, an end."""

    def __init__(self, sink: Sink) -> None:
        """Write to ``sink``."""
        self._sink = sink

    def _write(self, event: str, pid: int, now: int, **more: Any) -> None:  # noqa: ANN401 - JSON
        head: dict[str, Any] = {"event": event, "pid": pid}
        if now:
            head["time"] = round(now / 1e9, 6)
        self._sink.write(json.dumps(head | more) + "\n")

    def parked(self, call: Pending) -> None:
        """Nothing: a call is one object, however often it waits."""

    def finished(self, call: Pending) -> None:
        """Write a call."""
        shape = call.shape
        pairs = zip(shape.parameters, call.texts, strict=False)
        more: dict[str, Any] = {
            "name": shape.name,
            "number": shape.number,
            "args": {name: _value(text) for name, text in pairs if text is not None},
            "pc": call.values[9] - 4,
        }
        if call.parked:
            more["waited"] = True
        if call.ended:
            more["seconds"] = round((call.ended - call.began) / 1e9, 6)
        self._write("call", call.pid, call.began, **more, **_outcome(call))

    def signal(self, pid: int, info: SigInfo, effect: str, now: int) -> None:
        """Write a signal."""
        more: dict[str, Any] = {"signal": signal_name(info.signal), "code": signal_code(info)}
        if info.pid:
            more["from"] = info.pid
        if info.address:
            more["address"] = info.address
        if info.status:
            more["status"] = info.status
        self._write("signal", pid, now, **more, effect=effect)

    def forked(self, parent: int, child: int, now: int) -> None:
        """Write a fork."""
        self._write("fork", parent, now, child=child)

    def ended(self, pid: int, status: int, now: int) -> None:
        """Write how a process ended."""
        if status & 0x7F:
            self._write("exit", pid, now, signal=signal_name(status & 0x7F))
        else:
            self._write("exit", pid, now, status=status >> 8 & 0xFF)


def _value(text: str) -> int | str:
    return int(text) if _NUMBER.match(text) else text


def _outcome(call: Pending) -> dict[str, Any]:
    if call.outcome == "restarts":
        return {"restarts": True}
    if call.outcome == "gone" or not call.shape.comes_back:
        return {}
    if call.error:
        return {"error": NAMES.get(call.error, str(call.error)), "errno": call.error}
    result = call.result
    if type(result) is tuple:
        result = result[0] if call.child else list(result)
    outcome: dict[str, Any] = {"result": result or 0}
    if call.shape.after is not None and result:
        outcome["changed"] = call.shape.after(call)
    return outcome
