"""The nearest name to a misspelt one, and the remedy for other processors' instructions."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest", "remedy"]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the remedy ``did you mean 'X'?`` with the name in ``known`` most like ``name``."""
    candidates = [k for k in known if abs(len(k) - len(name)) <= _SLACK]
    best = difflib.get_close_matches(name, candidates, n=3, cutoff=0.6)
    if not best:
        return ""
    score = difflib.SequenceMatcher(None, best[0], name).ratio()
    equal = [k for k in best if difflib.SequenceMatcher(None, k, name).ratio() == score]
    # Two letters that changed places, or a slip behind the first letter, are the likelier typo.
    likely = max(equal, key=lambda k: (k in _COMMON, sorted(k) == sorted(name), k[0] == name[0]))
    return f"did you mean '{likely}'?"


def remedy(mnemonic: str, rest: str, known: Iterable[str]) -> str:
    """Return what to do about ``mnemonic``, which is none in ``known``; ``rest`` is behind it."""
    if rest.lstrip().startswith("."):
        return f"a label ends in a colon: '{mnemonic}:'"
    if mnemonic in _ELSEWHERE:
        return f"here that is {_ELSEWHERE[mnemonic]}"
    return nearest(mnemonic, known)


_SLACK = 3
#: What a beginner means where several names are equally near: `swc` is svc, not swp.
_COMMON = frozenset(
    "add adr adrp and b bl br cbz cmp ldp ldr mov mul orr ret stp str sub svc".split()
)
#: What stands for an instruction of x86 or 32-bit ARM.
_ELSEWHERE = {
    "call": "bl",
    "int": "svc #0x80",
    "je": "b.eq",
    "jmp": "b",
    "jne": "b.ne",
    "jnz": "b.ne, or cbnz",
    "jz": "b.eq, or cbz",
    "lea": "adrp and add",
    "pop": "ldr x0, [sp], #16",
    "push": "str x0, [sp, #-16]!",
    "swi": "svc #0x80",
    "syscall": "svc #0x80",
    "xor": "eor",
}
