"""`POST /api/v1/dialogue`."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.engines.fake import FAIL_WORD
from tests.support.server.servers import ProcessServer, ThreadServer
from tests.support.tones import tones_pcm16

PATH = "/api/v1/dialogue"
HEADER_BYTES = len(wav.header(24_000, about=SYNTHETIC))
SCRIPT = "Anna: Hello there.\nTom: And hello to you.\n[1 s]\nAnna: So."
CAST = {"Anna": {"voice": "makima"}, "Tom": {"voice": "second"}}


@pytest.fixture
async def http(tone_server: ThreadServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=tone_server.url, trust_env=False, timeout=20) as client:
        yield client


def silence(ms: int) -> bytes:
    return bytes(2 * 24 * ms)


EXPECTED = (
    tones_pcm16("Hello there.")
    + silence(350)
    + tones_pcm16("And hello to you.", octave=2.0)
    + silence(1_000)
    + tones_pcm16("So.")
)


@pytest.mark.parametrize("stream", [True, False])
async def test_one_file_of_all_lines(http: httpx.AsyncClient, stream: bool) -> None:
    answer = await http.post(PATH, json={"script": SCRIPT, "speakers": CAST, "stream": stream})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.content[HEADER_BYTES:] == EXPECTED


async def test_speakers_without_a_voice_have_different_ones(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"script": SCRIPT})
    assert answer.content[HEADER_BYTES:] == EXPECTED


async def test_lines_one_by_one(http: httpx.AsyncClient) -> None:
    lines: list[dict[str, Any]] = [
        {"speaker": "Anna", "text": "Hello there."},
        {"speaker": "Anna", "text": "And hello to you.", "voice": "second", "pauseMs": 1_000},
        {"speaker": "Anna", "text": "So."},
    ]
    answer = await http.post(PATH, json={"lines": lines, "format": "pcm"})
    assert answer.content == EXPECTED


async def test_times_of_the_lines(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"script": SCRIPT, "speakers": CAST, "times": True})
    assert answer.headers["content-type"] == "application/x-ndjson"
    said = [json.loads(line) for line in answer.text.splitlines()]
    assert b"".join(base64.b64decode(each["audio"]) for each in said if "audio" in each) == EXPECTED
    lines = [each for each in said if "line" in each]
    assert [(each["line"], each["speaker"], each["voice"], each["text"]) for each in lines] == [
        (0, "Anna", "makima", "Hello there."),
        (1, "Tom", "second", "And hello to you."),
        (2, "Anna", "makima", "So."),
    ]
    for each in lines:
        octave = 2.0 if each["speaker"] == "Tom" else 1.0
        start, end = 48 * each["startMs"], 48 * each["endMs"]
        assert EXPECTED[start:end] == tones_pcm16(each["text"], octave=octave)
    words = [word for each in said for word in each.get("words", ())]
    assert [word["text"] for word in words] == ["Hello", "there.", "And", "hello", "to", "you.", "So."]
    starts = [word["startMs"] for word in words]
    assert starts == sorted(starts)
    assert lines[1]["startMs"] <= starts[2] <= lines[1]["endMs"]
    assert said[-1] == {"done": True, "exact": False}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "One of script and lines"),
        ({"script": "Hello.", "lines": []}, 400, "One of script and lines"),
        ({"script": "no speaker"}, 400, "names no speaker"),
        ({"script": ""}, 400, "1 to"),
        ({"lines": []}, 400, "1 to"),
        ({"script": "Anna: ***"}, 400, "Line 1 has nothing"),
        ({"script": "Anna: a\nTom: " + "b" * 100_001}, 400, "in parts"),
        ({"script": "Anna: a", "speakers": {"Anna": {"voice": "none"}}}, 404, "no voice 'none'"),
        ({"script": "Anna: a", "speakers": {"Anna": {"speed": 9}}}, 400, "speed"),
        ({"script": "Anna: a", "speakers": {"Anna": {"language": "xx"}}}, 400, "not spoken here"),
        ({"script": "Anna: a", "format": "ogg"}, 400, "ogg"),
        ({"script": "Anna: a", "scrpt": "b"}, 400, "Did you mean script?"),
        ({"script": f"Anna: {FAIL_WORD}"}, 500, ""),
    ],
)
async def test_what_is_refused(http: httpx.AsyncClient, body: dict[str, Any], status: int, said: str) -> None:
    answer = await http.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]


async def test_words_at_the_times_of_an_engine_that_tells_them(espeak_server: ProcessServer) -> None:
    async with httpx.AsyncClient(base_url=espeak_server.url, trust_env=False, timeout=60) as client:
        answer = await client.post(PATH, json={"script": SCRIPT, "times": True})
    assert answer.status_code == 200, answer.text
    said = [json.loads(line) for line in answer.text.splitlines()]
    words = [word for each in said for word in each.get("words", [])]
    assert [word["text"] for word in words] == ["Hello", "there.", "And", "hello", "to", "you.", "So."]
    lines = [each for each in said if "line" in each]
    assert lines[1]["startMs"] <= words[2]["startMs"] < words[5]["endMs"] <= lines[1]["endMs"]
    assert said[-1] == {"done": True, "exact": True}
