"""C macros: tokens, definitions and their expansion, as the C standard's section 6.10.3 has it.

What is not C is left as it is: in assembler sources ``#1`` is an operand, an apostrophe may stand
alone (the rest of its line is then left alone too), and pasting two tokens may give anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CMacro", "Expander", "Token", "define", "spell", "tokens"]

#: Tokens that all expansions in one source may produce together.
MOST_TOKENS: Final = 500_000

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\v\f\r]+)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)"
    r"|(?P<number>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)"
    r'|(?P<string>"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*')"
    r"|(?P<rest>[\"'].*)"
    r"|(?P<sign>##|\.\.\.|<<|>>|<=|>=|==|!=|&&|\|\||[^ \t])"
)
_DEFINITION: Final = re.compile(r"\s*([A-Za-z_$][A-Za-z0-9_$]*)(\(([^()]*)\))?")
_PARAMETER: Final = re.compile(r"(?:[A-Za-z_$][A-Za-z0-9_$]*)?(?:\.\.\.)?", re.ASCII)
_REST: Final = "__VA_ARGS__"
_NOBODY: Final[frozenset[str]] = frozenset()


class Token(NamedTuple):
    """A piece of a line; ``hidden`` are the macros that it must not be expanded as again."""

    kind: str
    text: str
    hidden: frozenset[str] = _NOBODY


@dataclass(frozen=True, slots=True)
class CMacro:
    """A macro; ``parameters`` is None for one without parentheses."""

    name: str
    body: tuple[Token, ...]
    parameters: tuple[str, ...] | None = None
    #: The last parameter takes all arguments that are left.
    variadic: bool = False


def tokens(text: str) -> list[Token]:
    """Return the tokens of ``text``, white space among them."""
    return [Token(m.lastgroup or "sign", m[0]) for m in _TOKEN.finditer(text)]


def spell(found: Sequence[Token]) -> str:
    """Return the text of tokens."""
    return "".join(t.text for t in found)


def define(text: str, column: int = 0) -> CMacro:
    """Return the macro that ``text``, what follows ``#define``, defines."""
    match = _DEFINITION.match(text, column)
    if match is None:
        raise Problem("expected the name of a macro", column)
    name = match[1]
    if name == "defined":
        raise Problem("'defined' cannot be a macro", match.start(1), len(name))
    rest = text[match.end() :]
    if match[2] is None and rest.startswith("("):
        raise Problem("malformed parameters of a macro", match.end())
    body = _glued(_trimmed(tokens(rest)))
    if body and "##" in (body[0].text, body[-1].text):
        raise Problem("'##' cannot stand at an end of a macro's body", match.end())
    if match[2] is None:
        return CMacro(name, body)
    parameters, variadic = _parameters(match[3], match.start(3))
    return CMacro(name, body, parameters, variadic)


def _glued(found: Sequence[Token]) -> tuple[Token, ...]:
    """Leave out the spaces around ``##``."""
    return tuple(
        t
        for i, t in enumerate(found)
        if t.kind != "space" or "##" not in (found[i - 1].text, found[i + 1].text)
    )


def _parameters(text: str, column: int) -> tuple[tuple[str, ...], bool]:
    found: list[str] = []
    if not text.strip():
        return (), False
    for raw in text.split(","):
        name = raw.strip()
        if not name or not _PARAMETER.fullmatch(name) or (found and found[-1].endswith("...")):
            raise Problem(f"malformed parameter '{name}' of a macro", column, max(1, len(name)))
        found.append(name)
    variadic = found[-1].endswith("...")
    if variadic:
        found[-1] = found[-1].removesuffix("...") or _REST
    if len(set(found)) != len(found):
        raise Problem("two parameters of a macro have the same name", column, len(text))
    return tuple(found), variadic


def _trimmed(found: Sequence[Token]) -> Sequence[Token]:
    start, end = 0, len(found)
    while start < end and found[start].kind == "space":
        start += 1
    while end > start and found[end - 1].kind == "space":
        end -= 1
    return found[start:end]


