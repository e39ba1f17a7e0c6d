"""The reference pages say what the commands and the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from convbridge.cli.reference import main, pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["cli.md", "configuration.md"])
def test_page_is_current(name):
    written = (FOLDER / name).read_text(encoding="utf-8")

    assert written == pages()[name], (
        "run: python -m convbridge.cli.reference docs/reference"
    )


def test_pages_are_written_into_a_folder(tmp_path):
    main(str(tmp_path))

    assert {
        p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir()
    } == pages()
