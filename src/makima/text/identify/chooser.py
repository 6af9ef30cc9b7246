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
from makima.text.identify.tables import GREETING_OF, GREETINGS, LABEL_OF, TELLING_OF
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
_ORDERS_OF_JAPAN = re.compile(
    r"\d ?(?:番目|番線|番地|番街|人目|回目|年生|丁目|号室|号車|泊|畳|時半|時頃|日間|週間|階|名様)|^\W*京都(?:駅|駅前|大学|タワー)?\W*$"
)
# Short forms that Japan does not write, and words.
_ONLY_CHINESE = re.compile(
    "[我你她很东车长门马语电话时间开见头风飞鱼鸟项场员买线议论业运远进达选馆纸终约组结给统红练习书访设许证评试诗认说调谈请课讲谢识护货责费资贺赏质购农连违银镜阁阶阳陆队际难顶顺预领题颜类饭饮鲜岁爱为产众优传"
    "伤军净别刘则刚创删剧劳势协单卖卫压厅县吗启围园圆块坚处备复够奖妈孙实审宁导层帮师带应庆张录归怀态总战户执扩报拥择换损摄显晓术杀杂权极标树样桥欢毕汉汤济测灭灵炼烦热爷现环疗盘监码确种积稳穷竞笔签简纪纯级"
    "细织经绝绿缘罗职联胜脑药虽补视觉规览计订记询该详误读负财贵贸贷贾赛赵趋跃轨转轮软轻输辆边过还这迟适递逻遗邓郑钟钢钱铁铜锁错键问闲闻阅陈险隐雾顾频飘饼馒验骑鲁鸡齐龙的了们們這那嗎呢吧您哪么麼着]|旅游"
    r"|\d ?天"
)
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[A-Za-z0-9.+_-]+@[A-Za-z0-9.-]+")
MOST_TELLING = 12
"""Words are looked up; longer texts the model knows."""
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_NOT_WORDS = re.compile(
    r"\d ?(?:mi|k?m|cm|mm|k?g|mg|m?l|h|min|s|t|[KMGT]B)\b|[^\W\d_]*\d[\w.,:/-]*|https?://\S+|\S+@\S+|[_*#`|~<>]+"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
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
        labelled = self._labelled(words)
        if labelled is not None:
            return labelled
        language, probability = _identified(words[:40])
        begun = self._words > 0
        if probability < (SURE_OF_CHANGE if begun or len(words) < 2 else SURE) or (begun and len(words) < 3):
            return None
        self._words += len(words)
        return language

    def _labelled(self, words: list[str]) -> str | None:
        """The language of a label of up to three words, such as `Kapitel 3`."""
        shared = _labels(words)
        if len(shared) < 2:
            return next(iter(shared), None)
        if self._previous in shared:
            return self._previous
        if DEFAULT in shared:
            return DEFAULT
        return next(language for language, _ in _ranked(" ".join(words)) if language in shared)


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
    return bool(mixed or _PLACES_OF_JAPAN.search(text) or _ORDERS_OF_JAPAN.search(text))


def _tells(text: str) -> bool:
    """Whether a Latin word of `text` tells of a language."""
    return any(word.lower() in TELLING_OF for word in re.findall(r"[A-Za-zÀ-ɏ'’]{2,}", text))


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
        shared &= GREETING_OF.get(word.lower().replace("’", "'"), set())
    return next(iter(shared)) if len(shared) == 1 else None


def _labels(words: list[str]) -> set[str]:
    """The languages that have all labels among up to three words; none where there is no label."""
    found = [LABEL_OF[word.lower()] for word in words if word.lower() in LABEL_OF] if len(words) < 4 else []
    return set.intersection(*found) if found else set()


def _identified(words: list[str]) -> tuple[str, float]:
    """The likeliest language, and how likely it is, by the model and by the words that tell of languages."""
    weights = {language: max(probability, 0.01) for language, probability in _ranked(" ".join(words))}
    for word in words[:MOST_TELLING]:
        for language in TELLING_OF.get(word.lower().replace("’", "'"), ()):
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
    identifier.set_languages([code for name, code in CODES.items() if name in GREETINGS])
    return identifier
