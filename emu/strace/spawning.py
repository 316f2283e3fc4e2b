"""Printing what posix_spawn is asked for: attributes and file actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin import spawn
from emu.darwin.spawn import SpawnAction, SpawnActions, SpawnArgs, SpawnAttributes
from emu.strace.shown import bits, fetch, fields, pointer, quote_start, signal_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emu.strace.shown import Shown

__all__ = ["FORMATS"]

_ACTIONS_SHOWN = 16


def _spawn_args(shown: Shown, i: int) -> str:
    address = shown.values[i]
    data = fetch(shown.space, address, SpawnArgs.SIZE) if address else None
    if data is None:
        return pointer(address)
    args = SpawnArgs.unpack(data)
    pairs: list[tuple[str, object]] = []
    if args.attr_size:
        raw = fetch(shown.space, args.attrp, SpawnAttributes.SIZE)
        if raw is None:
            pairs.append(("attr", pointer(args.attrp)))
        else:
            pairs += _attributes(SpawnAttributes.unpack(raw))
    if args.file_actions_size:
        pairs.append(("file_actions", _actions(shown, args.file_actions)))
    return fields(pairs)


def _attributes(attributes: SpawnAttributes) -> Iterator[tuple[str, object]]:
    flags = attributes.flags
    yield "flags", bits(spawn.FLAG_NAMES, flags) if flags else "0"
    if flags & spawn.POSIX_SPAWN_SETSIGDEF:
        yield "sigdefault", signal_set(attributes.sigdefault)
    if flags & spawn.POSIX_SPAWN_SETSIGMASK:
        yield "sigmask", signal_set(attributes.sigmask)
    if flags & spawn.POSIX_SPAWN_SETPGROUP:
        yield "pgroup", attributes.pgroup


def _actions(shown: Shown, address: int) -> str:
    head = fetch(shown.space, address, SpawnActions.SIZE)
    if head is None:
        return pointer(address)
    count = SpawnActions.unpack(head).count
    texts = []
    for n in range(max(min(count, _ACTIONS_SHOWN), 0)):
        at = address + SpawnActions.SIZE + n * SpawnAction.SIZE
        raw = fetch(shown.space, at, SpawnAction.SIZE)
        if raw is None:
            return pointer(address)
        texts.append(_action(shown, SpawnAction.unpack(raw)))
    if count > _ACTIONS_SHOWN:
        texts.append("...")
    return f"[{', '.join(texts)}]"


def _action(shown: Shown, action: SpawnAction) -> str:
    from emu.strace.formats import open_flags

    match action.type:
        case spawn.PSFA_OPEN:
            mode = f", 0{action.mode:03o}" if action.oflag & f.O_CREAT else ""
            flags = open_flags(action.oflag & 0xFFFFFFFF)
            return f"open({action.filedes}, {_path(shown, action)}, {flags}{mode})"
        case spawn.PSFA_CLOSE:
            return f"close({action.filedes})"
        case spawn.PSFA_DUP2:
            return f"dup2({action.filedes}, {action.newfiledes})"
        case spawn.PSFA_INHERIT:
            return f"inherit({action.filedes})"
        case spawn.PSFA_CHDIR:
            return f"chdir({_path(shown, action)})"
        case spawn.PSFA_FCHDIR:
            return f"fchdir({action.filedes})"
    return f"action {action.type}"


def _path(shown: Shown, action: SpawnAction) -> str:
    return quote_start(action.path or b"", shown.limit)


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {"spawn_args_in": _spawn_args}
