"""What keys use: added up by day, kept over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.server.access.usage import UsageLog


def test_figures_add_up_over_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        log = UsageLog(tmp_path)
        log.add("key a", utterances=1, characters=10)
        log.add("key a", audio_s=1.5)
        log.add("key b", characters=5)
        log.flush()
    (row,) = UsageLog(tmp_path).rows("key a")
    assert (row.utterances, row.characters, row.audio_s) == (2, 20, 3.0)
    assert {row.subject for row in UsageLog(tmp_path).rows()} == {"key a", "key b"}
    assert UsageLog(tmp_path).rows(since="9999-01-01") == []


def test_nobody_in_particular_is_not_counted(tmp_path: Path) -> None:
    log = UsageLog(tmp_path)
    log.add(None, utterances=1)
    assert log.rows() == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = tmp_path / "place"
    place.write_text("a file where the folder should be")
    log = UsageLog(place)
    log.add("key a", characters=3)
    log.flush()
    assert "not written" in caplog.text
    place.unlink()
    assert [row.characters for row in log.rows()] == [3]
