"""Pages: one HTML file each, with everything it needs inside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convbridge.errors import ConvbridgeError
from convbridge.report import charts, labels, view
from convbridge.report.phrases import translate
from convbridge.report.words import LANGUAGES, words_for

if TYPE_CHECKING:
    from convbridge.report.client_report import ClientReport, Need
    from convbridge.report.portfolio_report import PortfolioReport
    from convbridge.report.words import Words

_TEMPLATES = Path(__file__).parent / "templates"
_BAND = 26
"""Pixels per row of a chart."""
_TWIN_BAND = 38
"""Pixels per row with two marks."""
_CSS_PALETTE = charts.Palette(
    primary="var(--primary)",
    micro="var(--micro)",
    quiet="var(--quiet)",
    faint="var(--line)",
)


def render_client(report: ClientReport, *, locale: str = "en") -> str:
    """
    Return a client's report as one HTML file that makes no request.

    Args:
        report: What `gather` returned.
        locale: `en`, `pl` or `th`.

    Raises:
        ConfigError: Reports are not written in this language.
        ConvbridgeError: The extra `report` is not installed.
    """
    words = words_for(locale)
    values, others = view.value_rows(report.valuation)
    return _render(
        "client.html.j2",
        words,
        report=report,
        currency=report.valuation.currency,
        values=values,
        valued=sum(e.value is not None for e in report.valuation),
        ready=sum(r.verdict != "not_ready" for r in report.readiness),
        others=others,
        planned=view.planned_rows(report),
        done=view.run_rows(report),
        warnings=view.warnings_beside_flags(report),
        charts=_charts(report, words),
        libraries=_libraries(),
    )


def render_portfolio(report: PortfolioReport, *, locale: str = "en") -> str:
    """
    Return the page over many clients, one row each, linked to their pages.

    Raises:
        ConfigError: Reports are not written in this language.
        ConvbridgeError: The extra `report` is not installed.
    """
    return _render("portfolio.html.j2", words_for(locale), report=report)


def _render(template: str, words: Words, **data: Any) -> str:
    environment = _environment(words.language)
    scripts = [data.get("libraries", ""), _asset("page.js")]
    return str(
        environment.get_template(template).render(
            words=words,
            languages=LANGUAGES,
            labels=labels,
            tones=labels.TONES,
            style=_asset("page.css"),
            script=_asset("page.js"),
            policy=_policy(scripts),
            **data,
        )
    )


@cache
def _environment(language: str) -> Any:
    jinja2 = _library("jinja2")
    words = words_for(language)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = words.gettext
    environment.globals["ngettext"] = words.ngettext
    environment.filters["json"] = _json
    environment.filters["breakable"] = _breakable
    environment.filters["sentence"] = lambda text: translate(text, words)
    environment.filters["need"] = lambda need: _need(need, words)
    return environment


def _need(need: Need, words: Words) -> str:
    """Return a need in the page's language."""
    values = {
        key: words.number(value, digits=2) if isinstance(value, float) else value
        for key, value in need.values.items()
    }
    if need.count is not None:
        return words.ngettext(need.text, need.plural, need.count, **values)
    if values:
        return words.gettext(need.text, **values)
    return translate(need.text, words)


def _charts(report: ClientReport, words: Words) -> dict[str, Any]:
    """Return the Vega-Lite specification of each chart that has data."""
    how: dict[str, Any] = {"say": words.gettext, "palette": _CSS_PALETTE}
    labels_of = {step.event: _step_label(step, report, words) for step in report.funnel}
    valued = sum(e.value is not None for e in report.valuation)
    sizes = {
        "funnel": (len(report.funnel), _BAND),
        "values": (valued, _BAND),
        "channels": (len(report.channels.channels), _TWIN_BAND),
        "campaigns": (len(report.campaigns.channels), _TWIN_BAND),
    }
    drawn = {
        "funnel": charts.funnel_chart(report.funnel, labels=labels_of, **how),
        "values": charts.valuation_chart(report.valuation, **how),
        "channels": charts.channels_chart(report.channels, **how),
        "campaigns": charts.channels_chart(report.campaigns, **how),
    }
    found = {
        name: _fluid(drawn[name], rows=rows, band=band)
        for name, (rows, band) in sizes.items()
        if rows
    }
    return {"specs": found, "format": words.chart_numbers()}


def _step_label(step: Any, report: ClientReport, words: Words) -> str:
    users = words.number(step.users)
    if step.value is None:
        return users
    money = words.money(step.value, report.valuation.currency)
    return f"{users}  ·  {money}"


def _fluid(chart: Any, *, rows: int, band: int) -> dict[str, Any]:
    """Return a chart as wide as the page lets it be, in the page's own looks."""
    wide = chart.properties(width="container", height=max(rows, 1) * band)
    found: dict[str, Any] = wide.to_dict()
    found.pop("config", None)
    return found


def _breakable(text: str) -> Any:
    """Return a name that may break after its underscores, escaped."""
    markup = _library("markupsafe")
    return markup.Markup("<wbr>").join(re.findall(r"[^_]*_+|[^_]+", text))


def _json(data: Any) -> Any:
    """Return JSON that no text inside can end: it stands in a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, default=str)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return _library("markupsafe").Markup(text)


@cache
def _libraries() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script."""
    found: str = _library("vl_convert").javascript_bundle()
    return found


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    """Return a policy that lets these very scripts run, and nothing be fetched."""
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in scripts if text)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as exc:
        raise ConvbridgeError(
            f"{name} is not installed", hint='pip install "convbridge[report]"'
        ) from exc
