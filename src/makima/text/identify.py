"""Which language a text is in, decided over the utterance and the session.

Scripts decide where they can. Between the six languages of Latin script `py3langid` does: 0.1 ms a sentence, 5 MB, in
numpy alone; greetings are too short for it and stand in a table. Figures never choose.
"""

from __future__ import annotations

import functools
import re
import threading
from collections import Counter
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
    "Portuguese": "olá oi bom boa dia tarde noite obrigado obrigada sim não tchau tudo bem até logo",
    "Spanish": "hola buenos buenas días tardes noches gracias sí adiós vale claro bienvenido qué tal hasta luego",
    "Italian": "ciao buongiorno buonasera salve grazie sì prego arrivederci perfetto certo benvenuto",
}
_GREETING_OF: dict[str, set[str]] = {}
for _language, _words in _GREETINGS.items():
    for _word in _words.split():
        _GREETING_OF.setdefault(_word, set()).add(_language)

# Words of short sentences, of which the model says little: each tells where it is one language's alone.
_TELLING = {
    "English": "the is are was what's how what where when who why have has my your this that with and of it's don't "
    "can you need want see good today tomorrow now here there is",
    "German": "ich du er wir ihr habe hast hat haben ist sind bin war wie wo wann wer warum und nicht mein meine dein "
    "heute morgen jetzt hier gibt geht kann kannst möchte danke bitte der das ein eine mit auf für",
    "French": "je j'ai tu il elle nous vous suis es êtes sommes ont avez avons c'est ça où quand comment pourquoi "
    "aujourd'hui demain maintenant ici mon ma mes le les des une et pas avec pour dans veux peux",
    "Spanish": "yo tengo tienes tiene tenemos hay soy eres estoy está están dónde cómo cuándo cuánto por qué hoy "
    "mañana ahora aquí quiero puedo mi mis el los las una y con muy perro perros cuesta cuestan hasta luego",
    "Italian": "io ho hai abbiamo sono sei siamo sto stai sta dove quando perché chi oggi domani adesso qui voglio "
    "vorrei posso il gli della di che una è non con molto quanto costa ci vediamo",
    "Portuguese": "eu tenho tem temos há sou és estou está estão onde quando quanto hoje amanhã agora aqui quero posso "
    "meu minha os uma não com muito você vocês até em do da custa custam",
}
_TELLING_OF: dict[str, set[str]] = {}
for _language, _words in _TELLING.items():
    for _word in _words.split():
        _TELLING_OF.setdefault(_word, set()).add(_language)

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
            return None if begun else _told(words)
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


def _told(words: list[str]) -> str | None:
    """The language that more of the words are telling of than of any other."""
    told: Counter[str] = Counter()
    for word in words:
        languages = _TELLING_OF.get(word.lower().replace("’", "'"), set())
        if len(languages) == 1:
            told[next(iter(languages))] += 1
    ranked = told.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


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
