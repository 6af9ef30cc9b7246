"""Every utterance has exactly one end, over a real socket, whatever its client sends."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from makima.engines.fake import FAIL_WORD, FakeScript
from tests.conftest import StartServer
from tests.support.server.client import ENDS, Message, SpeakClient, speak_client
from tests.support.server.servers import ThreadServer, WatchedEngine

SLOW = FakeScript(character_s=0.005)


@pytest.fixture
def slow_server(start_server: StartServer) -> ThreadServer:
    return start_server(WatchedEngine(SLOW))


async def until_all_is_over(client: SpeakClient) -> list[Message]:
    """All messages, up to the end of an utterance that is asked for last."""
    await client.send("speak", text="Last.", requestId="last", priority="low")
    messages = []
    while True:
        frame = await client.receive()
        if isinstance(frame, bytes):
            continue
        messages.append(frame)
        if frame["type"] in ENDS and frame.get("requestId") == "last" and not frame.get("refused"):
            return messages


def ends(messages: list[Message]) -> list[tuple[str, str]]:
    return [(m["type"], m["requestId"]) for m in messages if m["type"] in ENDS and not m.get("refused")]


class TestCancelled:
    @pytest.mark.parametrize("name", [None, "a"])
    async def test_text_that_was_on_its_way_is_dropped(self, slow_server: ThreadServer, name: str | None) -> None:
        named = {} if name is None else {"requestId": name}
        async with speak_client(slow_server.url) as client:
            for _ in range(3):
                await client.send("append", text="Some words come here now. ", **named)
            await client.until("speaking")
            await client.send("cancel", **named)
            for _ in range(3):
                await client.send("append", text="late words. ", **named)
            await client.send("end", **named)
            messages = await until_all_is_over(client)
            assert [kind for kind, _ in ends(messages)] == ["cancelled", "complete"]
            assert [message["type"] for message in messages].count("speaking") == 1
            assert not any(message["type"] == "error" for message in messages)

    async def test_text_that_was_on_its_way_blocks_nothing(self, slow_server: ThreadServer) -> None:
        async with speak_client(slow_server.url) as client:
            await client.send("append", text="Some words come here now. ", requestId="u")
            await client.until("speaking")
            await client.send("cancel", requestId="u")
            await client.send("append", text="late words. ", requestId="u")
            await client.send("speak", text="next", requestId="v")
            assert (await client.hear()).end["type"] == "cancelled"
            spoken = await client.hear()
            assert (spoken.types, spoken.end["requestId"]) == (["speaking", "audio_end", "complete"], "v")

    async def test_its_id_is_free_at_once(self, slow_server: ThreadServer) -> None:
        async with speak_client(slow_server.url) as client:
            await client.send("speak", text="One, which is long enough. " * 5, requestId="a")
            await client.send("cancel", requestId="a")
            await client.send("speak", text="Two.", requestId="a")
            assert ((await client.hear()).end["type"], (await client.hear()).end["type"]) == ("cancelled", "complete")


class TestRefused:
    async def test_a_bad_piece_ends_nothing(self, slow_server: ThreadServer) -> None:
        async with speak_client(slow_server.url) as client:
            for text in ("Hello ", "wor\u0007ld", " there."):
                await client.send("append", text=text, requestId="a")
            await client.send("end", requestId="a")
            error = await client.until("error")
            assert (error["code"], error["refused"], error["refusedId"]) == ("INVALID_TEXT", True, "a")
            assert "requestId" not in error
            assert (await client.until("complete"))["requestId"] == "a"

    async def test_too_much_text_ends_nothing(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            for _ in range(12):
                await client.send("append", text="a" * 2_000, requestId="a")
            for _ in range(2):
                error = await client.until("error")
                assert (error["code"], error["refused"], "requestId" in error) == ("INVALID_TEXT", True, False)
            await client.send("cancel", requestId="a")
            assert (await client.until("cancelled"))["requestId"] == "a"

    async def test_an_id_in_use(self, slow_server: ThreadServer) -> None:
        async with speak_client(slow_server.url) as client:
            for _ in range(2):
                await client.send("speak", text="A text of some words.", requestId="a")
            error = await client.until("error")
            assert (error["refused"], error["refusedId"], "requestId" in error) == (True, "a", False)
            assert (await client.until("complete"))["requestId"] == "a"

    async def test_what_was_never_accepted_is_named(self, slow_server: ThreadServer) -> None:
        async with speak_client(slow_server.url) as client:
            for kind, fields in (("speak", {"text": ""}), ("speak", {"text": "x", "voice": "unknown"})):
                await client.send(kind, requestId="a", **fields)
                error = await client.expect("error")
                assert (error["refused"], error["requestId"], error["refusedId"]) == (True, "a", "a")

    @pytest.mark.parametrize(
        "frame", ["x", '{"type": "what"}', b"\x00", '{"type": "end"}', '{"type": "start", "seed": ""}']
    )
    async def test_messages_that_are_none(self, tone_server: ThreadServer, frame: str | bytes) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send_raw(frame)
            error = await client.expect("error")
            assert (error["refused"], "requestId" in error) == (True, False)

    async def test_an_utterance_that_fails_is_no_refusal(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            spoken = await client.say(f"One. {FAIL_WORD}", requestId="a")
            assert (spoken.end["requestId"], "refused" in spoken.end) == ("a", False)

    async def test_half_a_pair_at_the_end_of_a_text(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as client:
            await client.send_raw('{"type": "append", "text": "Hi \\ud83d", "requestId": "a"}')
            await client.send("end", requestId="a")
            error = await client.until("error")
            assert (error["code"], error["refused"], "requestId" in error) == ("INVALID_TEXT", True, False)
            assert (await client.until("complete"))["requestId"] == "a"


class TestBlankText:
    @pytest.mark.parametrize("text", [" ", "", "..."])
    async def test_it_times_out(self, start_server: StartServer, text: str) -> None:
        server = start_server(WatchedEngine(), client_timeout_s=0.3)
        async with speak_client(server.url) as client:
            await client.send("append", text=text, requestId="a")
            error = await client.expect("error")
            assert (error["code"], error["requestId"], "refused" in error) == ("TIMEOUT", "a", False)
            await client.send("append", text="Another.", requestId="b")
            await client.send("end")
            assert (await client.hear()).end["requestId"] == "b"

    async def test_each_piece_starts_the_wait_again(self, start_server: StartServer) -> None:
        server = start_server(WatchedEngine(), client_timeout_s=5.0)
        async with speak_client(server.url) as client:
            for text in (" ", "", ".", "Now."):
                await client.send("append", text=text, requestId="a")
            await client.send("end")
            assert (await client.hear()).end["type"] == "complete"


TEXTS = ("Hello.", "x", " ", "...", "🎉", "a\x00", "a" * 1_001, "", "A longer text, of two. Yes.", f"y {FAIL_WORD} z")


class RandomClient:
    """Sends messages in any order. It uses no id again once its text has ended, so that each id has one utterance."""

    def __init__(self, client: SpeakClient, seed: int) -> None:
        self.asked: Counter[str] = Counter()
        self._client = client
        self._chance = random.Random(seed)
        self._count = 0
        self._written: str | None = None
        self._names = ["unknown"]

    async def send_one(self) -> None:
        kind = self._chance.choice(("speak", "append", "append", "append", "end", "cancel", "start", "nonsense"))
        named: dict[str, object] = {} if self._chance.random() < 0.2 else {"requestId": self._name(kind)}
        if kind in ("speak", "append"):
            self.asked.update(str(name) for name in named.values())
            await self._client.send(kind, text=self._chance.choice(TEXTS), **named)
        elif kind == "nonsense":
            await self._client.send_raw(json.dumps({"type": "speak", "text": 7}))
        else:
            if kind == "end":
                self._written = None
            await self._client.send(kind, **(named if kind != "start" else {}))

    def _name(self, kind: str) -> str:
        if kind == "speak" or (kind == "append" and (self._written is None or self._chance.random() < 0.2)):
            self._count += 1
            self._names.append(f"{kind}-{self._count}")
            if kind == "append":
                self._written = self._names[-1]
            return self._names[-1]
        if kind in ("append", "end") and self._written is not None:
            return self._written
        return self._chance.choice(self._names[-3:])


@pytest.mark.parametrize("seed", range(8))
async def test_any_sequence_of_messages(slow_server: ThreadServer, seed: int) -> None:
    async with speak_client(slow_server.url) as client:
        sender = RandomClient(client, seed)
        for _ in range(150):
            await sender.send_one()
        await client.send("end")
        await client.send("cancel")
        messages = await until_all_is_over(client)
    refused = Counter(m["refusedId"] for m in messages if m.get("refused") and "refusedId" in m)
    ended = Counter(name for _, name in ends(messages))
    assert len(ended) > 5
    assert all(count == 1 for count in ended.values()), ended
    assert {m["requestId"] for m in messages if m["type"] == "speaking"} <= set(ended)
    for name, count in sender.asked.items():
        assert name in ended or refused[name] >= count, name  # its `end` may be refused too
