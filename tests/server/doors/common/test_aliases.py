"""Which voice a name stands for."""

from __future__ import annotations

import pytest

from makima.errors import VoiceNotFound
from makima.server.doors.common.aliases import VOICES, find_voice
from makima.voices.catalog import Voice, VoiceCatalog


def _catalog(*ids: str) -> VoiceCatalog:
    return VoiceCatalog([Voice(name, name, "English", "", "fake") for name in ids], ids[0])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (None, "makima"),
        ("", "makima"),
        ("tenor", "tenor"),
        ("echo", "tenor"),
        ("Echo", "tenor"),
        ("nova", "makima"),  # none that is like it
        ("a0e99841-438c-4a64-b679-ae501e7d6091", "makima"),
        ("21m00Tcm4TlvDq8ikWAM", "makima"),
        ("aura-2-thalia-en", "makima"),
    ],
)
def test_names(name: str | None, found: str) -> None:
    assert find_voice(_catalog("makima", "tenor"), name).id == found


def test_our_own_voice_comes_before_an_alias() -> None:
    assert find_voice(_catalog("makima", "tenor", "echo"), "echo").id == "echo"


def test_a_wrong_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(VoiceNotFound, match="makima, tenor, alloy"):
        find_voice(_catalog("makima", "tenor"), "unknown")


def test_all_thirteen_are_taken() -> None:
    assert len(VOICES) == 13
    assert all(find_voice(_catalog("other"), name).id == "other" for name in VOICES)
