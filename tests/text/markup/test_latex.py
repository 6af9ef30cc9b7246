"""LaTeX: formulas in signs, amounts of dollars as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.markup.latex import without_latex
from makima.text.markup.latex_signs import LARGE, LETTERS, SIGNS

PARTS = st.sampled_from(
    [
        *(rf"\{name}" for name in (*SIGNS, *LETTERS, *LARGE)),
        *(r"\frac", r"\sqrt", r"\sqrt[3]", r"\left(", r"\right)", r"\begin{align}", r"\end{align}", r"\text{if }"),
        *("{", "}", "^", "_", "&", "~", "$", "$$", r"\(", r"\)", r"\[", r"\]", "x", "12", "3.5", " ", "=", "+", "-"),
    ]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The formula $E = mc^2$ holds.", "The formula E = mc² holds."),
        (r"\(a^2 + b^2 = c^2\)", "a² + b² = c²"),
        (r"\[ \sqrt{2} \approx 1.41 \]", "√2 ≈ 1.41"),
        (r"$\frac{1}{3}$ of it", "1/3 of it"),
        (r"$\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$", "(-b ± √(b² - 4ac)) ÷ 2a"),
        (r"$\sum_{i=1}^{n} i$", "∑⟨i=1⟩⟨n⟩ i"),
        (r"$\lim_{x \to 0} x$", "lim⟨x → 0⟩⟨⟩ x"),
        (r"$\alpha \leq \pi$", "α ≤ π"),
        (r"$4{,}2$ and $90^\circ$ and $e^{x+1}$", "4,2 and 90° and e^(x+1)"),
        (r"\begin{align} x &= 1 \\ y &= 2 \end{align}", "x = 1 , y = 2"),
        (r"The answer is \boxed{42}, \textbf{really}.", "The answer is 42, really."),
        ("$n$ and $f(x)$", "n and f(x)"),
        ("It costs $5 and $10, not $15.", "It costs $5 and $10, not $15."),
        ("$HOME and $PATH", "$HOME and $PATH"),
        ("US$5-$10", "US$5-$10"),
        (r"C:\Users\me", r"C:\Users\me"),
    ],
)
def test_formulas_are_in_signs(text: str, said: str) -> None:
    assert without_latex(text).strip() == said


@given(parts=st.lists(PARTS, max_size=60))
def test_no_formula_is_an_error(parts: list[str]) -> None:
    without_latex("$" + "".join(parts) + "$")
    without_latex("".join(parts))


@pytest.mark.parametrize("text", ["{" * 400 + "x^2" + "}" * 400, "x" + "^{a_" * 100, r"\frac" * 250])
def test_depth_is_no_error(text: str) -> None:
    assert "$" not in without_latex(f"$${text}$$")
