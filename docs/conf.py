# ruff: noqa: INP001 - read by Sphinx, no package
"""How Sphinx builds the docs: `make docs`."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sphinx.ext.napoleon import Config, GoogleDocstring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

project = "convbridge"
release = metadata.version(project)
extensions = ["myst_nb", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"convbridge {release}"
html_show_copyright = False
html_show_sphinx = False
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

# Links to headings work as they do in the forge's own pages.
myst_heading_anchors = 3

# Notebooks are kept without outputs and run here, each against its own sandbox.
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
python_use_unqualified_type_names = True

_ATTRIBUTES = {"attribute", "data", "property"}
_NAPOLEON = Config(napoleon_use_rtype=False)


def setup(app: Sphinx) -> None:
    """Read the docstrings as they are written: Google's sections, Markdown's code."""
    app.connect("autodoc-process-docstring", _to_rst)


def _to_rst(
    _app: Sphinx, what: str, name: str, obj: Any, _options: Any, lines: list[str]
) -> None:
    text = list(_examples([re.sub(r"`+([^`]+)`+", r"``\1``", line) for line in lines]))
    # Napoleon takes what stands before a colon in an attribute's docstring for
    # its type; ours are prose.
    if what not in _ATTRIBUTES:
        text = GoogleDocstring(text, _NAPOLEON, None, what, name, obj).lines()
    lines[:] = text


def _examples(lines: list[str]) -> Iterator[str]:
    """Mark indented blocks that stand alone as literal; sections have no gap."""
    in_block = False
    for before, line in zip(["", *lines], lines, strict=False):
        is_indented = line.startswith("    ")
        if is_indented and not before.strip() and not in_block:
            in_block = True
            yield from ("::", "")
        elif line.strip() and not is_indented:
            in_block = False
        yield line
