"""What is known of one utterance: it is counted, logged and traced, and its engine watched."""

from __future__ import annotations

from collections.abc import Callable

from makima.engines.protocol import Observer
from makima.errors import MakimaError
from makima.server.access.usage import UsageLog
from makima.server.monitoring.logs import access
from makima.server.monitoring.metrics import Metrics
from makima.server.monitoring.scope import Scope
from makima.server.monitoring.stalls import Stalls
from makima.server.monitoring.tracing import Tracing, UtteranceSpans


class UtteranceWatch(Observer):
    """The `Observer` of one utterance of `subject`. `log_text` keeps its text for the log."""

    def __init__(
        self,
        scope: Scope,
        metrics: Metrics,
        stalls: Stalls,
        usage: UsageLog,
        subject: str | None,
        tracing: Tracing | None = None,
        *,
        log_text: bool = False,
    ) -> None:
        self._scope = scope
        self._metrics = metrics
        self._stalls = stalls
        self._usage = usage
        self._subject = subject
        self._tracing = tracing
        self._spans: UtteranceSpans | None = None
        self._text: list[str] | None = [] if log_text else None
        self._characters = 0
        self._told: dict[str, object] = {}
        self.on_paced: Callable[[float], None] = lambda _: None
        """Called with the factor of an utterance that was spoken to its end."""

    def begun(self) -> None:
        self._metrics.active.labels(self._scope.door).inc()
        if self._tracing is not None:
            self._spans = self._tracing.utterance(self._scope)

    def text(self, piece: str) -> None:
        self._characters += len(piece)
        if self._text is not None:
            self._text.append(piece)

    def queued(self, wait_s: float, since_s: float) -> None:
        self._metrics.queue_wait.labels(self._scope.door).observe(wait_s)
        self._told["queueMs"] = round(wait_s * 1000, 1)
        if self._spans is not None:
            self._spans.queued(wait_s, since_s)

    def waits(self) -> None:
        self._stalls.waits(self)

    def progressed(self) -> None:
        self._stalls.progressed(self)

    def gave_up(self) -> None:
        self._stalls.gave_up(self)

    def first_audio(self, after_s: float) -> None:
        self._metrics.first_audio.labels(self._scope.door).observe(after_s)
        self._told["firstAudioMs"] = round(after_s * 1000, 1)
        if self._spans is not None:
            self._spans.first_audio(after_s)

    def onset(self, silence_s: float) -> None:
        self._metrics.onset.labels(self._scope.door).observe(silence_s)

    def paced(self, real_time_factor: float) -> None:
        self._metrics.real_time_factor.labels(self._scope.door).observe(real_time_factor)
        self._told["realTimeFactor"] = round(real_time_factor, 4)
        self.on_paced(real_time_factor)

    def ended(self, outcome: str, audio_s: float, error: MakimaError | None) -> None:
        door = self._scope.door
        self._stalls.left(self)
        self._metrics.active.labels(door).dec()
        self._metrics.utterances.labels(outcome, door).inc()
        self._metrics.audio_seconds.labels(door).inc(audio_s)
        self._usage.add(self._subject, audio_s=audio_s)
        if error is not None:
            self._metrics.count_failed(error, door)
        if self._spans is not None:
            self._spans.ended(outcome, audio_s, self._characters, error)
        access(
            "utterance",
            door=door,
            session=self._scope.session_id,
            request=self._scope.request_id,
            outcome=outcome,
            characters=self._characters,
            audioSeconds=round(audio_s, 3),
            error=error.code if error is not None else None,
            text="".join(self._text) if self._text is not None else None,
            **self._told,
        )
