"""The site builds without a warning."""

from __future__ import annotations

import subprocess
import sys

from doc_pages import DOCS, ROOT


def test_site_builds_with_warnings_as_errors(tmp_path):
    # The notebooks are run by a test of their own.
    command = ["-W", "--keep-going", "-q", "-D", "nb_execution_mode=off"]
    folders = ["-d", str(tmp_path / "doctrees"), str(DOCS), str(tmp_path / "site")]

    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", *command, *folders],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert (built.returncode, built.stderr) == (0, "")
    assert (tmp_path / "site" / "index.html").exists()
