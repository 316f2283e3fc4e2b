r"""Macros: definitions, arguments and substitution.

In a body ``\name`` stands for an argument, ``\@`` for the number of the expansion and ``\()``
for nothing, which ends a name.  A macro without parameters has ``$0`` … ``$9`` and ``$n``, the
number of arguments.  Only commas separate arguments; white space inside one is dropped, a
string stands for its contents, and commas inside parentheses do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emu.asm.problem import Problem
from emu.asm.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.asm.lexer import Statement
    from emu.asm.source import Origin

__all__ = ["Macro", "Parameter", "definition", "split_arguments", "substitute"]

_NAME = re.compile(r"\s*([A-Za-z_.$?][A-Za-z0-9_.$?]*)", re.ASCII)
_QUALIFIER = re.compile(r"\s*:\s*([A-Za-z]+)", re.ASCII)
_ARGUMENT_TOKEN = re.compile(
    r'\s*("(?:\\.|[^"\\])*"|\'(?:\\.|[^\\])\'|[\w.$]+|[=!<>]=|.)', re.ASCII
)
_NAMED = re.compile(r"\s*([A-Za-z_.$?][A-Za-z0-9_.$?]*)\s*=(?!=)\s*", re.ASCII)
_SUBSTITUTED = re.compile(r"\\(?:(@)|(\(\))|([A-Za-z0-9_.$]+))", re.ASCII)
_POSITIONAL = re.compile(r"\$(?:(\d)|(n)|(\$))")

#: Longest statement that substitution may build.
_LONGEST = 1 << 14


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a macro."""

    name: str
    default: str = ""
    required: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro: its parameters and the statements of its body."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    origin: Origin | None = None

    def bind(self, text: str, pos: int) -> dict[str, str]:
        """Return the text of each parameter for the invocation arguments ``text[pos:]``.

        Raises:
            Problem: for too many arguments, unknown names and missing required ones.
        """
        if not self.parameters:
            args = split_arguments(text, pos)
            found = {str(i): (args[i][1] if i < len(args) else "") for i in range(10)}
            return {**found, "n": str(len(args))}
        bound = self._match(text, pos)
        for p in self.parameters:
            if not bound.get(p.name):
                if p.required:
                    raise Problem(
                        f"missing value for required parameter '{p.name}' of macro '{self.name}'",
                        len(text.rstrip()),
                    )
                bound[p.name] = p.default
        return bound

    def _match(self, text: str, pos: int) -> dict[str, str]:
        """Pair arguments with parameters, by position or by name."""
        names = {p.name: p for p in self.parameters}
        bound: dict[str, str] = {}
        last = self.parameters[-1]
        keep = len(self.parameters) if last.rest else 0
        by_name = False
        for index, (column, arg, raw) in enumerate(split_arguments(text, pos, keep)):
            match = _NAMED.match(raw)
            if match and (match[1] in names or not bound):
                by_name = True
                if match[1] not in names:
                    raise Problem(
                        f"macro '{self.name}' has no parameter '{match[1]}'",
                        column,
                        len(match[1]),
                        nearest(match[1], names),
                    )
                bound[match[1]] = _squeeze(raw[match.end() :])
                continue
            if by_name:
                raise Problem("positional arguments cannot follow named ones", column, len(raw))
            if index >= len(self.parameters):
                count = len(self.parameters)
                raise Problem(
                    f"macro '{self.name}' takes {count} argument{'s' * (count != 1)} at most",
                    column,
                    len(raw),
                )
            parameter = self.parameters[index]
            bound[parameter.name] = raw.strip() if parameter.rest else arg
        return bound


def _squeeze(raw: str) -> str:
    """Drop the white space between the tokens of an argument, and the quotes of strings."""
    return "".join(
        t[1:-1] if t[0] == '"' and len(t) > 1 else t for t in _ARGUMENT_TOKEN.findall(raw.rstrip())
    )


