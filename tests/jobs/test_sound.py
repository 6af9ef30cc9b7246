"""The sound of a chapter survives a kill: what was not recorded is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.jobs.sound import SoundLost, StepSound, blocks, chapter_path


def test_steps_follow_each_other_and_what_was_not_recorded_is_cut_off(tmp_path: Path) -> None:
    path = chapter_path(tmp_path, 0)
    with StepSound(path, 0) as sound:
        sound.write(b"aabb")
        sound.silence(1)
        sound.commit()
    assert sound.samples == 3
    with StepSound(path, 3) as sound:
        sound.write(b"cc")  # the process is killed here
    with StepSound(path, 3) as sound:
        sound.write(b"dddd")
        sound.commit()
    chapter_path(tmp_path, 2).write_bytes(b"ee")
    assert b"".join(blocks(tmp_path, 3)) == b"aabb\0\0ddddee"


def test_sound_that_is_gone_is_noticed(tmp_path: Path) -> None:
    path = chapter_path(tmp_path, 0)
    path.write_bytes(b"aa")
    with pytest.raises(SoundLost):
        StepSound(path, 2)
    with pytest.raises(SoundLost):
        StepSound(chapter_path(tmp_path, 1), 1)
