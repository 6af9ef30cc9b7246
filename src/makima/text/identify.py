"""Which language a text is in, decided over the utterance and the session.

Scripts decide where they can. Between the six languages of Latin script `py3langid` does: 0.1 ms a sentence, 5 MB, in
numpy alone; greetings are too short for it and stand in a table. Figures never choose.
"""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

from makima.text.language import CODES, LANGUAGES

DEFAULT = "English"
SURE = 0.6
"""Below this probability a text is in the language of what came before it."""
SURE_OF_CHANGE = 0.9
"""What a text must reach to change the language in the middle of an utterance; and it must have three words."""

_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_NOT_WORDS = re.compile(r"[^\W\d_]*\d[\w.,:/-]*|https?://\S+|\S+@\S+|[_*#`|~<>]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_GREETINGS = {
    "English": "hello hi hey thanks yes okay sure welcome goodbye bye please sorry good great well perfect morning no problem",
    "German": "hallo servus moin tag guten morgen abend danke bitte ja nein tschüss gut genau natürlich willkommen gerne",
    "French": "bonjour salut bonsoir merci oui non bienvenue d'accord voilà très parfait allô",
    "Portuguese": "olá oi bom boa dia tarde noite obrigado obrigada sim não tchau tudo bem",
    "Spanish": "hola buenos buenas días tardes noches gracias sí adiós vale claro bienvenido qué tal",
    "Italian": "ciao buongiorno buonasera salve grazie sì prego arrivederci perfetto certo benvenuto",
}
_GREETING_OF: dict[str, set[str]] = {}
for _language, _words in _GREETINGS.items():
    for _word in _words.split():
        _GREETING_OF.setdefault(_word, set()).add(_language)

_lock = threading.Lock()


class LanguageChooser:
    """Chooses for the sentences of one utterance, one after the other; `previous` is the session's language so far."""

    def __init__(self, previous: str | None = None) -> None:
        self._previous = previous
        self._words = 0

    @property
    def language(self) -> str:
        """What was chosen last."""
        return self._previous or DEFAULT

    def choose(self, text: str) -> str:
        """The language of the next sentence."""
        language = by_script(text, self._previous)
        if language is None:
            language = self._by_words(text)
        self._previous = language or self._previous
        return self.language

    def _by_words(self, text: str) -> str | None:
        words = _WORD.findall(_NOT_WORDS.sub(" ", text))
        if not words:
            return None
        greeted = _greeted(words)
        if greeted is not None:
            return greeted
        language, probability = _identified(" ".join(words[:40]))
        begun = self._words > 0
        if probability < (SURE_OF_CHANGE if begun or len(words) < 2 else SURE) or (begun and len(words) < 3):
            return None
        self._words += len(words)
        return language


def by_script(text: str, previous: str | None = None) -> str | None:
    """The language that the script of `text` leaves no doubt about; None for Latin letters, and for none."""
    kana, hangul, han = len(_KANA.findall(text)), len(_HANGUL.findall(text)), len(_HAN.findall(text))
    cyrillic = len(_CYRILLIC.findall(text))
    if not (kana or hangul or han or cyrillic):
        return None
    # A letter of the East says about as much as a syllable of Latin script, or three letters.
    if 3 * (kana + hangul + han) + cyrillic < len(_LATIN.findall(text)):
        return None
    if hangul and hangul >= max(kana, han // 4, cyrillic):
        return "Korean"
    if kana:
        return "Japanese"
    if han:
        return "Japanese" if previous == "Japanese" else "Chinese"
    return "Russian"


def warm() -> None:
    """Load the model, which takes a second or two."""
    _identifier()


def _greeted(words: list[str]) -> str | None:
    """The language of a text of up to three words that are all of one language's greetings."""
    if len(words) > 3:
        return None
    shared = set(LANGUAGES)
    for word in words:
        shared &= _GREETING_OF.get(word.lower().replace("’", "'"), set())
    return next(iter(shared)) if len(shared) == 1 else None


def _identified(words: str) -> tuple[str, float]:
    identifier = _identifier()
    code, probability = identifier.classify(words)
    return next(name for name, known in CODES.items() if known == code), float(probability)


def _identifier() -> Any:
    with _lock:
        return _loaded()


@functools.cache
def _loaded() -> Any:
    # Imported here, since texts whose language is told need no model.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for name, code in CODES.items() if name in _GREETINGS])
    return identifier
