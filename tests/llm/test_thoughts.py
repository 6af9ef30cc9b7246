"""What a model writes to itself is not said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.llm.thoughts import MAX_KEPT_CHARACTERS, ThoughtFilter

BETWEEN_MARKS = {
    "Hello.": "Hello.",
    "<think>Who is this?</think>Hello.": "Hello.",
    "A <think>b</think> c <think>d</think>e": "A  c e",
    "1 < 2, <thin air> and <think": "1 < 2, <thin air> and <think",
    "<think>It never ends": "",
    "<think>It breaks off in </thi": "",
    "<<think>x</think>": "<",
    "<THINK>a</Think>b": "b",
    "<thinking>a</thinking>b": "b",
    "<reasoning>a</reasoning>b": "b",
    "<thought>a</thought>b": "b",
    "<think >a</think >b": "b",
    "< think >a</ think >b": "b",
    '<think type="deep">a</think>b': "b",
    "<scratchpad>a</scratchpad>b": "b",
    "<thought_process>a</thought_process>b": "b",
    "<thinking-process>a</thinking-process>b": "b",
    "<internal>a</internal>b": "b",
    "<planning>a</planning>b": "b",
    "<tool_use>a</tool_use>b": "b",
    "<思考>a</思考>b": "b",
    "<unused94>thought\na<unused95>b": "b",
    "<internals> and <plan>b": "<internals> and <plan>b",
    "<inner_monologue>a</inner_monologue>b": "b",
    "<seed:think>a</seed:think>b": "b",
    "<longcat_think>a</longcat_think>b": "b",
    "&lt;think&gt;a&lt;/think&gt;b": "b",
    "＜think＞a＜/think＞b": "b",
    "◁think▷a◁/think▷b": "b",
    "[THINK]a[/THINK]b": "b",
    "<|begin_of_thought|>a<|end_of_thought|><|begin_of_solution|>b<|end_of_solution|>": "b",
    "<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>": "b",
    "<|think|>a<|/think|>b": "b",
    "<|channel>thought\na<channel|>b": "b",
    "<think>a</think><answer>b</answer>": "b",
    "<think>a<answer>b</answer>": "b",
    '<tool_call>{"name": "x"}</tool_call>b': "b",
    "<think/>b": "b",
    "b<|im_end|>": "b",
    "<|im_start|>assistant\nb<|im_end|>": "b",
    "<|start_header_id|>assistant<|end_header_id|>\n\nb<|eot_id|>": "\n\nb",
    "b<｜end▁of▁sentence｜>": "b",
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b": "b",
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=f <|constrain|>json<|message|>{}"
    "<|call|><|start|>assistant<|channel|>final<|message|>b<|return|>": "b",
    "<|start|>assistant<|channel|>final<|message|>b": "b",
    "analysisWho is this?assistantfinalb": "b",
    "Here is my thought process: a. Here is my response: b": "b",
    "**Thought:** a\n\n**Final Answer:** b": "b",
    "Here are my reasoning steps:\na\n[BEGIN FINAL RESPONSE]\nb[END FINAL RESPONSE]": "b",
    # What only looks like it.
    "Analysis is fun.": "Analysis is fun.",
    "analysis of it": "analysis of it",
    "Here is my thought process: I like it.": "Here is my thought process: I like it.",
    "Here you go.": "Here you go.",
    "Thought: it is late.": "Thought: it is late.",
    "I think <b>so</b>, [think about it], <think twice>": "I think <b>so</b>, [think about it], <think twice>",
    "`<think>` begins a thought, `</think>` ends it.": "`<think>` begins a thought, `</think>` ends it.",
    "a <| b": "a <| b",
    "AT&T, x &lt; y": "AT&T, x &lt; y",
}

WITHOUT_A_BEGINNING = {
    "secret plans\n</think>\n\nb": "\n\nb",
    "secret plans</thinking>b": "b",
    "secret plans◁/think▷b": "b",
    "secret plans[/THINK]b": "b",
    "secret <think>plans</think> and more</think>b": "b",
    "secret plans<|END_THINKING|>b": "b",
    "secret plans<|end|><|start|>assistant<|channel|>final<|message|>b": "b",
}


def said_of(thoughts: ThoughtFilter, text: str, cuts: list[int]) -> str:
    said, at = "", 0
    for cut in [*sorted(min(cut, len(text)) for cut in cuts), len(text)]:
        piece = thoughts.feed(text[at:cut])
        said = piece.text if piece.withdrawn else said + piece.text
        at = cut
    return said + thoughts.flush().text


@given(st.sampled_from(sorted(BETWEEN_MARKS | WITHOUT_A_BEGINNING)), st.lists(st.integers(0, 200), max_size=200))
def test_in_any_pieces(text: str, cuts: list[int]) -> None:
    assert said_of(ThoughtFilter(), text, cuts) == (BETWEEN_MARKS | WITHOUT_A_BEGINNING)[text]


@pytest.mark.parametrize("text", BETWEEN_MARKS | WITHOUT_A_BEGINNING)
def test_whole_and_letter_by_letter(text: str) -> None:
    expected = (BETWEEN_MARKS | WITHOUT_A_BEGINNING)[text]
    thoughts = ThoughtFilter()
    assert not thoughts.feed(text).withdrawn
    assert said_of(ThoughtFilter(), text, []) == expected
    assert said_of(ThoughtFilter(), text, list(range(len(text)))) == expected


@given(st.text(alphabet="<|>/[]think channel\n◁▷&lt;", max_size=60), st.lists(st.integers(0, 60)))
def test_pieces_never_matter(text: str, cuts: list[int]) -> None:
    whole = said_of(ThoughtFilter(), text, [])
    assert said_of(ThoughtFilter(), text, cuts) == whole


@pytest.mark.parametrize("piece", ["Hello", "1 < 2", "Here you go", "a <b>", "[1]", "R&D", "x <y and z"])
def test_nothing_is_held_that_can_be_no_mark(piece: str) -> None:
    assert ThoughtFilter().feed(piece).text == piece


class TestPresumed:
    """The endpoint's last answer began in a thought."""

    @given(st.sampled_from(sorted(WITHOUT_A_BEGINNING)), st.lists(st.integers(0, 200)))
    def test_nothing_is_given_back_before_the_end_of_the_thought(self, text: str, cuts: list[int]) -> None:
        thoughts, said, at = ThoughtFilter(presumed=True), "", 0
        for cut in [*sorted(min(cut, len(text)) for cut in cuts), len(text)]:
            piece = thoughts.feed(text[at:cut])
            if " and more" not in text:  # a thought within it ends it too soon
                assert not piece.withdrawn
            said = piece.text if piece.withdrawn else said + piece.text
            at = cut
        assert said + thoughts.flush().text == WITHOUT_A_BEGINNING[text]
        assert thoughts.began_in_thought

    def test_an_answer_without_thoughts_comes_at_its_end(self) -> None:
        thoughts = ThoughtFilter(presumed=True)
        assert thoughts.feed("Hello ").text == thoughts.feed("there.<|im_end|>").text == ""
        assert thoughts.flush().text == "Hello there."
        assert thoughts.presumed_wrongly

    def test_thoughts_in_a_field_of_their_own(self) -> None:
        thoughts = ThoughtFilter(presumed=True)
        assert thoughts.feed("Hel").text == ""
        assert thoughts.answer_comes_apart().text == "Hel"
        assert thoughts.feed("lo").text == "lo"
        assert thoughts.presumed_wrongly

    def test_a_thought_of_any_length_takes_bounded_memory(self) -> None:
        thoughts = ThoughtFilter(presumed=True)
        for _ in range(3):
            thoughts.feed("x" * MAX_KEPT_CHARACTERS)
        assert thoughts.flush().text == ""
