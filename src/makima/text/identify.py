"""Which language a text is in, decided over the utterance and the session.

Scripts decide where they can. Between the six languages of Latin script `py3langid` does: 0.1 ms a sentence, 5 MB, in
numpy alone; greetings are too short for it and stand in a table. Figures never choose.
"""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

from makima.errors import AssetError
from makima.text.language import CODES, LANGUAGES

DEFAULT = "English"
SURE = 0.5
"""Below this probability a text is in the language of what came before it."""
SURE_OF_CHANGE = 0.9
"""What a text must reach to change the language in the middle of an utterance; and it must have three words."""

_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005]")
# Letters as only Japan writes them, and names of its eras.
_ONLY_JAPANESE = re.compile(
    "[円気県駅対価発売読広図単検済経続総労働変楽実悪圧囲帰歩辺込畑峠枠択訳駐転関応営残戻々〆〒]|令和|平成|昭和|大正"
)
# In mainland China letters are short forms, in Taiwan long ones; Japan has both, one beside the other.
_SHORT_FORMS = re.compile("[国学会条体点来当写宝声医旧区号党属双争静尽担独断数寿炉乱辞届径参]")
_LONG_FORMS = re.compile(
    "[東車長門馬語電話時間開見頭風飛魚鳥項場員買線議論業運遠進週達過選館紙終約組結給統紅細練習書訪設許証評試詩認説調談"
    "請課講謝識護貨責費資賀賞質購農連違銀鏡閣階陽陸隊際難雲頂順預領題顔願類飯飲鮮]"
)
_PLACES_OF_JAPAN = re.compile(
    "東京|大阪|京都府|京都市|北海道|名古屋|横浜|神戸|福岡|札幌|沖縄|新宿|渋谷|銀座|神奈川|千葉県|埼玉|広島|仙台|奈良|鎌倉|秋葉原|成田|羽田|富士山"
)
_ONLY_CHINESE = re.compile("[的了们們这這那吗嗎呢吧您哪么麼着]")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[A-Za-z0-9.+_-]+@[A-Za-z0-9.-]+")
MOST_TELLING = 12
"""Words are looked up; longer texts the model knows."""
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_NOT_WORDS = re.compile(
    r"\d ?(?:mi|k?m|cm|mm|k?g|mg|m?l|h|min|s|t|[KMGT]B)\b|[^\W\d_]*\d[\w.,:/-]*|https?://\S+|\S+@\S+|[_*#`|~<>]+"
)
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

# Words of short sentences, of which the model says little. Those of several languages are in each.
_TELLING = {
    "English": "born died open closed costs page card since about see due the a an is are was were be been i i'm it it's he she we you they this that these there here of in on at to for "
    "from by with and or not no do does did don't have has had my your his her our what what's how when where who why "
    "can will would need want see good today tomorrow now please very much more than into as if but so",
    "German": "karte seite geboren geöffnet dauert wiegt der die das den dem des ein eine einen einem einer ich du er sie es wir ihr mein meine dein sein seine ist "
    "sind bin war hat habe haben wird wie wo wann wer warum was und oder nicht kein mit auf für von vom zu zum zur in im "
    "an am bei aus nach um über bis ab pro heute morgen jetzt hier gibt geht kann möchte danke bitte uhr auch so aber "
    "schon noch sich tel kostet nr",
    "French": "vaut l'euro dure mesure pèse carte ouvert né le la les l'un un une des du de d' je j'ai tu il elle on nous vous ils c'est ce cet cette est es sont suis ai "
    "avez avons où quand comment pourquoi aujourd'hui demain maintenant ici mon ma mes son sa ses et ou ne pas plus avec "
    "pour par sur dans en au aux à qui que se sans très y veux peux voir tél mois ans heures coûte",
    "Spanish": "vale beba tome cada dura pesa hace tarjeta página abierto nació el la los las un una unos unas de del al a y o e en con por para que no se me te lo su mi tu es son soy está "
    "están estoy hay tiene tengo tenemos cómo dónde cuándo cuánto qué hoy mañana ahora aquí quiero puedo muy más pero "
    "como sobre entre sin desde hasta cuesta cuestan mide véase ver tel mes años día días horas gana",
    "Italian": "vale l'euro dura misura pesa carta pagina aperto nato il lo la i gli le un uno una di del della dei delle da dal dalla a al alla alle in nel nella con su per tra "
    "e o che non si mi ti ci è sono sei ho ha hai abbiamo siamo sto stai dove quando perché come chi cosa oggi domani "
    "adesso qui voglio vorrei posso molto più ma anche quanto costa vedi tel mese anni ore",
    "Portuguese": "noite vale beba tome cada dura pesa faz cartão página disque aberto nasceu o a os as um uma uns umas de do da dos das no na nos nas em ao à às aos e ou com por para pra que não se "
    "me te eu você vocês ele ela é são sou está estão tem tenho temos há onde quando quanto como por hoje amanhã agora "
    "aqui quero posso meu minha muito mais mas até entre sem sobre pelo pela custa custam mede ver tel mês anos horas",
}
_TELLING_OF: dict[str, set[str]] = {}
for _language, _words in _TELLING.items():
    for _word in _words.split():
        _TELLING_OF.setdefault(_word, set()).add(_language)
