"""Counters and histograms for `/metrics`, in Prometheus' terms."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One server's figures, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.sessions = Gauge("makima_sessions", "Speak sessions that are open", registry=self._registry)
        self.utterances = Counter(
            "makima_utterances", "Utterances by how they ended", ["outcome"], registry=self._registry
        )
        self.errors = Counter("makima_errors", "Errors sent, by code", ["code"], registry=self._registry)
        self.listening = Gauge("makima_listening", "Listen sessions that are open", registry=self._registry)
        self.heard = Counter("makima_heard", "Utterances that were recognised", registry=self._registry)
        self.audio_seconds = Counter("makima_audio_seconds", "Audio sent", registry=self._registry)
        self.first_audio = Histogram(
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

    def render(self) -> bytes:
        return generate_latest(self._registry)
