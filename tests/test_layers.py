"""What the tables' layer leaves to the use cases: refusing, and recording what was done.

`app/db` has tables, queries and single statements. Import contracts see only modules; these tests see names.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DB = Path("app/db")
RECORDED = {"audit_entries", "outbox"}
CLOSING = DB / "transactions.py"
"""The module that writes the closing message: the records of a use case."""
DICTIONARY = DB / "refusals.py"
"""The module that maps constraints to refusals."""
PROTOCOLS = {"check_connection"}
"""Methods of libraries that have such a name."""
MODULES = sorted(DB.rglob("*.py"))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def imported(path: Path, module: str) -> set[str]:
    """The names imported from the module and from those below it."""
    return {
        alias.name
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{module}.")
        for alias in node.names
    }


def called(node: ast.AST) -> str:
    """The name of the called function, without what it belongs to."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_nothing_in_db_refuses(path: Path) -> None:
    assert not {name for name in imported(path, "app.domain") if name.startswith("check_")}
    own = {node.name for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    checks = {name for name in map(called, nodes(path)) if name.startswith("check_")}
    assert checks - own <= PROTOCOLS
    if path != DICTIONARY:
        assert imported(path, "app.domain.errors") <= {"NotFound"}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_nothing_in_db_records(path: Path) -> None:
    assert "record" not in {called(node) for node in nodes(path)}
    if path == CLOSING:
        return
    inserted = {
        argument.id
        for node in nodes(path)
        if called(node).startswith("insert") and isinstance(node, ast.Call)
        for argument in node.args
        if isinstance(argument, ast.Name)
    }
    assert not inserted & RECORDED
    texts = [node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in texts if "write_down(" in text or "INSERT INTO" in text]


def test_the_list_of_tables_imports_no_module_that_reads_it() -> None:
    """A module that reads all tables while they are being imported would miss those that come after it."""
    readers = {".".join(path.with_suffix("").parts) for path in MODULES if imported(path, "app.db.tables")}
    assert readers
    names = "import sys, app.db.tables; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", names], text=True).split()
    assert not readers & set(modules)
