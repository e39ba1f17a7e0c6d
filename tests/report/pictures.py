"""
Pictures of the report for the documentation, from the sandbox.

    PYTHONPATH=tests python -m report.pictures docs/images
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from convbridge.bridge import Bridge
from convbridge.cli.businesses import CLIENTS, mark_key_events, sandbox_config
from convbridge.report import (
    PortfolioReport,
    PortfolioRow,
    render_client,
    render_portfolio,
)
from convbridge.sandbox import serve
from report.browser import chromium, open_page


def main(folder: Path) -> None:
    with TemporaryDirectory() as place:
        pages = write_pages(Path(place))
        with chromium() as browser:
            for name, path, how in (
                ("report-1280", pages["en"], {"width": 1280}),
                ("report-390", pages["th"], {"width": 390, "scheme": "dark"}),
                ("report-print", pages["pl"], {"width": 718, "media": "print"}),
                ("report-portfolio", pages["portfolio"], {"width": 1280}),
            ):
                take(browser, path, folder / f"{name}.png", **how)


def write_pages(place: Path) -> dict[str, Path]:
    """Write the pages: two languages of one client, and all clients."""
    config, rows, pages = place / "convbridge.yaml", [], {}
    with serve(seed=7) as google:
        mark_key_events(google)
        config.write_text(sandbox_config(google), encoding="utf-8")
        for client in CLIENTS:
            with Bridge.open(config, client=client) as bridge:
                report = bridge.report()
            rows.append(PortfolioRow.of(report, file=f"{client}.html"))
            if client == CLIENTS[0]:
                for language in ("en", "pl", "th"):
                    text = render_client(report, locale=language)
                    pages[language] = _written(place / f"{language}.html", text)
    all_clients = PortfolioReport(made_at=report.made_at, rows=tuple(rows))
    text = render_portfolio(all_clients)
    return {**pages, "portfolio": _written(place / "portfolio.html", text)}


def take(browser, path, out, *, width, scheme="light", media="screen") -> None:
    """Take a picture of the parts that show what a page is like."""
    page = open_page(browser, path, width=width, scheme=scheme).page
    page.emulate_media(media=media, color_scheme=scheme)
    tall = page.evaluate("document.documentElement.scrollHeight")
    section = page.locator("#funnel")
    top = int(section.bounding_box()["y"]) if section.count() else 0
    height = {390: 844, 718: 1015}.get(width, 900)
    clip = {"x": 0, "y": top, "width": width, "height": min(2 * height, tall - top)}
    if not top:
        clip["height"] = min(height, tall)
    page.screenshot(path=out, full_page=True, clip=clip)
    page.close()


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    main(Path(sys.argv[1]))
