"""`/api/v1/chat`: which chat model answers in conversations, and the chat servers of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import httpx
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from makima.errors import InvalidMessage
from makima.llm.chosen.choice import MAX_FIELD_CHARACTERS, ChatChoice, load_choice, save_choice
from makima.server.access.administration import may_administer, require_administrator
from makima.server.services import Services

USUAL_PORTS: Mapping[int, str] = MappingProxyType({11434: "Ollama", 8080: "llama.cpp", 1234: "LM Studio"})
"""Where these programs listen by default."""
_ANSWER_S: Final = 1.5

Text = Annotated[str, Field(max_length=MAX_FIELD_CHARACTERS)]


class ChatSettings(BaseModel):
    """The endpoint that answers. A key that is left out stays as it was, unless the endpoint is another one."""

    model_config = ConfigDict(strict=True, extra="forbid")

    base_url: Text = Field(alias="baseUrl", description="An endpoint as OpenAI's, up to /v1")
    model: Text = Field(description="The model's name there")
    api_key: Text | None = Field(None, alias="apiKey", description="It is kept on the server, and never sent out")
    system_prompt: Text | None = Field(None, alias="systemPrompt", description="What the model is told first")


def router(services: Services, ports: Mapping[int, str] = USUAL_PORTS) -> APIRouter:
    routes = APIRouter(tags=["conversations"])
    folder = services.settings.data_dir

    async def shown(request: Request) -> dict[str, object]:
        chat, choice = services.conversations, await asyncio.to_thread(load_choice, folder)
        seen: dict[str, object] = {"model": chat.model.name, "isEcho": chat.model.is_echo}
        if not await may_administer(request, services):
            return {**seen, "mayChange": False}
        settings = services.settings
        key = choice.api_key if choice else settings.llm_api_key
        return {
            **seen,
            "mayChange": True,
            "chosenHere": choice is not None,
            "baseUrl": choice.base_url if choice else settings.llm_base_url,
            "hasKey": bool(key),
            "systemPrompt": chat.system_prompt,
        }

    @routes.get("/api/v1/chat")
    async def read(request: Request) -> dict[str, object]:
        """The chat model in use; its settings for those who may change them, but never its key."""
        return await shown(request)

    @routes.put("/api/v1/chat")
    async def change(request: Request, body: ChatSettings) -> dict[str, object]:
        """Have another chat model answer, from the next conversation on."""
        await require_administrator(request, services)
        before = await asyncio.to_thread(load_choice, folder)
        same = before is not None and before.base_url == body.base_url
        key = body.api_key if body.api_key is not None else before.api_key if before is not None and same else None
        await _use(ChatChoice(body.base_url.strip(), body.model.strip(), key or None, body.system_prompt))
        return await shown(request)

    @routes.delete("/api/v1/chat")
    async def forget(request: Request) -> dict[str, object]:
        """Forget what was chosen here: what the server's settings say holds again."""
        await require_administrator(request, services)
        await _use(None)
        return await shown(request)

    @routes.post("/api/v1/chat/find")
    async def find(request: Request) -> dict[str, object]:
        """The chat servers on this machine, at their usual ports on loopback, with the models each has."""
        await require_administrator(request, services)
        asked = [_models_at(port, name) for port, name in ports.items() if port != services.settings.port]
        return {"servers": [found for found in await asyncio.gather(*asked) if found is not None]}

    async def _use(choice: ChatChoice | None) -> None:
        if services.make_chat is None:
            raise InvalidMessage("The chat model of this server cannot be changed here.")
        model = services.make_chat(services.settings, choice)
        await asyncio.to_thread(save_choice, folder, choice)
        prompt = choice.system_prompt if choice is not None else None
        services.conversations.use(model, prompt or services.settings.llm_system_prompt)

    return routes


async def _models_at(port: int, name: str) -> dict[str, object] | None:
    """The chat server at this port of this machine; None where there is none."""
    base_url = f"http://127.0.0.1:{port}/v1"
    try:
        # Without the environment's proxy: it would ask another machine.
        async with httpx.AsyncClient(timeout=_ANSWER_S, trust_env=False) as client:
            answer = await client.get(f"{base_url}/models")
            models = [str(each["id"]) for each in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return {"name": name, "baseUrl": base_url, "models": models}
