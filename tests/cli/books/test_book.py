"""`makima book`."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

from makima.cli.books.book import Wanted, speak_book
from makima.config import Settings
from makima.errors import AssetError, InvalidDocument, InvalidMessage, MakimaError
from makima.jobs.housekeeping import try_lock
from makima.jobs.progress import Progress
from tests.support.books import chapters, epub, markdown
from tests.support.commands import makima
from tests.support.server.servers import make_settings

MADE = chapters(60, 3)


def test_an_epub_into_an_m4b_beside_it(tmp_path: Path) -> None:
    epub(tmp_path / "keys.epub", MADE)
    status, _, err = makima(tmp_path, "book", "keys.epub", "-e", "fake", "-w", "json", "-w", "srt")
    assert status == 0, err
    assert {path.name for path in tmp_path.iterdir()} == {"keys.epub", "keys.m4b", "keys.json", "keys.srt"}
    with av.open(str(tmp_path / "keys.m4b")) as book:
        assert [each["metadata"]["title"] for each in book.chapters()] == list(MADE)
        assert book.metadata["title"] == "The Keys of the Harbour"
    said = json.loads((tmp_path / "keys.json").read_text())
    assert [each["title"] for each in said["chapters"]] == list(MADE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.md"], "none.md cannot be read"),
        (["book.md", "-o", "x.ogg"], "Use .m4b, .mp3 or .wav"),
        (["book.md", "-w", "txt"], "Use one of: json, srt, vtt"),
        (["book.md", "-v", "none"], "no voice 'none'"),
        (["book.md", "-l", "Klingon"], "not spoken here"),
        (["book.md", "--speed", "9"], "speed"),
        (["book.md", "-o", "none/x.wav"], "none"),
    ],
)
def test_what_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "book.md").write_text(markdown(MADE))
    if "none/x.wav" in arguments:
        (tmp_path / "none").write_text("a file")
    status, _, err = makima(tmp_path, "book", *arguments, "-e", "fake")
    assert status == 1
    assert said in err
    assert "Traceback" not in err


@pytest.fixture
def settings() -> Settings:
    return make_settings(engine="fake")


def wanted(output: Path, **changed: object) -> Wanted:
    fields: dict[str, object] = {
        **dict.fromkeys(("voice", "language", "seed", "title", "author")),
        "speed": 1.0,
        "words": (),
        "restart": False,
        **changed,
    }
    return Wanted(output, **fields)  # type: ignore[arg-type]


def interrupted(monkeypatch: pytest.MonkeyPatch, settings: Settings, path: Path, what: Wanted, after: int) -> None:
    """Run the command until a number of steps is spoken, as Ctrl-C would end it."""
    record, count = Progress.spoken, [0]

    def counted(self: Progress, *arguments: object) -> bool:
        if count[0] == after:
            raise KeyboardInterrupt
        count[0] += 1
        return record(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "spoken", counted)
        with pytest.raises(KeyboardInterrupt):
            speak_book(settings, path, what)


def test_it_goes_on_where_it_was_interrupted(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book.md"
    path.write_text(markdown(MADE))
    speak_book(settings, path, wanted(tmp_path / "whole.wav"))
    what = wanted(tmp_path / "book.wav")
    for after in (2, 3):
        interrupted(monkeypatch, settings, path, what, after)
    assert not what.output.exists()
    speak_book(settings, path, what)
    assert what.output.read_bytes() == (tmp_path / "whole.wav").read_bytes()
    assert not what.work_folder.exists()


def test_other_options_do_not_go_on_with_it(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book.md"
    path.write_text(markdown(MADE))
    interrupted(monkeypatch, settings, path, wanted(tmp_path / "book.wav"), 2)
    other = wanted(tmp_path / "book.wav", voice="second")
    with pytest.raises(AssetError, match="--restart"):
        speak_book(settings, path, other)
    speak_book(settings, path, wanted(tmp_path / "book.wav", voice="second", restart=True))
    assert (tmp_path / "book.wav").exists()


def test_one_process_a_file(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "book.md"
    path.write_text(markdown(MADE))
    what = wanted(tmp_path / "book.wav")
    what.work_folder.mkdir()
    with try_lock(what.work_folder), pytest.raises(AssetError, match="Another process"):
        speak_book(settings, path, what)


@pytest.mark.parametrize(("text", "error"), [("***", InvalidDocument), ("", InvalidDocument)])
def test_nothing_to_be_spoken(tmp_path: Path, settings: Settings, text: str, error: type[MakimaError]) -> None:
    path = tmp_path / "book.md"
    path.write_text(text)
    with pytest.raises(error):
        speak_book(settings, path, wanted(tmp_path / "book.wav"))
    with pytest.raises(InvalidMessage):
        speak_book(settings, path, wanted(tmp_path / "book.flac"))
