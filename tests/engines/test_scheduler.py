"""`makima.engines.scheduler`: whose turn it is, and who is let in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.engines.scheduler import MAX_RETRY_S, PATIENCE_TURNS, USUAL_UTTERANCE_S, Admission, Place, Wait, take_turn
from makima.errors import CapacityError
from makima.priority import Priority

LET_IN = 10

PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high")


def line(*priorities: Priority) -> list[Place]:
    return [Place(priority, order) for order, priority in enumerate(priorities)]


def served(waiting: list[Place]) -> list[int]:
    """The order in which places get their turns, if no other comes."""
    waiting, orders = list(waiting), []
    while (place := take_turn(waiting)) is not None:
        waiting.remove(place)
        orders.append(place.order)
    return orders


class TestTurns:
    def test_nobody(self) -> None:
        assert take_turn([]) is None

    def test_high_before_normal_before_low_and_who_came_first(self) -> None:
        assert served(line("low", "normal", "high", "low", "high", "normal")) == [2, 4, 1, 5, 0, 3]

    def test_who_has_begun_goes_on_before_who_has_not(self) -> None:
        """It keeps its place from segment to segment."""
        first, second = line("normal", "normal")
        for _ in range(PATIENCE_TURNS):
            assert take_turn([second, first]) is first
        assert take_turn([second, first]) is second, "but not for ever"
        assert take_turn([second, first]) is first

    @pytest.mark.parametrize(("priority", "turns"), [("low", 2 * PATIENCE_TURNS), ("normal", PATIENCE_TURNS)])
    def test_a_stream_of_high_ones_is_let_past_for_so_long(self, priority: Priority, turns: int) -> None:
        """Once it counts as high it came first."""
        waiting = Place(priority, 0)
        passed = 0
        while take_turn([Place("high", passed + 1), waiting]) is not waiting:
            passed += 1
        assert passed == turns

    @given(
        ahead=st.lists(st.sampled_from(PRIORITIES), max_size=9),
        priority=st.sampled_from(PRIORITIES),
        arrivals=st.lists(st.lists(st.sampled_from(PRIORITIES), max_size=3), max_size=80),
        endless=st.booleans(),
    )
    def test_nobody_starves(
        self, ahead: list[Priority], priority: Priority, arrivals: list[list[Priority]], endless: bool
    ) -> None:
        """Any that come, as many as are let in, however long each speaks, wait again after each turn."""
        orders = itertools.count()
        waiting = [Place(each, next(orders)) for each in ahead]
        mine = Place(priority, next(orders))
        waiting.append(mine)
        for_ever: list[Priority] = ["high"]
        coming = itertools.chain(arrivals, itertools.repeat(for_ever))
        most = 3 * PATIENCE_TURNS + LET_IN
        for turn in itertools.count(1):
            waiting += [Place(each, next(orders)) for each in next(coming)[: LET_IN - len(waiting)]]
            place = take_turn(waiting)
            assert place is not None
            if place is mine:
                break
            assert turn <= most
            if not endless:
                waiting.remove(place)


@dataclass(eq=False)
class Utterance:
    ended: bool = False


@dataclass
class House:
    """An admission, and a clock that stands still."""

    slots: int = 2
    max_waiting: int = 1
    now_s: float = 0.0
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        self.admission = Admission(self.slots, self.max_waiting, lambda: self.now_s)

    def enter(self) -> Utterance:
        utterance = Utterance()
        self.admission.admit(utterance)
        return utterance

    def speak(self, seconds: float) -> None:
        """An utterance of this length, spoken to its end."""
        utterance = self.enter()
        self.admission.begun(utterance)
        self.now_s += seconds
        utterance.ended = True
        self.admission.sweep()

    def refused(self) -> float:
        with pytest.raises(CapacityError) as caught:
            self.enter()
        return caught.value.retry_after_s


class TestAdmission:
    def test_as_many_as_there_are_slots_and_those_that_may_wait(self) -> None:
        house = House()
        inside = [house.enter() for _ in range(3)]
        assert house.admission.waiting == 3
        house.admission.begun(inside[0])
        assert house.admission.waiting == 2
        house.refused()
        inside[1].ended = True
        house.enter()
        house.refused()

    def test_cancelled_ones_make_room_before_anybody_has_swept(self) -> None:
        house = House()
        for utterance in [house.enter() for _ in range(3)]:
            utterance.ended = True
        assert house.admission.waiting == 0
        house.enter()

    def test_at_first_the_usual_length_is_taken(self) -> None:
        house = House(slots=1)
        house.enter(), house.enter()
        assert house.refused() == pytest.approx(USUAL_UTTERANCE_S)

    @pytest.mark.parametrize("seconds", [1.0, 20.0])
    def test_the_pace_is_learnt(self, seconds: float) -> None:
        house = House(slots=4)
        for _ in range(60):
            house.speak(seconds)
        for _ in range(5):
            house.enter()
        assert house.refused() == pytest.approx(seconds / 4, rel=0.1), "four slots make room four times as often"

    def test_what_is_being_spoken_counts_too(self) -> None:
        house = House(slots=1, max_waiting=0)
        house.admission.begun(house.enter())
        house.now_s = 7.0
        assert house.refused() == pytest.approx(USUAL_UTTERANCE_S + 7.0)

    def test_those_who_are_refused_are_told_to_come_one_after_the_other(self) -> None:
        house = House(slots=1, max_waiting=0)
        inside = house.enter()
        times = [house.refused() for _ in range(3)]
        assert times == pytest.approx([USUAL_UTTERANCE_S * each for each in (1, 2, 3)])
        inside.ended = True
        house.enter()
        assert house.refused() == pytest.approx(USUAL_UTTERANCE_S * 3), "one of the three has had its chance"

    def test_nobody_is_sent_away_for_ever(self) -> None:
        house = House(slots=1, max_waiting=0)
        house.enter()
        assert [house.refused() for _ in range(100)][-1] == MAX_RETRY_S

    @given(st.lists(st.sampled_from(["enter", "begin", "end", "later"]), max_size=60))
    def test_there_are_never_more_inside(self, steps: list[Literal["enter", "begin", "end", "later"]]) -> None:
        house = House()
        inside: list[Utterance] = []
        for step in steps:
            match step:
                case "enter" if len(inside) == 3:
                    assert 0 < house.refused() <= MAX_RETRY_S
                case "enter":
                    inside.append(house.enter())
                case "begin" if inside:
                    house.admission.begun(inside[0])
                case "end" if inside:
                    inside.pop(0).ended = True
                case _:
                    house.now_s += 1.0
            assert 0 <= house.admission.waiting <= 3


class TestWait:
    def test_it_is_from_the_first_text_to_the_first_turn(self) -> None:
        now_s, told = [10.0], list[float]()
        wait = Wait(told.append, lambda: now_s[0])
        for step in (wait.ready, wait.ready, wait.begun, wait.begun):
            step()
            now_s[0] += 1.0
        assert told == [2.0]

    def test_what_begins_without_text_has_not_waited(self) -> None:
        told: list[float] = []
        Wait(told.append).begun()
        assert told == [0.0]

    def test_it_may_be_told_to_none(self) -> None:
        Wait(None).begun()
