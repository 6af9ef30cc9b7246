"""The program of the helper process, without running it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from makima.engines.espeak import worker


def test_its_program_imports_the_standard_library_alone() -> None:
    tree = ast.parse(Path(worker.__file__).read_text())
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    assert imported
    assert imported <= sys.stdlib_module_names
