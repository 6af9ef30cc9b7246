"""Utterances as subtitles."""

from __future__ import annotations

from collections.abc import Iterable

from makima.stt.protocol import Final


def srt(utterances: Iterable[Final]) -> str:
    """SubRip."""
    blocks = [
        f"{number}\n{_clock(u.start_ms, ',')} --> {_clock(u.end_ms, ',')}\n{u.text}\n"
        for number, u in enumerate(utterances, 1)
    ]
    return "\n".join(blocks)


def vtt(utterances: Iterable[Final]) -> str:
    """WebVTT."""
    blocks = [f"{_clock(u.start_ms, '.')} --> {_clock(u.end_ms, '.')}\n{u.text}\n" for u in utterances]
    return "\n".join(["WEBVTT\n", *blocks])


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"
