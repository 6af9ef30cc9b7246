"""What OpenAPI says of errors is what routes answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from makima.config import Settings
from makima.engines.fake import FakeEngine
from makima.server.app import create_app, create_services
from makima.server.http.description import OPENAI, OWN


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("server")
    settings = Settings(voices_dir=folder / "voices", data_dir=folder / "data", cache_dir=folder / "cache")
    return create_app(create_services(settings, FakeEngine()))


def test_each_route_has_errors_of_its_form_and_none_that_is_never_sent(app: Any) -> None:
    for path, methods in app.openapi()["paths"].items():
        for route in methods.values():
            assert "422" not in route["responses"], path
            (form,) = route["responses"]["4XX"]["content"]["application/json"]["schema"].values()
            assert form.endswith(f"/{OPENAI if path.startswith(('/v1/', '/tts/')) else OWN}"), path


@pytest.mark.parametrize(
    ("path", "form"), [("/api/v1/voices/none", OWN), ("/api/v1/usage?since=x", OWN), ("/v1/models/none", OPENAI)]
)
async def test_an_answer_has_the_fields_that_are_described(app: Any, path: str, form: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get(path)
    schema = app.openapi()["components"]["schemas"][form]
    assert answer.is_client_error
    assert set(schema["required"]) <= set(answer.json()) <= set(schema["properties"])


async def test_figures_are_text(app: Any) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get("/metrics")
    (described,) = app.openapi()["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    assert answer.headers["content-type"].startswith(described)
