"""Who may import whom, which modules are pure, and where Telegram and SQL live (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = {  # what each package may import of ours
    "bot": {"bot", "reports", "conversations", "locales"},
    "reports": {"reports", "conversations", "locales"},
    "conversations": {"conversations", "locales"},
    "locales": {"locales"},
}
PURE = [
    *(f"conversations/{m}.py" for m in ("questionnaire", "conversation", "engine", "survey", "wording")),
    *(
        f"reports/{m}.py"
        for m in ("evaluation", "disclosure", "document", "checker", "release", "machine", "explain", "digest",
                  "assessment", "tables", "charts", "sources", "mirror", "waves", "comparing", "statement",
                  "statement_checker", "statement_views", "statement_drafts", "claims", "named", "markdown",
                  "machine_checker", "files", "wordml")
    ),
]  # fmt: skip
RIM = {"telegram", "aiosqlite", "sqlite3", "asyncio", "os", "time", "random", "secrets", "socket", "aiohttp", "bot"}
CLOCKS = {"now", "utcnow", "today"}
SQL = re.compile(r"\s*(SELECT|INSERT|REPLACE|UPDATE|DELETE|PRAGMA|CREATE|ALTER|DROP|BEGIN|SAVEPOINT|VACUUM|WITH) ")
RUNS_SQL = {"execute", "executemany", "executescript", "execute_fetchall", "execute_insert"}
FILES = {
    p.relative_to(ROOT).as_posix(): ast.parse(p.read_text("utf-8")) for d in LAYERS for p in ROOT.glob(f"{d}/**/*.py")
}


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in a file, by its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "no relative imports: they hide the layer"
            yield node.module or ""


def top(names: Iterator[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def literals(tree: ast.Module) -> Iterator[str]:
    """Every text in a file that is no docstring."""
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_imports_go_down_only() -> None:
    wrong = {f: top(imports(t)) & set(LAYERS) - LAYERS[f.partition("/")[0]] for f, t in FILES.items()}
    assert {f: w for f, w in wrong.items() if w} == {}


@pytest.mark.parametrize("file", PURE)
def test_a_pure_module_gets_time_and_dice_as_values(file: str) -> None:
    tree = FILES[file]
    asked = {f"{ast.unparse(n)}()" for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in CLOCKS}
    assert (top(imports(tree)) & RIM, asked) == (set(), set())


def test_telegram_s_library_stays_in_the_telegram_door() -> None:
    found = {f for f, t in FILES.items() if "telegram" in top(imports(t)) and not f.startswith("bot/telegram/")}
    assert found == set()


def test_sql_stays_in_the_store() -> None:
    outside = {f: t for f, t in FILES.items() if not f.startswith("conversations/store/")}
    spoken = {f: [s for s in literals(t) if SQL.match(s)] for f, t in outside.items()}
    run = {f: [ast.unparse(n) for n in ast.walk(t) if isinstance(n, ast.Attribute) and n.attr in RUNS_SQL]
           for f, t in outside.items()}  # fmt: skip
    assert {f: (spoken[f], run[f]) for f in outside if spoken[f] or run[f]} == {}


def test_outside_the_store_sqlite_is_a_connection_passed_on_and_an_error_caught() -> None:
    allowed, found = {("sqlite3", "Connection"), ("sqlite3", "Error"), ("sqlite3", "OperationalError")}, set()
    for file, tree in FILES.items():
        for node in () if file.startswith("conversations/store/") else ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("sqlite3", "aiosqlite"):
                found |= {(file, node.module, alias.name) for alias in node.names}
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("sqlite3", "aiosqlite"):
                found.add((file, ast.unparse(node.value), node.attr))
    assert {use for use in found if use[1:] not in allowed} == set()
