"""Markdown: chapters at the headings, without the marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from makima.books.book import Book, ChapterBuilder, title_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(
    r"\A(?:---[ \t]*\n(.{0,4000}?)\n(?:---|\.\.\.)|\+\+\+[ \t]*\n(.{0,4000}?)\n\+\+\+)[ \t]*(?:\n|\Z)", re.DOTALL
)
_FIELD = re.compile(r"^(title|author|language|lang)s?[ \t]*[:=][ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
_IN_LIST = re.compile(r"[\"']?[ \t]*,[ \t]*[\"']?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,500}>")
_LINE_BREAK = re.compile(r"<br\b[^<>]{0,100}>", re.IGNORECASE)
_DEEP = re.compile(r"^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])(?=[ \t>])){9,}[ \t]*", re.MULTILINE)
"""The marks of a line that is quoted, or listed, this often over: what is behind them is read, and they are not."""
_MAX_NESTING = 100
"""Of what the parser reads, and it leaves out all that is behind a deeper place. A list takes two."""
_SPOKEN_INLINE = frozenset({"text", "code_inline", "text_special"})


def read_markdown(text: str, name: str) -> Book:
    """A book of CommonMark with tables, footnotes and tasks. Title, author and language may stand in front, as YAML
    between lines of `---` or as TOML between lines of `+++`. Footnotes are not read.

    Where one heading of the first level begins the text, it is the title, and the next level divides the chapters.

    Raises: InvalidDocument
    """
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.tasklists import tasklists_plugin

    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    fields, text = _front_matter(text)
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(tasklists_plugin)
    tokens = parser.parse(_DEEP.sub("", text))
    parts = list(_parts(tokens))
    top = _chapter_level([level for level, _ in parts if level])
    builder = ChapterBuilder()
    for level, said in parts:
        if level and level <= top:
            builder.open(said)
        builder.add(said, heading=bool(level))
    title = title_of(fields.get("title", "") or _only_top_heading(parts), title_of(name, "Text"))
    return Book(title, builder.built(title), fields.get("author"), fields.get("language") or fields.get("lang"))


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}, text
    fields = {key.lower(): title_of(_value(value), "") for key, value in _FIELD.findall(found[1] or found[2] or "")}
    return fields, text[found.end() :]


def _value(text: str) -> str:
    """A field's value without its quotes; of a list, its entries."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = _IN_LIST.sub(", ", text[1:-1])
    return text.strip(" \t\"'")


def _chapter_level(levels: list[int]) -> int:
    """Up to which level a heading begins a chapter: the first that comes more than once, or the first there is."""
    counts = Counter(levels)
    return next((level for level in sorted(counts) if counts[level] > 1), min(levels, default=1))


def _only_top_heading(parts: list[tuple[int, str]]) -> str:
    tops = [said for level, said in parts if level == 1]
    return tops[0] if len(tops) == 1 and parts[0][0] == 1 else ""


def _parts(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """What is read, in order: the level of a heading or 0, and its text."""
    level = 0
    row: list[str] | None = None
    for token in tokens:
        if token.type == "footnote_block_open":  # they all stand at the end
            return
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield 0, ", ".join(cell for cell in row or () if cell)
            row = None
        elif token.type in ("fence", "code_block"):
            yield 0, token.content
        elif token.type == "html_block":
            yield 0, _TAG.sub(" ", _COMMENT.sub(" ", token.content))
        elif token.type == "inline":
            said = _inline(token.children or [])
            if row is None:
                yield level, said
            else:
                row.append(said)


def _inline(children: list[Token]) -> str:
    """The text of a paragraph as a reader would say it: of pictures their descriptions, of links their words."""
    said: list[str] = []
    for child in children:
        if child.type in _SPOKEN_INLINE or child.type == "image":
            said.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            said.append(" " if child.type == "softbreak" else "\n")
        elif child.type == "html_inline" and _LINE_BREAK.fullmatch(child.content):
            said.append("\n")
    return "".join(said)
