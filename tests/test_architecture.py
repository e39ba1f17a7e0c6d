"""Rules of the code that import-linter cannot see."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import convbridge
from convbridge import errors

SOURCE = Path(convbridge.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
CORE = [
    path
    for path in MODULES
    if path.relative_to(SOURCE).parts[0] in {"classify", "value", "plan", "model"}
]
# The user's own files, behind EventCounts.from_csv and to_parquet; nothing else
# in the core opens one.
FILES = {SOURCE / "model" / "counts_files.py": {"pathlib"}}
CORE_MAY_IMPORT = {
    "__future__",
    "babel",
    "bisect",
    "collections",
    "convbridge",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fnmatch",
    "functools",
    "hashlib",
    "heapq",
    "html",
    "importlib",
    "itertools",
    "json",
    "math",
    "numpy",
    "operator",
    "pyarrow",
    "re",
    "scipy",
    "statistics",
    "string",
    "textwrap",
    "tomllib",
    "types",
    "typing",
    "unicodedata",
    "zoneinfo",
}
CLOCKS = {SOURCE / "adapters" / "clock.py", SOURCE / "sandbox" / "clock.py"}
TIME_CALLS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


class WithoutTypes(ast.NodeTransformer):
    """Drops what only type checkers run."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    tree = WithoutTypes().visit(ast.parse(path.read_text()))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_imports_only_what_is_pure(path):
    strangers = imports_of(path) - CORE_MAY_IMPORT - FILES.get(path, set())

    assert strangers == set()


@pytest.mark.parametrize("path", [p for p in MODULES if p not in CLOCKS], ids=name_of)
def test_only_the_clock_asks_the_time(path):
    tree = ast.parse(path.read_text())
    asked = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in TIME_CALLS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time", "dt"}
    ]

    assert asked == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_grows_beyond_one_noun(path):
    assert len(path.read_text().splitlines()) <= 350


def test_the_drawn_error_tree_is_the_real_one():
    drawn: dict[str, tuple[str, int | None]] = {}
    parents: list[str] = []
    for line in inspect.getdoc(errors).splitlines():
        found = re.match(r"(?P<lead>[ │├└─]*)(?P<name>[A-Z]\w+Error)\b", line)
        if not found:
            continue
        depth = len(found["lead"].removeprefix("    ")) // 4
        code = re.search(r"exit (\d+)", line)
        parents[depth:] = [found["name"]]
        parent = parents[depth - 1] if depth else "Exception"
        drawn[found["name"]] = (parent, int(code[1]) if code else None)

    classes = {
        name: cls
        for name, cls in vars(errors).items()
        if inspect.isclass(cls) and issubclass(cls, Exception)
    }
    real = {
        name: (cls.__base__.__name__, drawn[name][1] and cls.exit_code)
        for name, cls in classes.items()
    }

    assert drawn == real


def test_public_names_are_sorted_and_there():
    assert convbridge.__all__ == sorted(convbridge.__all__)
    assert [n for n in convbridge.__all__ if not hasattr(convbridge, n)] == []


def modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('MODULES', *sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("MODULES\n")[1].split())


HEAVY = {"numpy", "pyarrow", "sqlalchemy", "google.ads", "google.analytics", "grpc"}


def test_import_is_light():
    assert modules_after("import convbridge") & (HEAVY | {"pydantic", "typer"}) == set()


def test_help_is_light():
    code = (
        "from convbridge.cli import main\n"
        "sys.argv = ['convbridge', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
    )
    assert modules_after(code) & (HEAVY | {"pydantic"}) == set()


def test_a_bridge_imports_no_library_before_it_is_asked():
    # 45 MB and 0.7 s for two quantiles, 23 MB for one small optimum, Google's own.
    unasked = {"scipy.stats", "scipy.optimize", "pandas", "pyarrow.dataset"}
    found = modules_after("import convbridge.bridge, convbridge.portfolio")

    assert found & (unasked | {"google.ads", "google.analytics", "grpc"}) == set()
