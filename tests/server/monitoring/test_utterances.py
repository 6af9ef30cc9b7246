"""`makima.server.monitoring.utterances`: what is counted of an utterance."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.errors import SynthesisFailed
from makima.server.access.usage import UsageLog
from makima.server.monitoring.metrics import Metrics
from makima.server.monitoring.scope import Scope
from makima.server.monitoring.stalls import Stalls
from makima.server.monitoring.utterances import UtteranceWatch


def test_it_is_counted_by_door_and_key(tmp_path: Path) -> None:
    metrics, usage = Metrics(), UsageLog(tmp_path)

    def watch() -> UtteranceWatch:
        return UtteranceWatch(Scope("openai"), metrics, Stalls(1.0), usage, "key a")

    whole, failed = watch(), watch()
    for each in (whole, failed):
        each.begun()
        each.queued(0.5, 0.1)
    assert b'makima_active{door="openai"} 2.0' in metrics.render()
    whole.first_audio(0.1)
    whole.onset(0.01)
    whole.paced(0.3)
    whole.ended("end", 2.0, None)
    error = SynthesisFailed("It failed.")
    failed.ended("error", 0.5, error)
    metrics.count_error(error)  # as it is told to the client
    rendered = metrics.render().decode()
    for line in (
        'makima_active{door="openai"} 0.0',
        'makima_utterances_total{door="openai",outcome="end"} 1.0',
        'makima_utterances_total{door="openai",outcome="error"} 1.0',
        'makima_errors_total{code="SYNTHESIS_ERROR",door="openai"} 1.0',
        'makima_queue_wait_seconds_sum{door="openai"} 1.0',
        'makima_real_time_factor_sum{door="openai"} 0.3',
        'makima_audio_seconds_total{door="openai"} 2.5',
    ):
        assert line in rendered
    assert usage.rows()[0].audio_s == 2.5


def test_one_error_that_ends_many_is_counted_for_each(tmp_path: Path) -> None:
    metrics, error = Metrics(), SynthesisFailed("It failed.")
    for _ in range(3):
        watch = UtteranceWatch(Scope("tts"), metrics, Stalls(1.0), UsageLog(tmp_path), None)
        watch.begun()
        watch.ended("error", 0.0, error)
    assert b'makima_errors_total{code="SYNTHESIS_ERROR",door="tts"} 3.0' in metrics.render()


@pytest.mark.parametrize("log_text", [False, True])
def test_its_text_is_logged_only_if_that_is_wanted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, log_text: bool
) -> None:
    watch = UtteranceWatch(Scope("tts"), Metrics(), Stalls(1.0), UsageLog(tmp_path), None, log_text=log_text)
    with caplog.at_level("INFO", "makima.access"):
        watch.begun()
        watch.text("Hello ")
        watch.text("there.")
        watch.ended("end", 1.0, None)
    (record,) = caplog.records
    fields = record.__dict__["fields"]
    assert fields["characters"] == 12
    assert fields.get("text") == ("Hello there." if log_text else None)
