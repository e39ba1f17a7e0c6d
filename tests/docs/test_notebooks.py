"""The tutorials run from top to bottom, each against a sandbox of its own."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from doc_pages import NOTEBOOKS, name


@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore:.*event loop")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_notebook_runs(path, tmp_path):
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(
        book,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )

    client.execute()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_notebook_is_kept_without_outputs(path):
    book = nbformat.read(path, as_version=4)

    code = [cell for cell in book.cells if cell.cell_type == "code"]

    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert {cell.execution_count for cell in code} == {None}
