"""What a soak makes of what it has counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from makima.bench.soak.figures import POOL_THREADS, figures, left_over
from makima.bench.soak.holdings import Holdings, MemoryWatch, Sample
from makima.bench.soak.ledger import Ledger
from makima.bench.soak.measure import Plan, Results, read_figures

HELD = Holdings(threads=10, processes=3, descriptors=40, sockets=5)


def results(after: Holdings = HELD, slope: float = 0.0, tasks_left: int = 4) -> Results:
    watch = MemoryWatch(0)
    watch.samples = [Sample(float(second), 300 + slope * second / 60, 200) for second in range(0, 600, 2)]
    return Results(Ledger(), HELD, after, watch, {"ended end": 3}, 4, tasks_left, 0, 600.0, exit_status=0)


def missed(found: Results, minutes: float = 10) -> list[str]:
    return [figure.name for figure in figures(Plan(minutes), found) if figure.met is False]


def test_nothing_is_missed_where_nothing_is_left() -> None:
    assert missed(results()) == []


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (results(replace(HELD, descriptors=41)), "descriptors left over"),
        (results(replace(HELD, sockets=6)), "sockets left over"),
        (results(replace(HELD, processes=4)), "processes left over"),
        (results(replace(HELD, threads=10 + POOL_THREADS + 1)), "threads left over"),
        (results(tasks_left=5), "tasks left over"),
        (results(slope=2.0), "slope after 180 s"),
    ],
)
def test_what_is_left_over_is_missed(found: Results, name: str) -> None:
    assert missed(found) == [name]


def test_threads_of_pools_may_come_late() -> None:
    assert left_over(results(replace(HELD, threads=10 + POOL_THREADS)))["threads"] == 0


def test_a_short_soak_has_no_target_for_its_slope() -> None:
    assert missed(results(slope=20.0), minutes=0.5) == []


def test_faults_and_open_utterances_are_missed() -> None:
    found = results()
    found.ledger.begin("speak", "Hello.")
    found.ledger.fault("speak", "something")
    found.traces.append("Traceback")
    found.exit_status = 1
    names = ["utterances without an end", "faults", "lines of tracebacks", "exit status"]
    assert missed(found) == names


def test_the_servers_own_figures() -> None:
    text = """# HELP makima_active Utterances
makima_active{door="speak"} 2.0
makima_sessions{door="speak"} 1.0
makima_tasks 7.0
makima_utterances_total{door="speak",outcome="end"} 3.0
makima_utterances_total{door="tts",outcome="end"} 2.0
makima_utterances_total{door="tts",outcome="error"} 1.0
makima_utterances_created{door="tts",outcome="error"} 1.7e+09"""
    assert read_figures(text.splitlines()) == {"active": 3, "tasks": 7, "ended end": 5, "ended error": 1}