TELLING_FACTOR = 3.0
"""How much likelier a word of its table makes a language."""
LETTER_FACTOR = 1.5
"""The same for words of one letter, which may also name a thing."""

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
        language, probability = _identified(words[:40])
        begun = self._words > 0
        if probability < (SURE_OF_CHANGE if begun or len(words) < 2 else SURE) or (begun and len(words) < 3):
            return None
        self._words += len(words)
        return language


def by_script(text: str, previous: str | None = None) -> str | None:
    """The language that the script of `text` leaves no doubt about; None for Latin letters, and for none."""
    text = _ADDRESS.sub(" ", text)
    kana, hangul, han = len(_KANA.findall(text)), len(_HANGUL.findall(text)), len(_HAN.findall(text))
    cyrillic = len(_CYRILLIC.findall(text))
    if not (kana or hangul or han or cyrillic):
        return None
    # A letter of the East says about as much as a syllable of Latin script, or three letters.
    # Names of things are Latin anywhere, so they count only where words of a language stand between them.
    if 3 * (kana + hangul + han) + cyrillic < len(_LATIN.findall(text)) and _tells(text):
        return None
    if hangul and hangul >= max(kana, han // 4, cyrillic):
        return "Korean"
    if kana:
        return "Japanese"
    if han:
        return "Japanese" if previous == "Japanese" or _is_japanese(text) else "Chinese"
    return "Russian"


def _is_japanese(text: str) -> bool:
    """Whether a text of Chinese letters alone is more likely Japanese."""
    if _ONLY_JAPANESE.search(text):
        return True
    if _ONLY_CHINESE.search(text):
        return False
    mixed = _SHORT_FORMS.search(text) and _LONG_FORMS.search(text)
    return bool(mixed or _PLACES_OF_JAPAN.search(text))


def _tells(text: str) -> bool:
    """Whether a Latin word of `text` tells of a language."""
    return any(word.lower() in _TELLING_OF for word in re.findall(r"[A-Za-zÀ-ɏ'’]{2,}", text))


def warm() -> None:
    """Load the model, which takes a second or two."""
    _identifier()


def ready() -> bool:
    """Whether the model is loaded, so that to choose takes no longer than some tenths of a millisecond."""
    return _loaded.cache_info().currsize > 0


def _greeted(words: list[str]) -> str | None:
    """The language of a text of up to three words that are all of one language's greetings."""
    if len(words) > 3:
        return None
    shared = set(LANGUAGES)
    for word in words:
        shared &= _GREETING_OF.get(word.lower().replace("’", "'"), set())
    return next(iter(shared)) if len(shared) == 1 else None


def _identified(words: list[str]) -> tuple[str, float]:
    """The likeliest language, and how likely it is, by the model and by the words that tell of languages."""
    weights = {language: max(probability, 0.01) for language, probability in _ranked(" ".join(words))}
    for word in words[:MOST_TELLING]:
        for language in _TELLING_OF.get(word.lower().replace("’", "'"), ()):
            weights[language] *= TELLING_FACTOR if len(word) > 1 else LETTER_FACTOR
    best = max(weights, key=weights.__getitem__)
    return best, weights[best] / sum(weights.values())


def _ranked(words: str) -> list[tuple[str, float]]:
    names = {code: name for name, code in CODES.items()}
    return [(names[code], float(probability)) for code, probability in _identifier().rank(words)]


def _identifier() -> Any:
    with _lock:
        return _loaded()


@functools.cache
def _loaded() -> Any:
    # Imported here, since texts whose language is told need no model.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as exc:  # it is unpacked in a temporary file
        raise AssetError(
            "language identification",
            f"The model that tells languages cannot be loaded: {exc.strerror or exc}.",
            mend="Make room in the folder of temporary files (TMPDIR), or name the language.",
        ) from exc
    identifier.set_languages([code for name, code in CODES.items() if name in _GREETINGS])
    return identifier
