"""LaTeX out: formulas as chat models write them, in the signs of Unicode that formulas are read by."""

from __future__ import annotations

import re
from collections.abc import Callable

from makima.text.markup.latex_signs import FUNCTIONS, LARGE, LEFT_OUT, LETTERS, SIGNS

_INLINE = r"\$(?=[^\s$])((?:[^$\n\\]|\\[^\n]){1,300}?)(?<=[^\s\\])\$(?![\d$])"
_MATH = re.compile(
    r"\$\$([^$]{1,1000})\$\$|\\\[([^\0]{1,1000}?)(?:\\\]|$)|\\\(([^\0]{1,600}?)\\\)|"
    r"\\begin\{(?:equation|align|aligned|gather|cases|[bpv]?matrix)\*?\}([^\0]{1,1000}?)(?:\\end\{\w{1,10}\*?\}|$)|"
    + _INLINE
)
_IS_FORMULA = re.compile(
    r"[\\^_={}+<>|]|^[A-Za-z]'?(?:\([^()]{1,20}\))?$|^\(?[A-Za-z0-9]{1,3}(?: ?[-+*/,] ?[A-Za-z0-9]{1,3}){1,6}\)?$"
)
_MARKS = re.compile(r"\\[\[\]()](?=\s|$)|^\s*\$\$|\$\$\s*$|\\(?:begin|end)\{\w{1,10}\*?\}")
_STYLE = re.compile(
    r"\\(?:textbf|textit|texttt|text|emph|underline|mathrm|mathbf|boxed|section\*?|subsection\*?|title)\{"
)
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_&~]|\s+|\d+(?:[.,]\d+)*|[^\\{}^_&~\s]", re.DOTALL)
_MAX_DEPTH = 12
_HIGH = str.maketrans("0123456789-+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ")


def without_latex(text: str) -> str:
    """`text` with its formulas in signs: `$x^2 \\leq 4$` is `x² ≤ 4`. Amounts of dollars stay."""
    if "\\" not in text and text.count("$") < 2:
        return text
    text = _MATH.sub(_formula, text)
    if "\\" in text or "$$" in text:
        text = _MARKS.sub(" ", text)
        text = _styled(text)
    return text


def _formula(match: re.Match[str]) -> str:
    inner = next(group for group in match.groups() if group is not None)
    if match[5] is not None and not _IS_FORMULA.search(inner):
        return match.group()
    return _Reader(_TOKEN.findall(inner)).read()


def _styled(text: str) -> str:
    """Commands of style outside formulas: their text alone. `C:\\text` is no command."""
    while (match := _STYLE.search(text)) is not None:
        end = text.find("}", match.end())
        if end < 0:
            return text[: match.start()] + text[match.end() :]
        text = text[: match.start()] + text[match.end() : end] + text[end + 1 :]
    return re.sub(r"\\(La)?TeX\b", lambda m: f"{m[1] or ''}TeX", text)


class _Reader:
    """Reads the tokens of one formula from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> str:
        """The whole formula."""
        said = ""
        while self._at < len(self._tokens):
            said += self._until_closed()
            self._at += 1  # a brace that nothing has opened
        return re.sub(r"\s+", " ", said).strip(" ,")

    def _until_closed(self) -> str:
        said = ""
        while self._at < len(self._tokens) and self._tokens[self._at] != "}":
            said += self._next()
        return said

    def _next(self) -> str:
        token = self._tokens[self._at]
        self._at += 1
        if token == "{":  # noqa: S105 - a brace
            return self._group()
        if token[0] == "\\":
            return self._command(token[1:].rstrip("*"))
        simple: dict[str, Callable[[], str]] = {"^": self._raised, "_": self._lowered, "&": str, "~": lambda: " "}
        return simple[token]() if token in simple else token

    def _group(self) -> str:
        self._depth += 1
        said = self._until_closed() if self._depth < _MAX_DEPTH else ""
        self._depth -= 1
        self._at += 1
        return said

    def _argument(self) -> str:
        while self._at < len(self._tokens) and self._tokens[self._at].isspace():
            self._at += 1
        if self._at >= len(self._tokens) or self._tokens[self._at] == "}" or self._depth > 2 * _MAX_DEPTH:
            return ""
        token = self._tokens[self._at]
        if len(token) > 1 and token.isdecimal():  # `x^10` raises the one alone, which nobody means
            self._at += 1
            return token
        self._depth += 1
        said = self._next().strip()
        self._depth -= 1
        return said

    def _command(self, name: str) -> str:
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return self._fraction()
        if name in LARGE:
            return self._large(LARGE[name])
        if name == "sqrt":
            return f"√{_bracketed(self._argument())}" if not self._option() else f"√({self._argument()})"
        if name in ("begin", "end"):
            self._argument()
            return " "
        if name in LETTERS:
            return LETTERS[name]
        if name in FUNCTIONS:
            return f" {name} "
        if name in LEFT_OUT:
            # `\\left.` opens nothing.
            if self._tokens[self._at : self._at + 1] == ["."]:
                self._at += 1
            return ""
        return SIGNS.get(name, " " if name in ("quad", "qquad") else "")

    def _option(self) -> str:
        """What stands in square brackets behind a command."""
        if self._tokens[self._at : self._at + 1] != ["["] or "]" not in self._tokens[self._at :]:
            return ""
        end = self._tokens.index("]", self._at)
        option = "".join(self._tokens[self._at + 1 : end])
        self._at = end + 1
        return option

    def _fraction(self) -> str:
        top, bottom = self._argument(), self._argument()
        if top.isdecimal() and bottom.isdecimal() and len(top) < 4 and len(bottom) < 4:
            return f" {top}/{bottom} "
        return f" {_bracketed(top)} ÷ {_bracketed(bottom)} "

    def _large(self, sign: str) -> str:
        limits = {"_": "", "^": ""}
        for _ in range(2):
            while self._at < len(self._tokens) and (
                self._tokens[self._at].isspace() or self._tokens[self._at] == "\\limits"
            ):
                self._at += 1
            if self._at < len(self._tokens) and (mark := self._tokens[self._at]) in limits:
                self._at += 1
                limits[mark] = self._argument()
        if limits["_"] or limits["^"]:
            return f" {sign}⟨{limits['_'].strip()}⟩⟨{limits['^'].strip()}⟩ "
        return f" {sign} "

    def _raised(self) -> str:
        power = self._argument()
        if power in ("°", "′", "*", "T"):
            return {"*": "", "T": " T"}.get(power, power)
        if re.fullmatch(r"[-+]?(?:\d{1,4}|n)", power):
            return power.translate(_HIGH)
        return f"^{_bracketed(power)}"

    def _lowered(self) -> str:
        index = self._argument()
        return f" {index} " if index else ""


def _bracketed(part: str) -> str:
    part = part.strip()
    return part if re.fullmatch(r"\w*[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ]?|[\d.,]+|\(.*\)", part) else f"({part})"
