"""Pages in a real browser: no request, no complaint, and everything works."""

from __future__ import annotations

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from convbridge.report import (
    PortfolioReport,
    PortfolioRow,
    file_names,
    render_client,
    render_portfolio,
)
from report.browser import open_page

HOSTILE = "<script>window.hacked=1</script></script><img src=x onerror=hacked=1>"


@pytest.mark.parametrize(
    ("client", "locale", "width"),
    [
        ("siam-coffee", "en", 1280),
        ("siam-coffee", "th", 390),
        ("krakow-dental", "pl", 390),
    ],
)
def test_page_asks_for_nothing_and_fits(browser, page_of, client, locale, width):
    path = page_of(client, locale=locale)

    opened = open_page(browser, path, width=width)

    wide = opened.page.evaluate("document.documentElement.scrollWidth")
    drawn = opened.page.locator(".chart svg").count()
    assert (opened.said, opened.asked, wide, drawn) == ([], [path.as_uri()], width, 4)


@pytest.mark.parametrize(
    ("locale", "scheme"), [("en", "light"), ("pl", "dark"), ("th", "light")]
)
def test_axe_finds_nothing_serious(browser, page_of, locale, scheme):
    opened = open_page(browser, page_of(locale=locale), scheme=scheme)
    opened.page.evaluate("document.querySelectorAll('details').forEach(d=>d.open=1)")

    found = Axe().run(opened.page).response["violations"]

    serious = [
        (v["id"], [node["html"] for node in v["nodes"]])
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def test_a_hostile_event_name_stays_text(browser, page_of, reports):
    report = reports["siam-coffee"]
    events = tuple(
        replace(e, event=HOSTILE) if e.event == "add_to_cart" else e
        for e in report.valuation
    )
    steps = tuple(
        replace(s, event=HOSTILE) if s.event == "add_to_cart" else s
        for s in report.funnel
    )
    path = page_of(
        report=replace(
            report,
            client=HOSTILE,
            valuation=replace(report.valuation, events=events),
            funnel=steps,
        )
    )

    opened = open_page(browser, path)

    page = opened.page
    assert opened.said == []
    assert opened.asked == [path.as_uri()]
    assert page.evaluate("window.hacked") is None
    assert page.locator("h1").text_content() == HOSTILE
    assert page.locator("#values tbody th", has_text=HOSTILE).count() == 1


def test_an_injected_script_does_not_run(browser, page_of):
    path = page_of()
    path.write_text(
        path.read_text().replace("</main>", "<script>window.hacked=1</script></main>")
    )

    opened = open_page(browser, path)

    assert opened.page.evaluate("window.hacked") is None
    assert "Content Security Policy" in opened.said[0]


def test_tables_sort_by_keyboard(browser, page_of):
    page = open_page(browser, page_of()).page
    heading = page.locator("#values table th", has_text="Value").first
    cells = page.locator("#values table").first.locator("tbody tr td:nth-child(2)")

    def numbers():
        found = cells.evaluate_all("tds => tds.map(td => td.dataset.sort)")
        return [float(n or "-inf") for n in found]

    heading.locator("button").focus()
    page.keyboard.press("Enter")
    down = numbers(), heading.get_attribute("aria-sort")
    page.keyboard.press("Space")
    up = numbers(), heading.get_attribute("aria-sort")

    assert down == (sorted(numbers(), reverse=True), "descending")
    assert up == (sorted(numbers()), "ascending")


def test_the_reader_may_turn_the_light_off(browser, page_of):
    page = open_page(browser, page_of()).page
    button = page.get_by_role("button", name="Dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('.chart svg text')).fill"

    light = page.evaluate(ground), page.evaluate(ink)
    button.click()
    dark = page.evaluate(ground), page.evaluate(ink)

    assert button.get_attribute("aria-pressed") == "true"
    assert light == ("rgb(246, 247, 249)", "rgb(27, 32, 40)")
    assert dark == ("rgb(20, 23, 27)", "rgb(232, 235, 239)")


def test_the_first_tab_skips_to_the_report(browser, page_of):
    page = open_page(browser, page_of()).page

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_paper_is_light_and_shows_what_is_folded(browser, page_of):
    page = open_page(browser, page_of(), scheme="dark").page

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    closed = page.locator("details:not([open])").count()
    ink = page.evaluate("getComputedStyle(document.body).color")
    paper = page.pdf(prefer_css_page_size=True)
    assert (closed, ink) == (0, "rgb(27, 32, 40)")
    assert b"/MediaBox [0 0 594.95" in paper or b"/MediaBox [0 0 595" in paper


def test_portfolio_links_lead_to_the_clients_pages(browser, reports, tmp_path):
    names = file_names(reports)
    rows = []
    for client, report in reports.items():
        (tmp_path / names[client]).write_text(render_client(report))
        rows.append(PortfolioRow.of(report, file=names[client]))
    made_at = reports["siam-coffee"].made_at
    index = tmp_path / "index.html"
    index.write_text(
        render_portfolio(PortfolioReport(made_at=made_at, rows=tuple(rows)))
    )

    opened = open_page(browser, index, width=390)
    found = Axe().run(opened.page).response["violations"]
    opened.page.get_by_role("link", name="krakow-dental").click()
    opened.page.wait_for_selector("html[data-drawn]", state="attached")

    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
    assert opened.page.title() == "krakow-dental · Conversion values"
    assert opened.said == []
