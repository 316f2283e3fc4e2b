"""Colours: a dark, a light and a colourless theme, for Rich (the panels) and for the frame.

All that a colour says is said by a sign as well (``>`` the current line, ``*`` what changed, ``|``
what has been consumed), so the colourless theme only adds weight.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style
from rich.style import Style as RichStyle
from rich.theme import Theme

__all__ = ["NAMES", "THEMES", "colour_depth", "first_theme", "frame_style", "ptk"]

_DARK: Final = {
    "y.text": "#c9d1d9",
    "y.dim": "#76818e",
    "y.rule": "#3b4654",
    "y.title": "#8b98a8",
    "y.focus": "bold #10151c on #7fd1c7",
    "y.bar": "#dbe4ee on #1f2a37",
    "y.bar.strong": "bold #7fd1c7 on #1f2a37",
    "y.bar.run": "bold #10151c on #f2b134",
    "y.current": "bold on #1d3a4a",
    "y.cursor": "on #232c38",
    "y.mark": "bold #f2b134",
    "y.break": "bold #ff6b6b",
    "y.changed": "bold #f2b134",
    "y.address": "#6f8fb3",
    "y.label": "bold #d8a8ff",
    "y.number": "#a5d6a7",
    "y.string": "#a5d6a7",
    "y.comment": "#76818e",
    "y.mnemonic": "#7cb7ff",
    "y.macro": "bold #7fd1c7",
    "y.register": "#ffcf8f",
    "y.directive": "#d8a8ff",
    "y.name": "#c9d1d9",
    "y.ok": "#7fd1c7",
    "y.error": "#ff8a80",
    "y.looked": "bold #10151c on #f2b134",
    "y.consumed": "#7fd1c7",
    "y.input": "#c9d1d9",
}
_LIGHT: Final = {
    "y.text": "#1f2933",
    "y.dim": "#68737f",
    "y.rule": "#c2cad3",
    "y.title": "#55606c",
    "y.focus": "bold #ffffff on #0b7a75",
    "y.bar": "#1f2933 on #dfe6ee",
    "y.bar.strong": "bold #0b5f5b on #dfe6ee",
    "y.bar.run": "bold #1f2933 on #ffc94d",
    "y.current": "bold on #cfe8f5",
    "y.cursor": "on #e6ebf1",
    "y.mark": "bold #a85b00",
    "y.break": "bold #c62828",
    "y.changed": "bold #a85b00",
    "y.address": "#41658a",
    "y.label": "bold #7b2fb5",
    "y.number": "#2e7031",
    "y.string": "#2e7031",
    "y.comment": "#68737f",
    "y.mnemonic": "#0b57b0",
    "y.macro": "bold #0b7a75",
    "y.register": "#8a4b00",
    "y.directive": "#7b2fb5",
    "y.name": "#1f2933",
    "y.ok": "#0b7a75",
    "y.error": "#c62828",
    "y.looked": "bold #1f2933 on #ffc94d",
    "y.consumed": "#0b7a75",
    "y.input": "#1f2933",
}
_PLAIN: Final = dict.fromkeys(_DARK, "") | {
    "y.focus": "bold reverse",
    "y.bar": "reverse",
    "y.bar.strong": "bold reverse",
    "y.bar.run": "bold reverse",
    "y.current": "bold",
    "y.cursor": "underline",
    "y.mark": "bold",
    "y.break": "bold",
    "y.changed": "bold",
    "y.label": "bold",
    "y.macro": "bold",
    "y.error": "bold",
    "y.looked": "bold reverse",
}

THEMES: Final = {
    name: Theme(styles) for name, styles in (("dark", _DARK), ("light", _LIGHT), ("plain", _PLAIN))
}
NAMES: Final = tuple(THEMES)
_GROUNDS: Final = {"dark": "bg:#10151c #c9d1d9", "light": "bg:#fbfcfd #1f2933", "plain": ""}


def first_theme() -> str:
    """Choose by NO_COLOR, then by YMAWKY_THEME, then by the ground that the terminal tells."""
    if colour_depth() is ColorDepth.DEPTH_1_BIT:
        return "plain"
    wanted = os.environ.get("YMAWKY_THEME", "")
    if wanted in THEMES:
        return wanted
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if ground in {"7", "15"} else "dark"


def colour_depth() -> ColorDepth | None:
    """Return how many colours the terminal says that it has, None where it does not say.

    That is none for NO_COLOR and the VT terminals, 16 or all of them.
    """
    terminal = os.environ.get("TERM", "")
    if os.environ.get("NO_COLOR") or re.match(r"vt\d|.*-(m|mono)$", terminal):
        return ColorDepth.DEPTH_1_BIT
    if terminal.endswith("-16color"):
        return ColorDepth.DEPTH_4_BIT
    rich = os.environ.get("COLORTERM") in {"truecolor", "24bit"} or "WT_SESSION" in os.environ
    return ColorDepth.DEPTH_24_BIT if rich else None


@lru_cache(maxsize=512)
def ptk(style: RichStyle) -> str:
    """Return a Rich style in prompt_toolkit's words."""
    words = []
    if style.color is not None:
        words.append(f"fg:{style.color.get_truecolor().hex}")
    if style.bgcolor is not None:
        words.append(f"bg:{style.bgcolor.get_truecolor().hex}")
    words += [n for n in ("bold", "underline", "italic", "reverse") if getattr(style, n)]
    return " ".join(words)


@lru_cache(maxsize=8)
def frame_style(theme: str) -> Style:
    """Return the style of all that is not a panel's text: ``class:y-focus`` and so on."""
    rules = {name.replace(".", "-"): ptk(style) for name, style in THEMES[theme].styles.items()}
    return Style.from_dict(
        {
            "ground": _GROUNDS[theme],
            "completion-menu": rules["y-bar"],
            "completion-menu.completion": rules["y-bar"],
            "completion-menu.completion.current": rules["y-focus"],
            "auto-suggestion": rules["y-dim"],
            "scrollbar.background": rules["y-rule"],
        }
        | {name: rule for name, rule in rules.items() if name.startswith("y-")}
    )
