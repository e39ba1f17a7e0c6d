"""Links between the docs lead somewhere."""

from __future__ import annotations

import json

import pytest

from doc_pages import DOCS, NOTEBOOKS, PAGES, ROOT, anchors, links, name


def broken(page, targets):
    """Return the links that lead nowhere."""
    found = []
    for target in targets:
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        known = anchors(path) if path.suffix == ".md" and path.exists() else {anchor}
        if not path.exists() or (anchor and anchor not in known):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_of_a_page_resolve(page):
    assert broken(page, links(page)) == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_links_of_a_notebook_resolve(notebook, tmp_path):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    prose = tmp_path / "prose.md"
    prose.write_text(
        "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    )

    assert broken(notebook, links(prose)) == []


def test_every_page_can_be_reached_from_the_index():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    globbed = {DOCS / "how-to", DOCS / "reference", DOCS / "decisions"}

    pages = [p for p in (*PAGES, *NOTEBOOKS) if DOCS in p.parents]
    lost = [
        name(p)
        for p in pages
        if p.parent not in globbed
        and p.stem != "index"
        and p.relative_to(DOCS).with_suffix("").as_posix() not in index
    ]

    assert lost == []


def test_pages_name_no_path_of_a_machine():
    found = [
        name(page)
        for page in (*PAGES, *NOTEBOOKS)
        for word in ("/home/", "/root/", "/tmp/", str(ROOT))
        if word in page.read_text(encoding="utf-8")
    ]

    assert found == []
