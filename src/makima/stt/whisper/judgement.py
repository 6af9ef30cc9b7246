"""What of a decoder's output is taken for words that were said.

Whisper writes something for whatever it is given: noise becomes "Thank you." and "you", as in the subtitles that it was
trained on. Three things are weighed: how much of the audio is speech for the detector, how likely the decoder finds it
that there is none, and how likely it finds its own words.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from makima.stt.protocol import HeardWord

MIN_SPEECH_MS: Final = 100
"""Of windows with speech. "No" and "yes" have 200 and more."""
MIN_PEAK: Final = 0.7
"""The speech probability that some window must reach."""
NO_SPEECH: Final = 0.6
DOUBTFUL: Final = -0.7
"""Mean log-probability of a token; together with a likely absence of speech the text is dropped below it."""
IMPROBABLE: Final = -1.3
"""Below this it is dropped in any case. Speech in loud noise comes down to -1."""
BRIEF_MS: Final = 320
BRIEF: Final = -0.9
"""What words need in so little speech: single notes of a melody and bangs are speech to the detector at times."""
CLEAR_MS: Final = 1_000
CLEAR_PEAK: Final = 0.95
CLEAR_DOUBTFUL: Final = -1.25
CLEAR_IMPROBABLE: Final = -1.6
"""Both limits where the detector is sure of speech: artificial voices are improbable, though understood."""
STOCK: Final = -0.45
"""What a stock phrase needs."""
MOST_CHARACTERS_PER_S: Final = 40.0
"""Of speech. Fast speakers reach 25."""

# What subtitles end with. All of these can be said in earnest, so they need to be likely, not impossible.
_STOCK_PHRASES: Final = frozenset(
    {
        "you",
        "bye",
        "bye bye",
        "thank you",
        "thanks",
        "thanks for watching",
        "thank you for watching",
        "thank you very much",
        "please subscribe",
        "so",
        "oh",
        "okay",
        "hmm",
        "mm",
        "uh",
        "ご視聴ありがとうございました",
        "ありがとうございました",
        "おやすみなさい",
        "谢谢观看",
        "谢谢大家",
        "请不吝点赞订阅转发打赏支持明镜与点点栏目",
        "字幕by索兰娅",
        "시청해주셔서 감사합니다",
        "mbc 뉴스",
        "감사합니다",
        "vielen dank",
        "vielen dank fürs zuschauen",
        "untertitel der amaraorg community",
        "untertitelung des zdf 2020",
        "sous titres réalisés par la communauté damaraorg",
        "sous titrage société radio canada",
        "merci",
        "продолжение следует",
        "субтитры сделал dimatorzok",
        "спасибо за просмотр",
        "gracias",
        "gracias por ver el video",
        "subtítulos por la comunidad de amaraorg",
        "subtítulos realizados por la comunidad de amaraorg",
        "legendas pela comunidade amaraorg",
        "obrigado",
        "sottotitoli creati dalla comunità amaraorg",
        "sottotitoli e revisione a cura di qtss",
        "grazie",
    }
)
# Subtitles that name sounds, which are not speech: [Music], (wind blowing), ♪ la la ♪.
_SOUND_NAMES: Final = re.compile(r"\[[^\]]*\]|\([^)]*\)|（[^）]*）|【[^】]*】|♪[^♪]*♪|\*[^*]*\*|♪")


@dataclass(frozen=True, slots=True)
class Order:
    """What a stretch of speech is to be recognised as. `language` is an ISO code, or None to find it out."""

    language: str | None
    languages: tuple[str, ...]
    before: str | None
    """The language of the session so far."""
    final: bool
    """Whether the words are those that stay: searched for more thoroughly, and with times."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Order:
        return cls(**{**fields, "languages": tuple(fields["languages"])})


@dataclass(frozen=True, slots=True)
class Heard:
    """What the decoder found in a stretch of speech. Times of words are counted from its start."""

    text: str
    language: str
    no_speech: float
    log_probability: float
    words: tuple[HeardWord, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Heard:
        return cls(**{**fields, "words": tuple(HeardWord(**word) for word in fields["words"])})


def credible(heard: Heard, speech_ms: float, peak: float) -> bool:
    """Whether `heard` was said, where the detector found `speech_ms` of speech, of probability `peak` at most."""
    bare = _bare(heard.text)
    if not bare or speech_ms < MIN_SPEECH_MS or peak < MIN_PEAK:
        return False
    clear = speech_ms >= CLEAR_MS and peak >= CLEAR_PEAK
    if heard.log_probability < (CLEAR_IMPROBABLE if clear else IMPROBABLE):
        return False
    if speech_ms < BRIEF_MS and heard.log_probability < BRIEF:
        return False
    if heard.no_speech > NO_SPEECH and heard.log_probability < (CLEAR_DOUBTFUL if clear else DOUBTFUL):
        return False
    if bare in _STOCK_PHRASES and (heard.log_probability < STOCK or heard.no_speech > NO_SPEECH):
        return False
    return len(bare) <= MOST_CHARACTERS_PER_S * (speech_ms / 1000 + 0.5)


def without_sound_names(text: str) -> str:
    """`text` without subtitles of sounds."""
    return " ".join(_SOUND_NAMES.sub(" ", text).split())


def _bare(text: str) -> str:
    """Letters and digits of `text`, in lower case, with single spaces."""
    kept = re.sub(r"[-‐–—]", " ", text.lower())
    return " ".join(re.sub(r"[^\w\s]|_", "", kept).split())
