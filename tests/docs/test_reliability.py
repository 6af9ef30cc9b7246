"""Every test that docs/reliability names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("reliability*.md"))

_DEFINED = re.compile(r"^\s*(?:async )?def (test_\w+)|^class (Test\w+)", re.MULTILINE)
_FILE = re.compile(r"[\w/.]*test_\w+\.py")
_NAME = re.compile(r"\b(?:test_\w+|Test[A-Z]\w*)(?!\w*\.py)")


def modules() -> dict[str, set[str]]:
    """Test modules by their paths, each with the names of its tests and classes."""
    return {
        path.relative_to(ROOT).as_posix(): {a or b for a, b in _DEFINED.findall(path.read_text("utf-8"))}
        for path in (ROOT / "tests").rglob("test_*.py")
    }


def mentions() -> Iterator[tuple[str, str]]:
    """Each mention of a module or of a test, and the page it is on."""
    for page in PAGES:
        for quoted in re.findall(r"`([^`\n]+)`", page.read_text("utf-8")):
            files = _FILE.findall(quoted)
            yield from ((page.name, file) for file in files)
            rest = _FILE.sub("", quoted)
            if files or rest.startswith(("test_", "Test")):
                yield from ((page.name, name) for name in _NAME.findall(rest))


FOUND = modules()
NAMES = set().union(*FOUND.values())


@pytest.mark.parametrize(("page", "mention"), sorted(set(mentions())))
def test_what_is_named_exists(page: str, mention: str) -> None:
    if mention.endswith(".py"):
        assert [path for path in FOUND if path == mention or path.endswith(f"/{mention}")], f"{page}: no {mention}"
    else:
        beginning = mention.rstrip("_")
        assert [name for name in NAMES if name == mention or (mention.endswith("_") and name.startswith(beginning))]


def test_there_are_mentions() -> None:
    assert len(set(mentions())) > 20
