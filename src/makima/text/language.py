"""The ten languages, by the names the wire uses, and a guess of which one a text is in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from makima.errors import InvalidMessage

AUTO = "Auto"

CODES: Mapping[str, str] = MappingProxyType(
    {
        "Chinese": "zh",
        "English": "en",
        "Japanese": "ja",
        "Korean": "ko",
        "German": "de",
        "French": "fr",
        "Russian": "ru",
        "Portuguese": "pt",
        "Spanish": "es",
        "Italian": "it",
    }
)
"""ISO 639-1 code by language name."""

LANGUAGES: tuple[str, ...] = tuple(CODES)

_BY_SPELLING = {
    **{name.lower(): name for name in LANGUAGES},
    **{code: name for name, code in CODES.items()},
    AUTO.lower(): AUTO,
}

# Words that are frequent in one of the six languages of Latin script and rare in the other five.
_FUNCTION_WORDS = {
    "English": "the and of to is that you with this are have what for not it was",
    "German": "der die das und ist nicht ich ein eine mit auf für wie sie es auch",
    "French": "le les des et est une dans que pour pas vous je qui sur avec ce",
    "Portuguese": "o os uma não que para com você em do da é mais como eu está",
    "Spanish": "el los las una y es que no por con para del está como pero muy",
    "Italian": "il gli di che è una non per sono con del della come ma più questo",
}
_WORDS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
_SCRIPTS = (
    ("Japanese", re.compile(r"[\u3040-\u30ff\u31f0-\u31ff]")),
    ("Korean", re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    ("Chinese", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("Russian", re.compile(r"[\u0400-\u04ff]")),
)


def canonical(name: str) -> str | None:
    """The wire's name for `name`, which may be a name or an ISO code in any case (`en-US` too); None if unknown."""
    spelling = name.strip().lower()
    return _BY_SPELLING.get(spelling) or _BY_SPELLING.get(re.split(r"[-_]", spelling)[0])


def spoken_language(name: str) -> str:
    """The wire's name for `name`, as `canonical`.

    Raises: InvalidMessage naming the languages there are
    """
    language = canonical(name)
    if language is None:
        known = ", ".join([*LANGUAGES, AUTO])
        raise InvalidMessage(f"language: {name!r} is not spoken here.", mend=f"Take one of: {known}.")
    return language


def guess(text: str) -> str:
    """The language `text` is most likely in: by its script, and by its function words where the script is Latin."""
    for language, script in _SCRIPTS:
        if script.search(text):
            return language
    words = re.findall(r"[^\W\d_]+", text.lower())
    hits = Counter({language: sum(word in known for word in words) for language, known in _WORDS.items()})
    language, count = hits.most_common(1)[0]
    return language if count else "English"
