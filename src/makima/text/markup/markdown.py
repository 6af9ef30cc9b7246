"""Markdown out of one piece of text as `Cutter` gives it: a sentence, a line of a list, a row of a table."""

from __future__ import annotations

import re

_MARKED = re.compile(
    r"[*_`~#>^|\[\]\\=•▪◦‣·]|^[ \t]*[-+\d]|---|[:;=][-'^o]?[)(DPpO3/]|\b[xX]D\b|T_T|:\w+:|\{|\(http", re.MULTILINE
)
_FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)[^\n`]*$", re.MULTILINE)
_DEFINITION = re.compile(r"^[ \t]{0,3}\[[^\]\n]{1,80}\]:[ \t]*\S+.*$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:[-*_=~+#]|[-:|+ \t]){3,}[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,8}#{1,6}[ \t]+|[ \t]+#{1,6}[ \t]*$", re.MULTILINE)
_QUOTE = re.compile(r"^(?:[ \t]{0,8}>(?!\d)){1,8}[ \t]?", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]{0,16}[-*+•▪◦‣·][ \t]+(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_LINK = re.compile(
    r"!?\[((?:[^\[\]\n]|\[[^\[\]\n]{0,100}\]){0,300})\]\((?:[^()\n]|\((?:[^()\n]|\([^()\n]{0,100}\)){0,200}\)){0,500}\)"
)
_REFERENCE = re.compile(r"!?\[([^\[\]\n]{1,200})\]\[[^\[\]\n]{0,80}\]")
_FOOTNOTE = re.compile(r"\[\^[^\]\n]{1,40}\]:?|(?<=[\w.,!?\"”)])\[\d{1,3}\](?!\()")
_AUTOLINK = re.compile(r"<(?:mailto:)?((?:https?://)[^<>\s]{1,400}|[\w.+-]{1,64}@[\w.-]{1,200})>")
_ALERT = re.compile(r"^[ \t]{0,8}\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*", re.MULTILINE | re.IGNORECASE)
_HIGH = re.compile(r"(?<=[\w)])\^([\w+-]{1,8})\^(?!\w)")
_LOW = re.compile(r"(?<=[A-Za-z)])~(\d{1,3})~(?!~)")
_MARKED_ONCE = re.compile(r"(?<![\w~^])([~^])(?=[^\s~^])([^~^\n]{1,100})(?<=[^\s~^])\1(?![\w~^])")
_FACE = re.compile(r"(?<![^\s(])(?:[:;][-'^o]?[)(DPpO3/|*]|=[)(DP]|[xX]D|\^_?\^|T_T)(?=$|[\s.,!?])")
_POWER = re.compile(r"(?<=[\w)]) ?\*\* ?(?=\d)")
_CODE = re.compile(r"(`{1,3})(?=[^`])([^`\n]{1,300})(?<=[^`])\1(?!`)")
_EMPHASIS = re.compile(r"(?<![\\*])(\*{1,3})(?=[^\s*])((?:[^*]|(?<=\\)\*){1,300})(?<=[^\s*])\1(?!\*)")
_UNDERSCORED = re.compile(r"(?<![\w\\])(_{1,3})(?=[^\s_])([^\n]{1,300}?)(?<=[^\s_])\1(?!\w)")
_STRUCK = re.compile(r"(~{2}|={2})(?=\S)([^~=]{1,300})(?<=\S)\1")
_LOOSE = re.compile(r"(?<![\d\s])\*+|\*{2,}|\*+(?=[^\W\d])|`+|~{2,}")
_RUNS = re.compile(r"([-=*_~#+<>^.·•])\1{3,}|={3,}|[*_~#+]{3,}|(?<!\S)-{2,}(?!\S)")
_UNDERSCORE = re.compile(r"(?<=\w)_+(?=\w)|(?<!\w)_+|_+(?!\w)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])")
_SHORTCODE = re.compile(r"(?<!\w):[a-z][a-z0-9_+-]{1,30}:(?!\w)")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SPACES = re.compile(r"[ \t]{2,}")


def without_markdown(text: str, *, code: bool = False) -> str:
    """`text` as a reader would say it, without its marks. `code`: it is a line of a fenced block."""
    if not _MARKED.search(text):
        return text
    if code:
        return _SPACES.sub(" ", _UNDERSCORE.sub(" ", text))
    text = _FENCE.sub("", text)
    text = _DEFINITION.sub("", text)
    text = _QUOTE.sub("", text)
    text = _ALERT.sub(lambda m: f"{m[1].capitalize()}. ", text)
    text = _RULE.sub("", text)
    text = _HEADING.sub("", text)
    text = _BULLET.sub("", text)
    if "[" in text or "<" in text:
        text = _AUTOLINK.sub(r"\1", text)
        text = _LINK.sub(r"\1", _LINK.sub(r"\1", text))
        text = _FOOTNOTE.sub("", _REFERENCE.sub(r"\1", text))
    if "^" in text or "~" in text:
        text = _MARKED_ONCE.sub(r"\2", _LOW.sub(lambda m: m[1].translate(_LOWERED), _HIGH.sub(r"^\1", text)))
    text = _without_marks(text)
    if "|" in text:
        text = _cells(text)
    text = _RUNS.sub(" ", text)
    return _SPACES.sub(" ", text).strip()


def _without_marks(text: str) -> str:
    if "`" in text:
        text = _CODE.sub(r"\2", text)
    for _ in range(3):  # one in the other
        changed = _EMPHASIS.sub(r"\2", text) if "*" in text else text
        changed = _UNDERSCORED.sub(r"\2", changed) if "_" in changed else changed
        changed = _STRUCK.sub(r"\2", changed)
        if changed == text:
            break
        text = changed
    text = _ESCAPE.sub(r"\1", text) if "\\" in text else text
    text = _FACE.sub(" ", text)
    if ":" in text:
        text = _SHORTCODE.sub(" ", text)
    text = _LOOSE.sub("", _POWER.sub("^", text))
    if "_" in text and "@" not in text and "://" not in text:
        text = _UNDERSCORE.sub(" ", text)
    return text


def _cells(text: str) -> str:
    """A row of a table as a list of what stands in it."""
    lines = []
    for line in text.split("\n"):
        if "|" not in line:
            lines.append(line)
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        lines.append(", ".join(cell for cell in cells if cell))
    return "\n".join(lines)
