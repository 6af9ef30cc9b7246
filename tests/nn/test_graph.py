"""Recorded functions: what they give, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from makima.nn.graph import EagerRecorder, Graph, Recorder, recorder_for
from tests.support.recording import TapeRecorder

CPU = torch.device("cpu")
RECORDERS = [EagerRecorder, TapeRecorder]


def running_sum(total: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """A function with a state, which a masked row leaves as it is."""

    def add(x: Tensor, active: Tensor) -> Tensor:
        total.add_(torch.where(active[:, None], x, 0))
        return total * 2

    return add


def graph(recorder: Recorder, total: Tensor) -> Graph:
    return Graph(running_sum(total), recorder, x=total, active=torch.zeros(len(total), dtype=torch.bool))


@pytest.mark.parametrize("make", RECORDERS)
def test_a_graph_gives_what_the_function_gives(make: type[EagerRecorder]) -> None:
    recorded, plain = torch.zeros(3, 4), torch.zeros(3, 4)
    replayed, called = graph(make(CPU), recorded), running_sum(plain)
    for _ in range(5):
        x, active = torch.randn(3, 4), torch.rand(3) < 0.5
        assert torch.equal(_made(replayed(x=x, active=active)), called(x, active))
        assert torch.equal(recorded, plain)


@pytest.mark.parametrize("make", RECORDERS)
def test_nothing_moves(make: type[EagerRecorder]) -> None:
    replayed = graph(make(CPU), torch.zeros(2, 4))
    before = [buffer.data_ptr() for buffer in replayed.inputs.values()]
    outputs = {_made(replayed(x=torch.randn(2, 4), active=torch.ones(2, dtype=torch.bool))).data_ptr() for _ in "abc"}
    assert len(outputs) == 1
    assert [buffer.data_ptr() for buffer in replayed.inputs.values()] == before


def test_what_is_passed_in_is_copied() -> None:
    replayed = Graph(lambda x: x, EagerRecorder(CPU), x=torch.zeros(2))
    given = torch.ones(2)
    replayed(x=given)
    given.fill_(7)
    assert replayed.inputs["x"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (torch.zeros(2, 5), r"shape of 'x' is \[2, 5\].*\[2, 4\]"),
        (torch.zeros(2, 4, dtype=torch.float64), r"dtype of 'x' is torch.float64.*torch.float32"),
        (torch.zeros(2, 4, device="meta"), r"device of 'x' is meta.*cpu"),
    ],
    ids=["shape", "dtype", "device"],
)
def test_the_argument_that_changed_is_named(x: Tensor, said: str) -> None:
    total = torch.zeros(2, 4)
    replayed = graph(EagerRecorder(CPU), total)
    with pytest.raises(ValueError, match=said):
        replayed(active=torch.ones(2, dtype=torch.bool), x=x)
    assert not total.any(), "nothing has run"


def test_missing_and_unknown_arguments_are_named() -> None:
    replayed = graph(EagerRecorder(CPU), torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"\['active', 'x'\].*\['x', 'y'\]"):
        replayed(x=torch.zeros(2, 4), y=torch.zeros(2))


def test_numbers_of_the_host_stay_as_they_were_recorded() -> None:
    runs = 0

    def count(x: Tensor) -> Tensor:
        nonlocal runs
        runs += 1
        return x + runs

    replayed = Graph(count, TapeRecorder(CPU), x=torch.zeros(1))
    assert [_made(replayed(x=torch.zeros(1))).item() for _ in range(3)] == [1, 1, 1]
    assert runs == 1


def test_a_function_may_give_nothing() -> None:
    total = torch.zeros(2)

    def add(x: Tensor) -> None:
        total.add_(x)

    replayed = Graph(add, TapeRecorder(CPU), x=total)
    assert replayed(x=torch.ones(2)) is None
    assert total.tolist() == [1, 1]


def test_a_cpu_has_no_graphs() -> None:
    assert recorder_for(CPU) is None


@pytest.mark.gpu
def test_cuda_graphs() -> None:
    device = torch.device("cuda:0")
    recorder = recorder_for(device)
    assert recorder is not None
    totals = [torch.zeros(3, 4, device=device) for _ in range(2)]
    graphs = [graph(recorder, total) for total in totals]  # of one pool of memory
    for _ in range(5):
        for replayed, total in zip(graphs, totals, strict=True):
            plain = total.clone()
            x, active = torch.randn(3, 4).pin_memory(), (torch.rand(3) < 0.5).pin_memory()
            wanted = running_sum(plain)(x.to(device), active.to(device))
            assert torch.equal(_made(replayed(x=x, active=active)), wanted)
            assert torch.equal(total, plain)


def _made(output: Tensor | None) -> Tensor:
    assert output is not None
    return output