class Expander:
    """Macros by name, and the rewriting of token lists by them.

    ``dynamic`` macros (``__LINE__``) are made at each use.
    """

    def __init__(self, dynamic: dict[str, Callable[[], str]] | None = None) -> None:
        self.macros: dict[str, CMacro] = {}
        self.dynamic = dynamic or {}
        self._left = MOST_TOKENS

    def knows(self, name: str) -> bool:
        """Tell whether ``name`` is defined."""
        return name in self.macros or name in self.dynamic

    def touches(self, found: Sequence[Token]) -> bool:
        """Tell whether any token names a macro."""
        return any(t.kind == "name" and self.knows(t.text) for t in found)

    def expand(
        self, found: Sequence[Token], more: Callable[[], list[Token] | None] | None = None
    ) -> list[Token]:
        """Return ``found`` with all macros expanded.

        ``more`` gives the next line's tokens where arguments go on behind the end, or None.
        """
        out: list[Token] = []
        stack = list(reversed(found))
        while stack:
            token = stack.pop()
            macro = self.macros.get(token.text) if token.kind == "name" else None
            if token.kind == "name" and token.text in self.dynamic:
                out.append(Token("number", self.dynamic[token.text]()))
            elif macro is None or token.text in token.hidden:
                out.append(token)
            elif macro.parameters is None:
                self._push(stack, self._substitute(macro, []), token.hidden | {macro.name})
            elif _opens(stack):
                arguments, closing = _arguments(stack, more, macro)
                hidden = (token.hidden & closing.hidden) | {macro.name}
                self._push(stack, self._substitute(macro, arguments), hidden)
            else:
                out.append(token)
        return out

    def _push(self, stack: list[Token], body: Sequence[Token], hidden: frozenset[str]) -> None:
        self._left -= len(body) + 1
        if self._left < 0:
            raise Problem(f"macros make more than {MOST_TOKENS} tokens: a runaway expansion?")
        stack.extend(Token(t.kind, t.text, t.hidden | hidden) for t in reversed(body))

    def _substitute(self, macro: CMacro, arguments: list[list[Token]]) -> list[Token]:
        """Return the body with the arguments put in, ``#`` and ``##`` done."""
        given = dict(zip(macro.parameters or (), arguments, strict=False))
        body = macro.body
        out: list[Token] = []
        i = 0
        while i < len(body):
            token = body[i]
            following = _next(body, i)
            if token.text == "#" and following is not None and body[following].text in given:
                out.append(_string(given[body[following].text]))
                i = following
            elif token.text == "##" and following is not None:
                i = self._paste(out, body, following, macro, given)
            elif token.text in given and token.kind == "name":
                raw = following is not None and body[following].text == "##"
                argument = given[token.text]
                out += argument if raw else self.expand(argument)
            else:
                out.append(token)
            i += 1
        return out

    def _paste(
        self,
        out: list[Token],
        body: Sequence[Token],
        at: int,
        macro: CMacro,
        given: dict[str, list[Token]],
    ) -> int:
        """Glue what is at ``at`` to the end of ``out``; return how far the body has been read."""
        right = list(given[body[at].text]) if body[at].text in given else [body[at]]
        rest = macro.variadic and macro.parameters and body[at].text == macro.parameters[-1]
        if rest and out and out[-1].text == ",":
            # GNU: a comma before no variadic arguments at all goes away.
            if right:
                out += right
            else:
                out.pop()
        elif out and out[-1].kind != "space" and right:
            glued = tokens(out.pop().text + right[0].text)
            out += [*glued, *right[1:]]
        else:
            out += right
        return at


def _next(body: Sequence[Token], at: int) -> int | None:
    """Return the place of the next token that is no space."""
    for i in range(at + 1, len(body)):
        if body[i].kind != "space":
            return i
    return None


def _string(argument: Sequence[Token]) -> Token:
    text = "".join(
        " " if t.kind == "space"
        else t.text.replace("\\", "\\\\").replace('"', '\\"') if t.kind == "string"
        else t.text
        for t in argument
    )  # fmt: skip
    return Token("string", f'"{text}"')


def _opens(stack: Sequence[Token]) -> bool:
    """Tell whether a parenthesis comes next on this line."""
    for token in reversed(stack):
        if token.kind != "space":
            return token.text == "("
    return False


def _arguments(
    stack: list[Token], more: Callable[[], list[Token] | None] | None, macro: CMacro
) -> tuple[list[list[Token]], Token]:
    """Read the arguments of a call off the stack; return also the closing parenthesis."""
    parameters = macro.parameters or ()
    while stack.pop().text != "(":
        pass
    found: list[list[Token]] = [[]]
    depth = 0
    while True:
        if not stack:
            line = more() if more else None
            if line is None:
                raise Problem(f"the arguments of '{macro.name}' do not end")
            stack += [*reversed(line), Token("space", " ")]
        token = stack.pop()
        if token.text == ")" and not depth:
            break
        depth += (token.text == "(") - (token.text == ")")
        gathers = macro.variadic and len(found) >= len(parameters)
        if token.text == "," and not depth and not gathers:
            found.append([])
        else:
            found[-1].append(token)
    arguments = [list(_trimmed(a)) for a in found]
    if not parameters and arguments == [[]]:
        arguments = []
    if macro.variadic and len(arguments) == len(parameters) - 1:
        arguments.append([])
    if len(arguments) != len(parameters):
        raise Problem(
            f"macro '{macro.name}' takes {len(parameters)} arguments, not {len(arguments)}"
        )
    return arguments, token
