"""Cases of what is read aloud: texts in all scripts, markup, pronunciations, voice names."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from time import process_time

from makima.errors import MakimaError
from makima.server.doors.common.markup import LONGEST_TAG, MarkupFilter
from makima.text.front_end import Feeder, spoken_whole
from makima.text.language import guess
from makima.text.markup.reader import MarkupReader
from makima.text.pronunciations import from_mapping
from makima.text.speakable import check_utterance
from makima.voices.manifest import is_slug
from tests.fuzz.generators import MARKS, SCRIPTS, any_string, text

LANGUAGES = (
    *(
        "Auto",
        "English",
        "German",
        "French",
        "Spanish",
        "Italian",
        "Portuguese",
        "Russian",
        "Japanese",
        "Korean",
        "Chinese",
    ),
)
LONG_CHARACTERS = 20_000
"""Of one utterance that comes by append: the longest text that a client may send."""

LONG_S = 1.0
"""Of a processor, for a text of that length in the part of the front end that looks at all of it."""


def front_end(random: Random) -> None:
    """A short text, which comes in pieces cut anywhere."""
    written = text(random, 80)
    language = random.choice(LANGUAGES)
    words = from_mapping({"a": "b", "~x": "why"} if random.random() < 0.2 else {})
    feeder = Feeder(language, pronunciations=words)
    at = 0
    while at < len(written):
        end = at + random.randint(1, len(written))
        feeder.is_quick(written[at:end])
        feeder.feed(written[at:end])
        _ = feeder.open_text
        if random.random() < 0.1:
            feeder.settle()
        at = end
    feeder.end()
    assert not feeder.waiting


def markup(random: Random) -> None:
    """Tags, Markdown and entities, whole and cut; what is held back stays bounded."""
    written = "".join(
        random.choice(MARKS) if random.random() < 0.6 else text(random, 4) for _ in range(random.randint(1, 20))
    )
    reader = MarkupReader()
    reader.read(written)
    reader.read(any_string(random))
    tags = MarkupFilter()
    for at in range(0, len(written), 5):
        tags.feed(written[at : at + 5])
        assert len(tags._held) <= LONGEST_TAG
    tags.flush()


def names(random: Random) -> None:
    """What messages hold beside texts."""
    given = any_string(random)
    with suppress(MakimaError):
        check_utterance(given)
    with suppress(MakimaError):
        from_mapping({given: any_string(random)})
    guess(given)
    assert not is_slug(given) or not set(given) & set("/\\.\0\r\n")


def long_text(random: Random) -> None:
    """The longest text there is, of anything, in time that grows as its length does."""
    kind = random.randrange(4)
    if kind == 0:
        piece = random.choice(MARKS)
    elif kind == 1:
        piece = chr(random.randint(*random.choice(SCRIPTS)))
    elif kind == 2:
        piece = "".join(random.choices(MARKS, k=random.randint(2, 4)))
    else:
        piece = text(random, 60) or "x"
    written = (piece * (LONG_CHARACTERS // len(piece) + 1))[:LONG_CHARACTERS]
    language = random.choice(LANGUAGES)
    before_s = process_time()
    spoken_whole(written, language)
    taken_s = process_time() - before_s
    assert taken_s < LONG_S * ALLOWANCE, f"{taken_s:.1f} s for {piece[:40]!r} repeated in {language}"


ALLOWANCE = 4.0
"""A machine that does other things takes longer; what grows with the square of the length takes minutes."""
