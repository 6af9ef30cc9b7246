"""The consent without which no voice is cloned: who gave it, when, and in what words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from makima.errors import InvalidMessage

STATEMENT: Final = (
    "I am the person who speaks in this recording, or that person has agreed to this copy of their voice "
    "and to what it will be used for."
)
"""What `yes` stands for."""

_YES = frozenset({"yes", "true", "on", "1"})
_LEAST_CHARACTERS = 10


class Consent(BaseModel):
    """A statement of consent, as the manifest keeps it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    who: str = Field(min_length=1, max_length=200)
    when: datetime
    words: str = Field(min_length=_LEAST_CHARACTERS, max_length=2_000)


def consent(words: str | None, who: str, when: datetime | None = None) -> Consent:
    """The statement in `words` made by `who`; `yes` stands for `STATEMENT`.

    Raises: InvalidMessage where there is none
    """
    said = " ".join((words or "").split())
    if said.lower() in _YES:
        said = STATEMENT
    if not _LEAST_CHARACTERS <= len(said) <= 2_000:
        raise InvalidMessage(
            "consent: a voice is cloned only with a statement of consent.",
            mend=f'Write it in your own words, or send "yes" for: {STATEMENT}',
        )
    who = " ".join(who.split())[:200] or "unknown"
    return Consent(who=who, when=(when or datetime.now(UTC)).replace(microsecond=0), words=said)
