"""How far imports reach: who reads a module may have to read all that it is built on, one below the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
LONGEST = 20


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted((SOURCE / "makima").rglob("*.py"))}


def imported(node: ast.AST) -> Iterator[str]:
    """What is imported when it runs, in functions too: not what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            inside = [f"{child.module}.{alias.name}" for alias in child.names]
            yield from (full if full in MODULES else str(child.module) for full in inside)
        else:
            yield from imported(child)


@cache
def below(module: str) -> tuple[str, ...]:
    """The longest chain from `module` down. There are no cycles: Import Linter's layers hold that."""
    found = set(imported(ast.parse(MODULES[module].read_text("utf-8")))) & MODULES.keys() - {module}
    return (module, *max((below(each) for each in sorted(found)), key=len, default=()))


def test_no_chain_of_imports_is_long() -> None:
    chain = max((below(module) for module in MODULES), key=len)
    assert len(chain) <= LONGEST, " > ".join(chain)
