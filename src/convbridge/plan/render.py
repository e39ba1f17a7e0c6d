"""A plan for people: text, Markdown and HTML from the same rows."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from convbridge.model.money import money_text
from convbridge.plan.same import MONEY_FIELDS
from convbridge.plan.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convbridge.plan.plan import Plan

_SIGNS = {"create": "+", "update": "~", "remove": "-"}
_COLUMNS = ("change", "name", "field", "from → to", "reason")


def render_text(plan: Plan) -> str:
    """
    Return the plan as a block of text, one line per field changed.

    Names of events come from strangers: what cannot be printed is escaped, so no
    name can paint over the terminal.
    """
    cells = [_cells(row) for row in plan.rows()]
    lines = [_heading(plan), *_aligned(_reasons_once(cells))]
    if plan.is_empty:
        lines.append("  nothing to do")
    lines += [f"  ! {clean(text)}" for text in _cautions(plan)]
    lines += [f"  · {clean(text)}" for text in plan.notes]
    return "\n".join(lines)


def render_markdown(plan: Plan) -> str:
    """Return the plan as GitHub Markdown, for a pull request."""
    lines = [f"### {_md(_heading(plan))}", ""]
    if plan.is_empty:
        lines.append("Nothing to do.")
    else:
        lines += [_md_row(_COLUMNS), "|" + " --- |" * len(_COLUMNS)]
        lines += [_md_row([_md(c) for c in _cells(row)]) for row in plan.rows()]
    lines += _md_list("Warnings", _cautions(plan)) + _md_list("Notes", plan.notes)
    return "\n".join(lines) + "\n"


def render_html(plan: Plan) -> str:
    """Return the plan as one HTML section with everything escaped."""
    parts = [f"<h3>{_h(_heading(plan))}</h3>"]
    if plan.is_empty:
        parts.append("<p>Nothing to do.</p>")
    else:
        head = _html_row(_COLUMNS, "th")
        body = "".join(_html_row(_cells(row), "td") for row in plan.rows())
        parts.append(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")
    parts += _html_list("warnings", _cautions(plan))
    parts += _html_list("notes", plan.notes)
    return f'<section class="convbridge-plan">{"".join(parts)}</section>'


def clean(text: str) -> str:
    """Return text with every character that cannot be printed escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def shown(value: Any, *, field: str, currency: str | None) -> str:
    """Return one side of a change as people read it; `-` is absent."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(in_words(_tail(str(v))) for v in value) or "-"
    if currency and field in MONEY_FIELDS:
        return money_text(Decimal(str(value)), currency)
    return _tail(str(value))


def _tail(text: str) -> str:
    """A resource name by its last part: the id, or what it will be called."""
    is_name = text.startswith(("customers/", "properties/", "new:"))
    return text.rsplit("/", 1)[-1] if is_name else text


def _heading(plan: Plan) -> str:
    numbers = ", ".join(
        f"{plan.counts[name]} {name}" for name in ("update", "create", "remove", "kept")
    )
    account = f"account {plan.account.dashed} ({plan.client})"
    return f"{account}   plan {plan.digest[:8]}   {numbers}"


def _cells(row: dict[str, Any]) -> list[str]:
    name, currency = row["field"], row["currency"]
    before = shown(row["before"], field=name, currency=currency)
    after = shown(row["after"], field=name, currency=currency)
    moved = after if row["action"] == "create" else f"{before} → {after}"
    sign = _SIGNS[row["action"]]
    short = name.rsplit(".", 1)[-1]
    return [f"{sign} {row['action']}", row["name"], short, moved, row["reason"]]


def _cautions(plan: Plan) -> list[str]:
    passed = [f"{b.message} ({b.flag} lifts this limit)" for b in plan.limits]
    return [*passed, *plan.warnings]


def _reasons_once(cells: list[list[str]]) -> list[list[str]]:
    before: list[list[str]] = [[], *cells][:-1]
    return [
        [*row[:-1], "" if _same_change(row, last) else row[-1]]
        for row, last in zip(cells, before, strict=True)
    ]


def _same_change(row: list[str], last: list[str]) -> bool:
    return [row[:2], row[-1]] == [last[:2], last[-1]] if last else False


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    cleaned = [[clean(cell) for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*cleaned, strict=True)][:-1]
    return [
        "  " + "  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip()
        for row in cleaned
    ]


def _md(text: str) -> str:
    plain = escape(clean(text), quote=False)
    return "".join(f"\\{c}" if c in "|`*_[]<>\\" else c for c in plain)


def _md_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _md_list(title: str, texts: Sequence[str]) -> list[str]:
    items = [f"- {_md(text)}" for text in texts]
    return ["", f"**{title}**", "", *items] if items else []


def _h(text: str) -> str:
    return escape(clean(text))


def _html_row(cells: Iterable[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_h(c)}</{tag}>" for c in cells) + "</tr>"


def _html_list(name: str, texts: Sequence[str]) -> list[str]:
    items = "".join(f"<li>{_h(text)}</li>" for text in texts)
    return [f'<ul class="{name}">{items}</ul>'] if items else []
