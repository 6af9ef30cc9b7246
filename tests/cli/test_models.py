"""`makima models`: assets listed, fetched and removed. No origin is asked here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from typer.testing import CliRunner

from makima.cli import models
from makima.cli.app import app
from makima.cli.managed import fetching
from makima.config import load_settings
from makima.models.assets.asset import Address
from makima.models.assets.bundles import Bundle
from tests.support.models.assets import asset_of, file_server

CONTENT = b"weights" * 1000


@pytest.fixture
def _bundles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAKIMA_CACHE_DIR", str(tmp_path))


def bundles(url: str) -> Mapping[str, Bundle]:
    asset = asset_of(CONTENT, Address(f"{url}/weights", "a page"))
    others = {name: Bundle(name, "", ()) for name in ("kokoro-languages", "kokoro-japanese")}
    return MappingProxyType({"kokoro": Bundle("kokoro", "", (asset,)), **others})


@pytest.mark.usefixtures("_bundles")
def test_pull_list_and_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner().invoke
    with file_server() as server:
        server.files["/weights"] = CONTENT
        monkeypatch.setattr(models, "BUNDLES", bundles(server.url))
        assert "the web" in run(app, ["models"]).output
        pulled = run(app, ["models", "pull", "kokoro"])
        assert pulled.exit_code == 0, pulled.output
        assert "from a page" in pulled.output
        assert "MIT" in run(app, ["models", "list"]).output
        assert "were freed" in run(app, ["models", "remove", "kokoro"]).output
        assert len(server.requests) == 1


@pytest.mark.usefixtures("_bundles")
@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"fetch": True}, True),
        ({"fetch": True, "engine": "kokoro"}, True),
        ({"fetch": True, "engine": "espeak"}, False),
        ({"fetch": False}, False),
    ],
)
def test_the_voice_is_fetched_where_it_would_be_chosen(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], asked: bool
) -> None:
    with file_server() as server:
        server.files["/weights"] = CONTENT
        monkeypatch.setattr(fetching, "BUNDLES", bundles(server.url))
        for _ in range(2):
            fetching.fetch_voice(load_settings(**settings))
        assert len(server.requests) == int(asked)


@pytest.mark.usefixtures("_bundles")
def test_without_an_origin_it_is_said_and_gone_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with file_server() as server:
        monkeypatch.setattr(fetching, "BUNDLES", bundles(server.url))
        fetching.fetch_voice(load_settings(fetch=True))
    said = " ".join(capsys.readouterr().err.split())
    assert "Not fetched" in said
    assert "models pull kokoro" in said
