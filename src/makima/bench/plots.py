"""Plots of measurements, where matplotlib is installed (the extra `bench`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


@contextmanager
def _canvas(path: Path, columns: int = 1) -> Iterator[Any]:
    """A row of axes to draw on, saved to `path` at the end."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, columns, figsize=(2 + 6 * columns, 4.5), layout="constrained", squeeze=False)
    yield axes[0]
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def distributions(path: Path, title: str, series: Mapping[str, Sequence[float]], unit: str) -> None:
    """The cumulative distribution of each series."""
    with _canvas(path) as (axes,):
        for name, values in series.items():
            ordered = np.sort(np.asarray(values))
            axes.plot(ordered, np.linspace(0, 100, len(ordered)), label=name, drawstyle="steps-post")
        axes.set(title=title, xlabel=unit, ylabel="per cent at most", xlim=(0, None), ylim=(0, 100))
        axes.grid(alpha=0.3)
        axes.legend()


def frame_times(
    path: Path,
    title: str,
    parts: Mapping[str, Mapping[str, float]],
    real_time_ms: float,
    throughput: Mapping[str, Mapping[int, float]],
) -> None:
    """Left: the parts of a frame for each variant. Right: throughput over the number of streams."""
    with _canvas(path, columns=2) as (left, right):
        names = list(parts)
        base = np.zeros(len(names))
        for part in dict.fromkeys(part for of in parts.values() for part in of):
            values = np.array([parts[name].get(part, 0.0) for name in names])
            left.barh(names, values, left=base, label=part)
            base += values
        left.axvline(real_time_ms, color="black", linestyle="--", linewidth=1, label="real time")
        left.invert_yaxis()
        left.set(title=title, xlabel="ms a frame, one stream")
        for name, by_streams in throughput.items():
            right.plot(list(by_streams), list(by_streams.values()), marker="o", label=name)
        right.axhline(1, color="black", linestyle="--", linewidth=1)
        right.set(title="all streams together", xlabel="streams at once", ylabel="seconds of audio a second")
        right.set(xlim=(0, None), ylim=(0, None))
        for axes in (left, right):
            axes.grid(alpha=0.3)
        left.legend()
        right.legend(loc="upper left", bbox_to_anchor=(1, 1))  # beside the lines, which may be anywhere


def misheard(path: Path, title: str, rates: Mapping[str, Mapping[str, float]]) -> None:
    """Bars of the share of words that were misheard: a group for each language, in it a bar for each thing measured."""
    languages = list(dict.fromkeys(language for of in rates.values() for language in of))
    with _canvas(path) as (axes,):
        height = 0.8 / max(1, len(rates))
        for number, (name, of) in enumerate(rates.items()):
            places = [languages.index(language) + height * number for language in of]
            axes.barh(places, list(of.values()), height, label=name)
        axes.set_yticks([at + 0.4 - height / 2 for at in range(len(languages))], languages)
        axes.invert_yaxis()
        axes.set(title=title, xlabel="per cent of words, of characters in Chinese, Japanese and Korean", xlim=(0, 100))
        axes.grid(axis="x", alpha=0.3)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))  # beside the bars, which may be anywhere


def over_time(
    path: Path,
    title: str,
    minutes: Sequence[float],
    series: Mapping[str, Sequence[float]],
    shares: Mapping[str, Sequence[float]],
    moments: Mapping[str, Sequence[float]],
) -> None:
    """`series` on the left scale, which begins at 0, `shares` in per cent on the right one, and moments as lines."""
    with _canvas(path) as (axes,):
        right = axes.twinx()
        for name, values in series.items():
            axes.plot(minutes, values, label=name, color="tab:blue")
        for (name, values), style in zip(shares.items(), ("--", ":", "-."), strict=False):
            right.plot(minutes, values, label=name, color="tab:green", linestyle=style)
        for name, times in moments.items():
            for number, at in enumerate(times):
                axes.axvline(at, color="tab:red", linewidth=1, label=name if number == 0 else None)
        axes.set(title=title, xlabel="minutes", ylabel=", ".join(series), xlim=(0, None), ylim=(0, None))
        right.set(ylabel="per cent", ylim=(0, 101))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
        right.legend(loc="upper left")


def memory(path: Path, title: str, at_s: Sequence[float], series: Mapping[str, Sequence[float]], from_s: float) -> None:
    """Memory over time, with a line where its slope is taken from."""
    with _canvas(path) as (axes,):
        for name, values in series.items():
            axes.plot(np.asarray(at_s) / 60, values, label=name)
        axes.axvline(from_s / 60, color="black", linestyle="--", linewidth=1)
        axes.set(title=title, xlabel="minutes", ylabel="MiB", xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend()
