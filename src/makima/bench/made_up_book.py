"""A made-up book: chapters, numbers, dialogue and marks; the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping

NAMES = ("Anna", "Tom", "Dr. Weiss", "Mrs. Hale", "Ludovic", "Ines")
PLACES = ("the harbour", "the old mill", "platform 9", "the market", "Gate 14", "the lighthouse")
VERBS = ("found", "carried", "counted", "forgot", "measured", "opened", "followed")
THINGS = ("a letter", "the lantern", "three keys", "a broken clock", "the map", "an empty box", "seven coins")


def sentence(random_: random.Random) -> str:
    """One of the sentences of which the book consists."""
    name, place = random_.choice(NAMES), random_.choice(PLACES)
    verb, thing = random_.choice(VERBS), random_.choice(THINGS)
    number = random_.randrange(2, 9_000)
    return random_.choice(
        (
            f"{name} {verb} {thing} at {place}.",
            f"At {random_.randrange(1, 12)}:{random_.randrange(10, 59)} {name} {verb} {thing}, and went on to {place}.",
            f"It cost ${number / 100:.2f}, {random_.randrange(2, 90)}% more than in {random_.randrange(1880, 2020)}.",
            f"“You {verb} {thing}?” asked {name}. “I did,” came the answer from {place}.",
            f"There were {number:,} steps between {place} and the hill, and {name} {verb} all of them.",
            f"Was it {name} who {verb} {thing}?",
        )
    )


def paragraphs(words: int, seed: int = 1) -> list[str]:
    """Paragraphs of one to six sentences, `words` words in all or a few more."""
    random_ = random.Random(seed)  # noqa: S311 - a made-up text, not a secret
    made: list[str] = []
    count = 0
    while count < words:
        text = " ".join(sentence(random_) for _ in range(random_.randrange(1, 7)))
        made.append(text)
        count += len(text.split())
    return made


def chapters(words: int, count: int, seed: int = 1) -> dict[str, list[str]]:
    """`count` chapters by title, of `words` words in all."""
    titles = (f"Chapter {number}: {NAMES[number % len(NAMES)]}" for number in range(1, count + 1))
    return {title: paragraphs(words // count, seed + number) for number, title in enumerate(titles)}


def markdown(
    made: Mapping[str, list[str]], title: str = "The Keys of the Harbour", author: str = "A. N. Author"
) -> str:
    """The book as Markdown, with marks in it."""
    head = f"---\ntitle: {title}\nauthor: {author}\nlanguage: en\n---\n\n"
    return head + "\n\n".join(
        f"# {name}\n\n" + "\n\n".join(f"{text} **Then** it was *over*." for text in texts)
        for name, texts in made.items()
    )
