"""Markup out."""

from __future__ import annotations

import pytest

from makima.text.markup.items import Break, Item, Pause, Written
from makima.text.markup.reader import MarkupReader


def read(text: str) -> list[Item]:
    return MarkupReader().read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a **bold move** here", "a bold move here"),
        ("***bold italic words*** here", "bold italic words here"),
        ("~~struck out words~~ and so on", "struck out words and so on"),
        ("_it_ is, __so__ it is", "it is, so it is"),
        ("`code` and ``more``", "code and more"),
        ("# Title #", "Title"),
        ("> > quoted", "quoted"),
        ("- [x] done", "done"),
        ("1. Milk", "1, Milk"),
        ("3. Oktober", "3. Oktober"),
        ("[wiki](https://en.wikipedia.org/wiki/A_(b)) says", "wiki says"),
        ("![a picture](p.png) here", "a picture here"),
        ("[text][1] and note[2].", "text and note."),
        ("| a | b |", "a, b"),
        ("<b>bold</b> &amp; more", "bold & more"),
        ("a < b and b > a", "a < b and b > a"),
        ("an unclosed <tag here", "an unclosed <tag here"),
        ("AT&T &copy it", "AT&T &copy it"),
        ("<!-- no -->yes<script>x()</script>", "yes"),
        ("one<br>two", "one two"),
        ("Hello ******** there ===== now", "Hello there now"),
        ("snake_case", "snake case"),
        ("==marked== and ^raised^ and ~lowered~", "marked and raised and lowered"),
        ("H~2~O and x^2^", "H₂O and x^2"),
        ("H<sub>2</sub>O and x<sup>2</sup>", "H₂O and x²"),
        ("mail <me@example.com> or <https://example.com>", "mail me@example.com or https://example.com"),
        ("[!WARNING] Do not touch.", "Warning. Do not touch."),
        ("Great :-) thanks ;)", "Great thanks"),
        ("at 7, (see 8) and a:b", "at 7, (see 8) and a:b"),
        ("2 ** 3", "2^3"),
        ("5*3 and 2 * 2", "5*3 and 2 * 2"),
        ("5️⃣ eggs 😀 for 100㎡", "5 eggs for 100m²"),
        ('<sub alias="World Wide Web">WWW</sub> is', "World Wide Web is"),
        ('<prosody rate="slow">slow</prosody> <emphasis>now</emphasis>', "slow now"),
        ('<phoneme alphabet="ipa" ph="x">word</phoneme>', "word"),
        (r"\*not bold\*", "not bold"),
    ],
)
def test_text_without_its_marks(text: str, said: str) -> None:
    assert " ".join(item.text for item in read(text) if isinstance(item, Written)) == said


@pytest.mark.parametrize("text", ["---", "***", "|---|:-:|", "😀", "[1]: https://example.com", "```", "====="])
def test_markup_alone_says_nothing(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("[pause:1.5s]", 1.5),
        ("[pause:200ms]", 0.2),
        ("[pause:2]", 2.0),
        ("[PAUSE]", 0.5),
        ('<break time="500ms"/>', 0.5),
        ("<break time='1s'></break>", 1.0),
        ('<break strength="strong"/>', 0.75),
        ("<break/>", 0.5),
        ('<break time="99s"/>', 10.0),
    ],
)
def test_pauses(text: str, seconds: float) -> None:
    assert read(text) == [Pause(seconds)]


def test_sentences_of_ssml() -> None:
    assert read("<speak><s>One</s><s>Two</s></speak>") == [
        *(Break(), Written("One"), Break(), Break(), Written("Two"), Break())
    ]


def test_how_a_text_is_to_be_said() -> None:
    assert read('Dial <say-as interpret-as="digits">911</say-as> now') == [
        *(Written("Dial"), Written("911", "digits"), Written("now"))
    ]


def test_a_fenced_block_is_read_without_its_fence() -> None:
    reader = MarkupReader()
    found = [item for piece in ("```python", "x_y = 2 * 3", "```", "**Done**") for item in reader.read(piece)]
    assert found == [Written("x y = 2 * 3"), Written("Done")]


def test_what_a_model_thought_is_not_said() -> None:
    reader = MarkupReader()
    opened = '<details type="reasoning" done="true" duration="5"><summary>Thought</summary>'
    assert reader.read(f"Well. {opened}> secret") == [Written("Well.")]
    assert reader.read("> more") == []
    assert reader.read("end</details> Hello.") == [Written("Hello.")]
    assert [item for item in reader.read("<details><summary>More</summary>Here.</details>") if item != Break()] == [
        Written("More"),
        Written("Here."),
    ]