def split_arguments(text: str, pos: int, keep: int = 0) -> list[tuple[int, str, str]]:
    """Cut ``text[pos:]`` at its commas: (column, argument, the same as written) each.

    ``keep`` > 0: the argument of that number takes all the rest, commas included.
    """
    end = len(text.rstrip())
    if pos >= end or text[pos:end].isspace():
        return []
    found: list[tuple[int, str, str]] = []
    start, depth, tokens = pos, 0, 0
    while pos < end and not (keep and len(found) + 1 >= keep):
        match = _ARGUMENT_TOKEN.match(text, pos)
        if match is None:
            break
        token = match[1]
        if token == "," and not depth:
            found.append(_argument(text, start, match.start(1)))
            start, tokens = match.end(), -1
        elif token == "=" and not depth and tokens != 1:
            raise Problem("unexpected '=' in a macro argument", match.start(1))
        depth += (token == "(") - (token == ")" and depth > 0)
        tokens += 1
        pos = match.end()
    if depth:
        raise Problem("unbalanced parentheses in macro argument", start)
    found.append(_argument(text, start, end))
    return found


def _argument(text: str, start: int, end: int) -> tuple[int, str, str]:
    raw = text[start:end]
    column = start + len(raw) - len(raw.lstrip())
    return column, _squeeze(raw), raw.strip()


def definition(text: str, pos: int) -> tuple[str, tuple[Parameter, ...]]:
    """Parse what follows ``.macro``: the name and the parameters.

    Raises:
        Problem: for a malformed list.
    """
    match = _NAME.match(text, pos)
    if match is None:
        raise Problem("expected the name of a macro", pos)
    name, pos = match[1], match.end()
    parameters: list[Parameter] = []
    while True:
        pos = _skip_comma(text, pos)
        if pos >= len(text):
            return name, tuple(parameters)
        if parameters and parameters[-1].rest:
            raise Problem(f"vararg parameter '{parameters[-1].name}' must be the last one", pos)
        parameter, pos = _parameter(text, pos, name)
        if any(p.name == parameter.name for p in parameters):
            raise Problem(f"macro '{name}' has two parameters '{parameter.name}'", pos - 1)
        parameters.append(parameter)


def _skip_comma(text: str, pos: int) -> int:
    match = re.compile(r"\s*,?\s*").match(text, pos)
    return match.end() if match else pos


def _parameter(text: str, pos: int, macro: str) -> tuple[Parameter, int]:
    match = _NAME.match(text, pos)
    if match is None:
        raise Problem(f"expected the name of a parameter of macro '{macro}'", pos)
    name, pos = match[1], match.end()
    qualifier = ""
    if found := _QUALIFIER.match(text, pos):
        qualifier, pos = found[1], found.end()
        if qualifier not in {"req", "vararg"}:
            raise Problem(
                f"'{qualifier}' is not a parameter qualifier: use req or vararg",
                found.start(1),
                len(qualifier),
            )
    default = ""
    if equals := re.compile(r"\s*=").match(text, pos):
        comma = next((c for c, _, _ in split_arguments(text, equals.end())[1:]), None)
        first = split_arguments(text, equals.end())
        default = first[0][1] if first else ""
        pos = len(text) if comma is None else text.rindex(",", 0, comma + 1)
    return Parameter(name, default, qualifier == "req", qualifier == "vararg"), pos


def substitute(
    body: Sequence[Statement], bound: dict[str, str], number: int, *, positional: bool = False
) -> list[Statement]:
    r"""Return ``body`` with the arguments put in; ``number`` stands for ``\@``."""

    def backslash(match: re.Match[str]) -> str:
        if match[1]:
            return str(number)
        if match[2]:
            return ""
        return bound.get(match[3], match[0])

    def dollar(match: re.Match[str]) -> str:
        return "$" if match[3] else bound[match[1] or "n"]

    found = []
    for line, column, text in body:
        new = text
        if "\\" in text:
            new = _SUBSTITUTED.sub(backslash, text)
        if positional and "$" in new:
            new = _POSITIONAL.sub(dollar, new)
        if len(new) > _LONGEST:
            raise Problem(f"an expanded statement has more than {_LONGEST} characters")
        found.append((line, column, new))
    return found
