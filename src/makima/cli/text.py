"""`makima text`: what will be said, and where it is cut. The front end itself, without an engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from makima.config import Settings
from makima.console import status
from makima.engines.front_end.settings import FrontEnd
from makima.engines.registry import chosen_name, front_end
from makima.errors import InvalidText, MakimaError
from makima.text.front_end import Sentence, Spoken
from makima.text.language import AUTO, spoken_language
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_utterance

Write = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown: of texts in `language`, given `pieces` characters at a time, 0 for all at once."""

    language: str
    pieces: int = 0
    as_json: bool = False


def show_text(settings: Settings, text: str | None, shown: Shown, write: Write) -> bool:
    """Show `text`; without one, each line of standard input. False where a text cannot be spoken.

    Raises: InvalidMessage for an unknown language; InvalidText where there is nothing; ConfigError, AssetError
    """
    spoken_language(shown.language)
    end = front_end(settings, chosen_name(settings))
    if shown.as_json:
        if text is not None:
            return _as_json(end, text, shown, write)
        told = [_line_as_json(end, line, shown, write) for line in _lines()]  # all, also behind one that fails
        return all(told)
    if text is None:
        if sys.stdin.isatty():
            raise InvalidText("There is nothing to show.", mend='Pass a text: makima text "Hello there."')
        text = sys.stdin.read()
    _as_lines(end, text, shown, write)
    return True


def _lines() -> Iterator[str]:
    """Standard input by lines of its bytes: only a line feed ends a text."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")


def _line_as_json(end: FrontEnd, line: str, shown: Shown, write: Write) -> bool:
    """Show one line: a text, or an object with `text` and, for itself alone, `language`."""
    fields = _object(line)
    if fields is None:
        return _as_json(end, line, shown, write)
    text, language = fields.get("text"), fields.get("language", shown.language)
    if not isinstance(text, str) or not isinstance(language, str):
        mend = 'It needs "text", and may have "language".'
        write(json.dumps({"text": _printable(line), "error": f"The object holds no text. {mend}"}, ensure_ascii=False))
        return False
    return _as_json(end, text, replace(shown, language=language), write)


def _object(line: str) -> dict[str, object] | None:
    """The JSON object that `line` is; None for any other text, also one that begins with a brace."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _as_json(end: FrontEnd, text: str, shown: Shown, write: Write) -> bool:
    try:
        language, found = _spoken(end, text, shown)
    except MakimaError as exc:
        write(json.dumps({"text": _printable(text), "error": str(exc)}, ensure_ascii=False))
        return False
    sentences = [each.text for each in found if isinstance(each, Sentence)]
    fields = {"text": text, "language": language, "spoken": " ".join(sentences), "sentences": sentences}
    write(json.dumps(fields, ensure_ascii=False))
    return True


def _as_lines(end: FrontEnd, text: str, shown: Shown, write: Write) -> None:
    language, found = _spoken(end, text, shown)
    for each in found:
        write(each.text if isinstance(each, Sentence) else f"[pause:{each.seconds:g}s]")
    if shown.language == AUTO:
        status.print(language, style="dim", highlight=False)


def _spoken(end: FrontEnd, text: str, shown: Shown) -> tuple[str, list[Spoken]]:
    """The language and what is said.

    Raises: InvalidText where that is nothing
    """
    text = check_utterance(text, MAX_TEXT_CHARACTERS)
    feeder = end.feeder(spoken_language(shown.language))
    found: list[Spoken] = []
    for piece in _pieces(text, shown.pieces):
        found += feeder.feed(piece)
    found += feeder.end()
    if not any(isinstance(each, Sentence) for each in found):
        raise InvalidText("There is nothing in the text that can be spoken.", mend="It needs a letter or a digit.")
    return feeder.language, found


def _pieces(text: str, size: int) -> Iterable[str]:
    return [text] if size < 1 else (text[at : at + size] for at in range(0, len(text), size))


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
