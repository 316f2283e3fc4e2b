"""The rates as a picture: one group of bars a work, one bar a server."""

from __future__ import annotations

from html import escape

from bench.report import Report, Row
from bench.rivals import OURS

WIDTH, LABEL, BAR, THICK, GAP, HEAD = 760, 190, 18, 14, 26, 30

#: Readable on light and dark paper alike.
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #5d6570; }
.work { font-weight: 600; fill: #23262b; }
.ours { fill: #0b6e75; }
.rival { fill: #a9b4bd; }
@media (prefers-color-scheme: dark) {
  text { fill: #9aa4b0; }
  .work { fill: #e4e7eb; }
  .ours { fill: #5cc8bd; }
  .rival { fill: #4a5663; }
}
"""


def _bar(row: Row, top: int, fastest: float) -> list[str]:
    rate = row.middle("rate")
    width = max(1.0, (WIDTH - LABEL - 90) * rate / fastest)
    kind = "ours" if row.rival.startswith(OURS) else "rival"
    middle = top + BAR * 3 // 4
    return [
        f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(row.rival)}</text>',
        f'<rect class="{kind}" x="{LABEL}" y="{top}" width="{width:.1f}" height="{THICK}" rx="2"/>',
        f'<text x="{LABEL + width + 6:.1f}" y="{middle}">{rate:,.0f}/s</text>',
    ]


def svg(report: Report) -> str:
    """Return the picture; each work has a scale of its own."""
    parts: list[str] = []
    top = 0
    for work in dict.fromkeys(name for name, _ in report.rows):
        rows = [row for (name, _), row in report.rows.items() if name == work]
        fastest = max(row.middle("rate") for row in rows) or 1.0
        parts.append(f'<text class="work" x="0" y="{top + 18}">{escape(work)}</text>')
        top += HEAD
        for row in sorted(rows, key=lambda row: -row.middle("rate")):
            parts += _bar(row, top, fastest)
            top += BAR
        top += GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])
