"""What is in deploy: that it names what there is, and is well formed as far as can be seen without running it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import AliasChoices

from makima.config import Settings
from makima.engines.fake import FakeEngine
from makima.engines.protocol import EngineFigures
from makima.errors import SynthesisFailed
from makima.server.access.usage import UsageLog
from makima.server.monitoring.metrics import Metrics
from makima.server.monitoring.scope import Scope
from makima.server.monitoring.stalls import Stalls
from makima.server.monitoring.utterances import UtteranceWatch

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/makima.json").read_text(encoding="utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
QUERIES += [each["definition"] for each in DASHBOARD["templating"]["list"] if "definition" in each]


class SlottedEngine(FakeEngine):
    """An engine that has figures."""

    def figures(self) -> EngineFigures:
        return EngineFigures(4, 1, 0, {"loop": 1})


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names that `/metrics` gives once everything has happened, and the labels of each."""
    metrics, stalls = Metrics(), Stalls(1.0)
    metrics.observe(SlottedEngine(), stalls)
    watch = UtteranceWatch(Scope("tts"), metrics, stalls, UsageLog(tmp_path_factory.mktemp("usage")), None)
    watch.begun()
    watch.queued(0.1, 0.0)
    watch.first_audio(0.1)
    watch.onset(0.1)
    watch.paced(0.1)
    watch.ended("error", 1.0, SynthesisFailed("It failed."))
    metrics.count_heard()
    metrics.reply_stage("total", 1.0)
    for session in (metrics.session(), metrics.listening_session()):
        with session:
            pass
    families = text_string_to_metric_families(metrics.render().decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def names(query: str) -> Iterator[str]:
    return (match.group() for match in re.finditer(r"\bmakima_\w+", query))


@pytest.mark.parametrize("query", QUERIES)
def test_the_dashboard_asks_for_what_there_is(samples: dict[str, set[str]], query: str) -> None:
    found = list(names(query))
    assert found
    assert set(found) <= set(samples)
    grouped = {label for group in re.findall(r"\bby \(([^)]*)\)", query) for label in re.split(r"\s*,\s*", group)}
    selected = set(re.findall(r"(\w+)=~?\"", query))
    for name in found:
        assert grouped | selected <= samples[name] | ({"le"} if name.endswith("_bucket") else set())
    assert query.count("(") == query.count(")")


def test_the_dashboard_shows_all_there_is(samples: dict[str, set[str]]) -> None:
    asked = {name.removesuffix("_bucket") for query in QUERIES for name in names(query)}
    there = {re.sub(r"_(bucket|count|sum)$", "", name) for name in samples if not name.endswith("_created")}
    assert there - asked == set()


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OVER = yaml.safe_load((DEPLOY / "compose.cuda.yaml").read_text(encoding="utf-8"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
UNIT = (DEPLOY / "makima.service").read_text(encoding="utf-8")
SETTINGS = {
    str(field.validation_alias.choices[0])
    for field in Settings.model_fields.values()
    if isinstance(field.validation_alias, AliasChoices)
}


def targets() -> set[str]:
    return set(re.findall(r"^FROM \S+ AS (\w+)$", CONTAINERFILE, re.MULTILINE))


def test_the_composition_names_what_there_is() -> None:
    services = COMPOSE["services"]
    assert set(OVER["services"]) <= set(services)
    for each in services.values():
        assert set(each.get("depends_on", {})) <= set(services)
        for volume in each.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), source
    for definition in (COMPOSE, OVER):
        assert definition["services"]["makima"]["build"]["target"] in targets()
    grace_s = int(services["makima"]["stop_grace_period"].removesuffix("s"))
    assert grace_s > Settings.model_fields["drain_s"].default


def test_the_images_copy_what_there_is_and_are_not_root() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored
    for target in re.split(r"^FROM ", CONTAINERFILE, flags=re.MULTILINE):
        if " AS cpu" in target or " AS cuda" in target:
            assert re.search(r"^USER \d+$", target, re.MULTILINE)
    assert "HEALTHCHECK" in CONTAINERFILE
    extras = set(re.findall(r"\[([\w,]+)\]", "".join(re.findall(r"pip install.*", CONTAINERFILE))))
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert extras
    assert {name for names in extras for name in names.split(",")} <= set(known)


def test_every_setting_is_one() -> None:
    made = set(re.findall(r"\b((?:MAKIMA|TTS)_\w+)=", CONTAINERFILE + UNIT))
    made |= {name for name in COMPOSE["services"]["makima"]["environment"] if name.startswith(("MAKIMA_", "TTS_"))}
    assert made
    assert made <= SETTINGS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "makima.service"
    unit.write_text(UNIT.replace("/opt/makima/.venv/bin/makima", sys.executable), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    grace_s = int(re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)[0])
    assert grace_s > Settings.model_fields["drain_s"].default


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_takes_its_file() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
