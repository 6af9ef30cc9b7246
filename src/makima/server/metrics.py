"""Counters and histograms for `/metrics`, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from makima.engines.protocol import Engine, Observable
from makima.errors import MakimaError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One server's figures, in a registry of its own. Also the `Observer` of all speech."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.sessions = Gauge("makima_sessions", "Speak sessions that are open", registry=self._registry)
        self._utterances = Counter(
            "makima_utterances", "Utterances by how they ended", ["outcome"], registry=self._registry
        )
        self._errors = Counter("makima_errors", "Errors sent, by code", ["code"], registry=self._registry)
        self.listening = Gauge("makima_listening", "Listen sessions that are open", registry=self._registry)
        self.heard = Counter("makima_heard", "Utterances that were recognised", registry=self._registry)
        self._audio_seconds = Counter("makima_audio_seconds", "Audio sent", registry=self._registry)
        self._first_audio = Histogram(
            "makima_first_audio_seconds",
            "From the utterance's turn to its first audio",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0),
            registry=self._registry,
        )
        self.reply_stages = Histogram(
            "makima_reply_stage_seconds",
            "From the end of speech to the first audio of the reply: each stage, and their total",
            ["stage"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0),
            registry=self._registry,
        )
        self.interruptions = Counter("makima_interruptions", "Replies that were spoken over", registry=self._registry)
        self._onset = Histogram(
            "makima_onset_seconds",
            "Silence that an utterance's audio begins with, after trimming",
            buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            registry=self._registry,
        )

    def count_error(self, exc: MakimaError) -> None:
        """Count an error that a client is sent."""
        self._errors.labels(exc.code).inc()

    # What `SpeechOutput` calls, as an Observer:

    def first_audio(self, after_s: float) -> None:
        self._first_audio.observe(after_s)

    def onset(self, silence_s: float) -> None:
        self._onset.observe(silence_s)

    def ended(self, outcome: str, audio_s: float, error: MakimaError | None) -> None:
        self._utterances.labels(outcome).inc()
        self._audio_seconds.inc(audio_s)
        if error is not None:
            self.count_error(error)

    def observe(self, engine: Engine) -> None:
        """Report the engine's figures too, if it has any."""
        if isinstance(engine, Observable):
            self._registry.register(_EngineCollector(engine))

    def render(self) -> bytes:
        return generate_latest(self._registry)


class _EngineCollector(Collector):
    """An engine's figures, read each time the metrics are."""

    def __init__(self, engine: Observable) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        figures = self._engine.figures()
        yield GaugeMetricFamily("makima_engine_slots", "Utterances that the engine speaks at once", figures.slots)
        yield GaugeMetricFamily("makima_engine_speaking", "Slots that are taken", figures.speaking)
        yield GaugeMetricFamily("makima_engine_waiting", "Utterances that wait for a slot", figures.waiting)
        guards = CounterMetricFamily("makima_guards", "How often each guard has acted", labels=["guard"])
        for guard, count in figures.guards.items():
            guards.add_metric([guard], count)
        yield guards
