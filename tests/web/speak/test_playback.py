"""The rules of playback (playback-buffer.js, playback.js), sample by sample, without an audio context."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import OpenPage
from tests.web.harness import Server, SpeakPage

PRELUDE = """
const { PlaybackBuffer } = await import("/web/audio/playback-buffer.js");
const { Playback } = await import("/web/audio/playback.js");
const RATE = 48000, TARGET = 2880, FADE = 240;
const ones = (count) => new Float32Array(count).fill(1);
const ramp = (count, from = 0) => Float32Array.from({ length: count }, (_, i) => ((from + i) % 1000 + 1) / 1001);
const read = (buffer, count) => { const out = new Float32Array(count); buffer.read(out); return out; };
const random = (seed) => () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const steepest = (samples) => samples.reduce((most, s, i) => Math.max(most, Math.abs(s - (samples[i - 1] ?? s))), 0);
"""


@pytest.fixture(scope="module")
def script(browser: Any, tone_server: Server) -> Any:
    context = browser.new_context(base_url=tone_server.url)
    page = SpeakPage(context.new_page(), "/").page
    yield lambda body: page.evaluate("async () => {" + PRELUDE + body + "}")
    context.close()


def test_any_chunking_comes_out_as_it_went_in(script: Any) -> None:
    result = script("""
        const results = [];
        for (let seed = 1; seed <= 20; seed++) {
          const next = random(seed), whole = ramp(30000);
          const buffer = new PlaybackBuffer(RATE, 8000), out = [];
          buffer.begin();
          let at = 0;
          while (buffer.state !== "idle") {
            const room = 8000 - buffer.buffered;
            // Never so little that it starves.
            const piece = whole.subarray(at, at + Math.min(room, 200 + Math.floor(next() * 4000)));
            buffer.write(piece);
            at += piece.length;
            if (at === whole.length) buffer.end();
            const blocks = at === whole.length ? 200 : Math.floor(next() * 4) * (buffer.buffered > 3000);
            for (let i = 0; i < blocks && buffer.state !== "idle"; i++) out.push(...read(buffer, 128));
          }
          const start = out.findIndex((sample) => sample !== 0);
          const same = whole.every((sample, i) => sample === out[start + i]);
          results.push([same, buffer.underruns, buffer.played, buffer.dropped]);
        }
        return results;
    """)
    assert result == [[True, 0, 30000, 0]] * 20


def test_starts_at_60_ms_or_at_the_end(script: Any) -> None:
    result = script("""
        const waits = new PlaybackBuffer(RATE), short = new PlaybackBuffer(RATE);
        waits.begin();
        waits.write(ones(TARGET - 1));
        const before = read(waits, 128).every((sample) => sample === 0);
        waits.write(ones(1));
        const after = read(waits, 128).every((sample) => sample === 1);
        short.begin();
        short.write(ones(100));
        short.end();
        return { before, after, short: read(short, 128).filter(Boolean).length, state: short.state };
    """)
    assert result == {"before": True, "after": True, "short": 100, "state": "idle"}


def test_an_underrun_fades_out_and_in_and_makes_the_next_start_later(script: Any) -> None:
    result = script("""
        const buffer = new PlaybackBuffer(RATE), out = [];
        buffer.begin();
        buffer.write(ones(TARGET));
        out.push(...read(buffer, TARGET + 1000));
        const starved = { underruns: buffer.underruns, state: buffer.state };
        buffer.write(ones(TARGET));
        const still = read(buffer, 128).every((sample) => sample === 0);
        buffer.write(ones(10 * TARGET));
        out.push(...read(buffer, 2000));
        return { starved, still, steepest: steepest(out), underruns: buffer.underruns, target: buffer.target,
                 gap: out.filter((sample) => sample === 0).length };
    """)
    # That it ran dry is not a gap before more has come: it might have been the end.
    assert result["starved"] == {"underruns": 0, "state": "filling"}
    assert result["still"] is True
    assert result["underruns"] == 1
    assert result["target"] == 2880 * 1.5
    assert result["steepest"] <= 1 / 240 + 1e-6
    assert result["gap"] >= 1000


def test_what_comes_in_time_turns_the_fade_around(script: Any) -> None:
    result = script("""
        const buffer = new PlaybackBuffer(RATE);
        buffer.begin();
        buffer.write(ones(TARGET));
        const out = [...read(buffer, TARGET - 100)];
        buffer.write(ones(TARGET));
        out.push(...read(buffer, 1000));
        return { least: Math.min(...out), last: out.at(-1), steepest: steepest(out), underruns: buffer.underruns };
    """)
    assert 0 < result["least"] < 1
    assert result["last"] == 1
    assert result["steepest"] <= 1 / 240 + 1e-6
    assert result["underruns"] == 0


def test_a_late_end_is_no_underrun(script: Any) -> None:
    result = script("""
        const buffer = new PlaybackBuffer(RATE);
        buffer.begin();
        buffer.write(ones(TARGET));
        read(buffer, TARGET + 500);
        buffer.end();
        read(buffer, 128);
        return { underruns: buffer.underruns, state: buffer.state };
    """)
    assert result == {"underruns": 0, "state": "idle"}


def test_a_quiet_while_makes_it_start_sooner_down_to_20_ms(script: Any) -> None:
    result = script("""
        const buffer = new PlaybackBuffer(RATE), targets = [];
        for (let i = 0; i < 12; i++) {
          buffer.begin();
          buffer.write(ones(RATE * 10));
          read(buffer, RATE * 10);
          targets.push(buffer.target);
        }
        return targets;
    """)
    assert result[0] == 2880 * 0.8
    assert result == sorted(result, reverse=True)
    assert result[-1] == 960


def test_running_dry_while_the_text_is_written_is_waiting(script: Any) -> None:
    result = script("""
        const buffer = new PlaybackBuffer(RATE);
        buffer.begin({ typed: true });
        for (let i = 0; i < 3; i++) {
          buffer.write(ones(TARGET));
          read(buffer, TARGET + 500);
        }
        return [buffer.underruns, buffer.waits, buffer.target];
    """)
    assert result == [0, 2, 2880]


def test_release_is_silent_after_5_ms_and_leaves_room_for_the_next(script: Any) -> None:
    result = script("""
        const buffer = new PlaybackBuffer(RATE);
        buffer.begin();
        buffer.write(ones(RATE));
        const out = [...read(buffer, 1000)];
        buffer.release();
        out.push(...read(buffer, 512));
        const dropped = buffer.dropped;
        buffer.begin({ fadeIn: true });
        buffer.write(ones(RATE));
        out.push(...read(buffer, 1000));
        return { silent: out.slice(1000 + FADE, 1512).every((sample) => sample === 0), steepest: steepest(out), dropped,
                 sum: buffer.played + buffer.dropped + buffer.buffered === buffer.received };
    """)
    assert result["silent"] is True
    assert result["steepest"] <= 1 / 240 + 1e-6
    assert result["dropped"] == 48000 - 1000 - 240
    assert result["sum"] is True


def test_reports_what_was_played_and_captures_it(script: Any) -> None:
    result = script("""
        const posted = [];
        const playback = new Playback(RATE, (message) => posted.push(message));
        playback.handle({ type: "capture" });
        playback.handle({ type: "begin", epoch: 7 });
        playback.handle({ type: "samples", samples: ramp(5000) });
        playback.handle({ type: "end" });
        for (let frame = 0; frame < 6400; frame += 128) playback.render(new Float32Array(128), frame);
        playback.handle({ type: "captured" });
        const { samples } = posted.pop(), last = posted.at(-1);
        return { same: ramp(5000).every((sample, i) => sample === samples[i]), epoch: last.epoch, state: last.state,
                 position: last.position, started: last.startedFrame, sound: last.lastSoundFrame };
    """)
    assert result == {"same": True, "epoch": 7, "state": "idle", "position": 5000, "started": 0, "sound": 4999}


def test_an_utterance_at_another_rate_is_resampled(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server).page
    result = page.evaluate("""async () => {
        const { Player } = await import("/web/audio/player.js");
        const { Utterance } = await import("/web/speak/utterance.js");
        const tone = Int16Array.from({ length: 8000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 440 * i) / 16000));
        const fields = { text: "", voice: "", language: "", sampleRate: 16000, state: "complete", figures: {} };
        const player = new Player({ capture: true });
        const idle = new Promise((resolve) => player.addEventListener("idle", resolve));
        player.play(Utterance.restore({ ...fields, id: "a", at: 0, pcm: tone.buffer }));
        await idle;
        const { samples } = await player.captured();
        const last = samples.findLastIndex((sample) => sample !== 0);
        return { seconds: last / player.sampleRate, loudest: Math.max(...samples) };
    }""")
    assert result["seconds"] == pytest.approx(0.5, abs=0.01)
    assert result["loudest"] == pytest.approx(8000 / 32768, rel=0.02)
