"""The README followed to the letter in a fresh checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from doc_pages import ROOT, text

if TYPE_CHECKING:
    from pathlib import Path

README = ROOT / "README.md"
MAKE = re.compile(r"^ {4}make ([\w-]+)", re.MULTILINE)
IGNORED = (".git", ".venv*", ".*cache*", ".hypothesis", "build", "*.db", ".coverage*")
WRAPPER = """\
#!/bin/sh
export PYTHONPATH="{root}/src"
exec "{python}" -c "from convbridge.cli import main; main()" "$@"
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the sources, with an environment that is set up already."""
    root = tmp_path_factory.mktemp("reader") / "convbridge"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*IGNORED))
    binaries = root / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    script = binaries / "convbridge"
    script.write_text(WRAPPER.format(root=root, python=sys.executable))
    script.chmod(0o755)
    for stamp in (".runtime", ".dev", ".system"):
        (root / ".venv" / stamp).touch()
    return root


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=checkout,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", sorted(set(MAKE.findall(text(README)))))
def test_target_of_the_readme_can_be_made(checkout, target):
    made = run(checkout, "make", "--dry-run", target)

    assert (made.returncode, made.stderr) == (0, "")


def test_demo_goes_the_whole_way_in_a_fresh_checkout(checkout):
    made = run(checkout, "make", "demo")

    assert made.returncode == 0, made.stderr
    assert re.findall(r"^(\S+): nothing to do", made.stdout, re.MULTILINE) == [
        "siam-coffee",
        "krakow-dental",
    ]


def test_first_configuration_is_written_and_names_what_to_fill_in(checkout):
    words = "convbridge init --template ecommerce"
    assert words in text(README)

    written = run(checkout, str(checkout / ".venv/bin/convbridge"), *words.split()[1:])
    checked = run(checkout, str(checkout / ".venv/bin/convbridge"), "doctor")

    assert written.returncode == 0, written.stderr
    assert (checkout / "convbridge.yaml").is_file()
    assert checked.returncode == 3
    assert "'YOUR-PROPERTY-ID' is not a GA4 property id" in checked.stderr
    assert "'YOUR-CUSTOMER-ID' is not a Google Ads customer id" in checked.stderr


def test_files_that_the_readme_names_are_in_the_checkout(checkout):
    named = set(re.findall(r"\]\((?!https?:)([^)#]+)", text(README)))

    assert {file for file in named if not (checkout / file).is_file()} == set()
