"""Who waits for whom: a client within its own allowance for no one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.server.connections.budget import Allowance, Bucket, Share

OWN, COMMON = Allowance(10, 20), Allowance(100, 100)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def spent_within(share: Share, clock: Clock, seconds: float, amount: float = 1.0) -> float:
    """How much a client that never stops spends in this time."""
    spent, until_s = 0.0, clock.now_s + seconds
    while True:
        clock.now_s += share.wait_s()
        if clock.now_s >= until_s:
            return spent
        share.spend(amount)
        spent += amount


def test_one_client_has_both_allowances() -> None:
    clock = Clock()
    share = Share(OWN, Bucket(COMMON, 0.0), clock)
    assert spent_within(share, clock, 10.0) == pytest.approx(20 + 100 + 10 * (10 + 100), rel=0.1)


def test_many_clients_get_their_own_and_the_common_one_once() -> None:
    clock, common = Clock(), Bucket(COMMON, 0.0)
    shares = [Share(OWN, common, clock) for _ in range(50)]
    spent = 0
    for step in range(1_000):
        clock.now_s = step / 100
        for share in shares:
            while not share.wait_s():
                share.spend(1)
                spent += 1
    assert spent == pytest.approx(50 * (20 + 10 * 10) + 100 + 10 * 100, rel=0.1)


@given(st.lists(st.floats(0.0, 1_000.0), max_size=50))
def test_a_client_within_its_own_allowance_never_waits_for_others(floods: list[float]) -> None:
    clock, common = Clock(), Bucket(COMMON, 0.0)
    flood, modest = Share(OWN, common, clock), Share(OWN, common, clock)
    for amount in floods:
        flood.spend(amount)
        clock.now_s += 0.2
        assert modest.wait_s() == 0
        modest.spend(1)


def test_a_large_message_is_taken_whole_and_paid_for_afterwards() -> None:
    bucket = Bucket(OWN, 0.0)
    bucket.spend(1_020, 0.0)
    assert bucket.wait_s(0.0) == pytest.approx(100, rel=0.01)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e4))
def test_once_the_wait_is_over_there_is_something_to_spend(amount: float, at_s: float) -> None:
    bucket = Bucket(OWN, at_s)
    bucket.spend(amount, at_s)
    assert bucket.left(at_s + bucket.wait_s(at_s)) > 0
