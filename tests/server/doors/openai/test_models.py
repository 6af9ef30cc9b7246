"""The lists: models, and what Open WebUI reads."""

from __future__ import annotations

import httpx
import openai

from makima.server.doors.common.aliases import SPEECH_MODELS, TRANSCRIPTION_MODELS, VOICES
from tests.support.server.servers import ThreadServer


def test_models_by_the_official_client(door_server: ThreadServer) -> None:
    with openai.OpenAI(base_url=door_server.url + "/v1", api_key="none", max_retries=0) as client:
        ids = [model.id for model in client.models.list()]
        assert {*SPEECH_MODELS, *TRANSCRIPTION_MODELS, "fake"} <= set(ids)
        for name in ids:
            assert client.models.retrieve(name).owned_by == "makima"


def test_a_model_that_is_not_there(door_server: ThreadServer) -> None:
    answer = httpx.get(door_server.url + "/v1/models/other/name")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def test_a_server_that_does_not_listen_lists_no_model_that_does(tone_server: ThreadServer) -> None:
    ids = {model["id"] for model in httpx.get(tone_server.url + "/v1/models").json()["data"]}
    assert not ids & set(TRANSCRIPTION_MODELS)


def test_lists_of_open_webui(door_server: ThreadServer) -> None:
    voices = httpx.get(door_server.url + "/v1/audio/voices").json()["voices"]
    assert {voice["id"] for voice in voices} == {"makima", "second", *VOICES}
    assert all(voice["name"] for voice in voices)
    models = httpx.get(door_server.url + "/v1/audio/models").json()["models"]
    assert {model["id"] for model in models} == {"fake", *SPEECH_MODELS}
