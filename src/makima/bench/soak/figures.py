"""What a soak has shown: figures with their targets, and in words what was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from makima.bench.report import Figure
from makima.bench.soak.holdings import SETTLED_S, settled_from_s, slope_mib_per_min

if TYPE_CHECKING:
    from makima.bench.soak.measure import Plan, Results

SLOPE_MIB_PER_MIN = 1.0
STOP_S = 8.0
"""Grace of 5 s, what ends after it, and threads that go on: see docs/reliability.md."""
TRIED_S = 2 * SETTLED_S
"""A soak shorter than this has too few samples after its first minutes for a slope with a target."""
POOL_THREADS = 8
"""Threads of pools that are bounded, and that may not all have been needed before."""


def figures(plan: Plan, results: Results) -> list[Figure]:
    """Everything counted and measured, with what it should be."""
    ledger = results.ledger
    found = [Figure(f"utterances: {end}", count, "") for end, count in ledger.ends.items()]
    found += [Figure(what, count, "") for what, count in sorted(ledger.done.items())]
    found += [
        Figure("complete ones compared with their offline audio", ledger.compared, ""),
        Figure("utterances without an end", len(ledger.open), "", 0.0),
        Figure("faults", len(ledger.faults), "", 0.0),
        Figure("refused, with a wait", ledger.refused, ""),
        Figure("lines of tracebacks", len(results.traces), "", 0.0),
        *(Figure(f"the server counts: {name}", count, "") for name, count in results.server_ends.items()),
        Figure("utterances and sessions left over", results.active_left, "", 0.0),
    ]
    found += [Figure(f"{name} left over", count, "", 0.0) for name, count in left_over(results).items()]
    found += _memory(plan, results)
    status = 0 if results.exit_status is None else results.exit_status
    return [
        *found,
        Figure("end of the server, from the signal on", results.stop_s, "s", STOP_S),
        Figure("exit status", status, "", 0.0),
    ]


def left_over(results: Results) -> dict[str, int]:
    """What the server holds more of than before the first client."""
    more = {"threads": 0, "processes": 0, "descriptors": 0, "sockets": 0, **results.after.over(results.before)}
    if more["threads"] <= POOL_THREADS:
        more["threads"] = 0
    return {**more, "tasks": max(0, results.tasks_left - results.tasks_before)}


def _memory(plan: Plan, results: Results) -> list[Figure]:
    samples = results.watch.samples
    if not samples:
        return []
    duration_s = 60 * plan.minutes
    slope = slope_mib_per_min(samples, settled_from_s(duration_s))
    found = [
        Figure("memory of all processes, first", samples[0].all_mib, "MiB"),
        Figure("memory of all processes, most", max(sample.all_mib for sample in samples), "MiB"),
        Figure("memory of all processes, last", samples[-1].all_mib, "MiB"),
        Figure("memory of the server alone, last", samples[-1].own_mib, "MiB"),
    ]
    if slope is not None:
        target = SLOPE_MIB_PER_MIN if duration_s >= TRIED_S else None
        found.append(Figure(f"slope after {settled_from_s(duration_s):.0f} s", slope, "MiB a minute", target))
    return found
