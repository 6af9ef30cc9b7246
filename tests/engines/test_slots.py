"""`makima.engines.slots`: who is served in a round, played out without a model."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from makima.engines.slots import Slots


@dataclass(eq=False)
class Speaker:
    """One that has this many pieces of a prompt left; the rest is as the rules see it."""

    pieces: int = 0
    held_back: bool = False
    ended: bool = False
    frames: int = 0

    @property
    def prompted(self) -> bool:
        return self.pieces == 0


def slots_of(*speakers: Speaker) -> Slots[Speaker]:
    slots: Slots[Speaker] = Slots(len(speakers) + 1)
    for slot, speaker in enumerate(speakers):
        slots.put(slot, speaker)
    return slots


def play(slots: Slots[Speaker]) -> int | None:
    """A round with no time for more than a piece of a prompt; whose that was."""
    prompted = slots.to_prompt()
    if prompted is not None:
        prompted[1].pieces -= 1
    for each in slots.to_step().values():
        each.frames += 1
    return None if prompted is None else prompted[0]


def test_every_one_that_can_is_stepped_in_every_round() -> None:
    slots = slots_of(Speaker(), Speaker(held_back=True), Speaker(), Speaker(pieces=2), Speaker(ended=True))
    assert list(slots.to_step()) == [0, 2]


def test_long_prompts_hold_nobody_up() -> None:
    """A frame for all and one piece of a prompt a round, however many have come."""
    speaker, long, short = Speaker(), Speaker(pieces=9), Speaker(pieces=2)
    slots = slots_of(speaker, long, short)
    assert [play(slots) for _ in range(12)] == [1] * 9 + [2] * 2 + [None]
    assert (speaker.frames, long.frames, short.frames) == (12, 4, 2)


def test_prompts_are_run_in_the_order_of_arrival_not_of_slots() -> None:
    slots: Slots[Speaker] = Slots(2)
    slots.put(1, Speaker(pieces=1))
    slots.put(0, Speaker(pieces=1))
    assert [play(slots), play(slots)] == [1, 0]


def test_one_that_is_cancelled_takes_no_further_piece_and_no_further_frame() -> None:
    speaking, beginning = Speaker(), Speaker(pieces=5)
    slots = slots_of(speaking, beginning)
    play(slots)
    speaking.ended = beginning.ended = True
    assert play(slots) is None
    assert (speaking.frames, beginning.pieces) == (1, 4)


def test_a_slow_listener_keeps_its_slot_and_goes_on_where_it_was() -> None:
    slow, other = Speaker(held_back=True), Speaker()
    slots = slots_of(slow, other)
    for _ in range(3):
        play(slots)
    slow.held_back = False
    play(slots)
    assert (slow.frames, other.frames) == (1, 4)


def test_places() -> None:
    slots: Slots[Speaker] = Slots(2)
    first, second = Speaker(), Speaker()
    assert (slots.free, len(slots)) == (0, 0)
    slots.put(0, first)
    slots.put(1, second)
    assert (slots.free, len(slots), list(slots)) == (None, 2, [(0, first), (1, second)])
    slots.release(0)
    assert (slots.free, list(slots)) == (0, [(1, second)])


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 4), st.sampled_from(["come", "hold", "let go", "leave"])),
        max_size=60,
    )
)
def test_whatever_happens_none_waits_for_more_than_a_round(steps: list[tuple[int, int, str]]) -> None:
    slots: Slots[Speaker] = Slots(4)
    for slot, pieces, step in steps:
        there = dict(slots)
        if step == "come" and slot not in there:
            slots.put(slot, Speaker(pieces=pieces))
        elif step == "leave" and slot in there:
            slots.release(slot)
        elif slot in there:
            there[slot].held_back = step == "hold"
        before = {slot: each.frames for slot, each in slots}
        prompts_left = sum(each.pieces for _, each in slots)
        play(slots)
        for slot, each in slots:
            assert each.frames - before[slot] == (each.prompted and not each.held_back)
        assert sum(each.pieces for _, each in slots) == max(0, prompts_left - 1)
