"""Roman numerals: centuries, and kings and popes by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.languages.russian import place
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, ordinal

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_NUMERAL = r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})"
_NAMES = {
    "English": "Henry|Louis|Elizabeth|Charles|George|William|Edward|Richard|James|Mary|Philip|Peter|Catherine|Alexander|Nicholas|"
    "Napoleon|Paul|Benedict|Pius|Leo|Francis|Ivan|Frederick|Wilhelm|Otto|Ferdinand|Leopold|Gustav|Christian|Harald|Juan Carlos|Felipe|Margrethe|Ramesses",
    "German": "Ludwig|Heinrich|Karl|Friedrich|Wilhelm|Otto|Konrad|Maximilian|Leopold|Franz|Joseph|Katharina|Elisabeth|Peter|"
    "Paul|Benedikt|Pius|Leo|Johannes|Napoleon|Georg|Philipp|Gustav|Nikolaus|Alexander|Maria|Charles|Rudolf|Ferdinand",
    "French": "Louis|Henri|Charles|François|Napoléon|Philippe|Jean|Paul|Pie|Benoît|Léon|Elizabeth|Élisabeth|Catherine|Pierre|Nicolas|"
    "Alexandre|Guillaume|Frédéric|Georges|Édouard|Richard|Jacques|Albert|Léopold|Grégoire|Clément",
    "Spanish": "Luis|Enrique|Carlos|Felipe|Alfonso|Fernando|Juan|Pablo|Pío|Benedicto|León|Isabel|Sancho|Ramiro|Jaime|Pedro|"
    "Napoleón|Guillermo|Federico|Jorge|Eduardo|Ricardo|Jacobo|Alberto|Gregorio|Clemente|Francisco|Amadeo|Nicolás|Alejandro",
    "Italian": "Luigi|Enrico|Carlo|Emanuele|Umberto|Vittorio|Napoleone|Filippo|Giovanni|Paolo|Pio|Benedetto|Leone|Elisabetta|"
    "Caterina|Pietro|Nicola|Alessandro|Guglielmo|Federico|Giorgio|Edoardo|Riccardo|Giacomo|Alberto|Gregorio|Clemente|Francesco|Ferdinando|Urbano",
    "Portuguese": "Luís|Henrique|Carlos|Manuel|João|Pedro|Afonso|Sancho|Napoleão|Filipe|Paulo|Pio|Bento|Leão|Isabel|Elizabeth|Maria|"
    "Catarina|Nicolau|Alexandre|Guilherme|Frederico|Jorge|Eduardo|Ricardo|Alberto|Gregório|Clemente|Francisco|Fernando|José",
    "Russian": "Пётр|Петр|Петра|Екатерина|Николай|Александр|Павел|Иван|Людовик|Генрих|Карл|Фридрих|Вильгельм|Филипп|Наполеон|"
    "Елизавета|Мария|Георг|Эдуард|Ричард|Яков|Альберт|Григорий|Климент|Фердинанд|Мстислав|Ярослав|Василий",
}
_QUEENS = ("Екатерин", "Елизавет")
_STEMS_OF_KINGS = (
    "Генрих|Людовик|Карл|Иван|Александр|Фридрих|Вильгельм|Филипп|Наполеон|Георг|Эдуард|Ричард|Альберт|Климент|Фердинанд|"
    "Мстислав|Ярослав|Петр|Павл|Никола|Екатерин|Елизавет"
)
_CASES_OF_KINGS = {
    "а": "g", "я": "g", "ы": "g", "и": "g", "у": "d", "ю": "d", "ом": "i", "ем": "i", "ой": "i", "е": "p",
}  # fmt: skip
_PARTS = {
    "German": "Kapitel|Band|Teil|Akt|Szene|Abschnitt|Stufe|Klasse|Artikel|Typ",
    "French": "[Cc]hapitre|[Tt]ome|[Pp]artie|[Aa]cte|[Ss]cène|[Ss]ection|[Aa]rticle|[Tt]itre",
    "Spanish": "[Cc]apítulo|[Tt]omo|[Pp]arte|[Aa]cto|[Ee]scena|[Ss]ección|[Tt]ítulo",
    "Italian": "[Cc]apitolo|[Tt]omo|[Pp]arte|[Aa]tto|[Ss]cena|[Ss]ezione|[Tt]itolo",
    "Portuguese": "[Cc]apítulo|[Tt]omo|[Pp]arte|[Aa]to|[Cc]ena|[Ss]eção|[Tt]ítulo",
    "Russian": "[Гг]лава|[Тт]ом|[Чч]асть|[Рр]аздел",
}
_THINGS = r"Super Bowl|Rocky|Rambo|Final Fantasy|Apollo|Saturn|Quest|Fantasy|Wars|Street Fighter|Civilization|Article|Title|Class|Grade|Level|Stage|Episode|Figure|Table"


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`, in the order in which they are applied."""
    if language in _NAMES:
        end = (
            r"(?:\.(?= )|(?=\.$))"
            if language == "German"
            else r"(?:er)?(?!\w|\.\w|['’][a-z])"
            if language == "French"
            else r"(?!\w|\.\w)"
        )
        yield rule(
            "king",
            rf"(?<!\w)((?:{_NAMES[language]})) ({_NUMERAL}){end}",
            lambda m: f"{m[1]} {_king(m[1], _value(m[2]), language)}",
        )
    if language in _PARTS:
        yield rule(
            "numbered part",
            rf"(?<!\w)((?:{_PARTS[language]})) ({_NUMERAL})(?![\w'’])",
            lambda m: f"{m[1]} {cardinal(_value(m[2]), language)}",
        )
    if language == "English":
        yield rule(
            "numbered thing",
            rf"\b((?:{_THINGS})) ([IVXL]{{1,6}})\b",
            lambda m: f"{m[1]} {cardinal(_value(m[2]), 'English')}",
        )
    elif language == "French":
        yield rule("century", r"(?<!\w)([IVX]{1,5})(?:e|ème|ᵉ)(?!\w)", lambda m: ordinal(_value(m[1]), "French"))
        yield rule("first century", r"(?<!\w)I(?:er|ᵉʳ)(?= siècle)", "premier")
    elif language == "Italian":
        yield rule("century", r"(?<!\w)([IVX]{1,5}) (?=secol)", lambda m: f"{ordinal(_value(m[1]), 'Italian')} ")
        yield rule("century", r"\b(secolo) ([IVX]{1,5})(?!\w)", lambda m: f"{m[1]} {ordinal(_value(m[2]), 'Italian')}")
    elif language == "Portuguese":
        yield rule(
            "century",
            r"\b([Ss]éculos?) ([IVX]{1,5})(?!\w)",
            lambda m: f"{m[1]} {_low_or_not(_value(m[2]), 'Portuguese', 'm')}",
        )
    elif language == "Russian":
        yield rule(
            "king in a case",
            rf"(?<!\w)({_STEMS_OF_KINGS})(а|у|ом|е|я|ю|ем|ы|и|ой) ({_NUMERAL})(?!\w|\.\w)",
            lambda m: f"{m[1]}{m[2]} {place(_value(m[3]), 'f' if m[1] in _QUEENS else 'm', _CASES_OF_KINGS[m[2]])}",
        )
        yield rule("century", r"(?<!\w)(\d{1,2}|[IVXХ]{1,5})(?:-[а-я]{1,3})? (век)(а|е|у|ом|)(?!\w)", _russian_century)


def _value(numeral: str) -> int:
    values = [_VALUES[letter] for letter in numeral.replace("Х", "X")]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


def _king(name: str, value: int, language: str) -> str:
    if language == "English":
        return f"the {ordinal(value, 'English')}"
    feminine = name[-1] in "aая" or name in ("Elisabeth", "Isabel", "Elizabeth", "Élisabeth", "Catherine")
    if language == "German":
        return f"{'die' if feminine else 'der'} {ordinal(value, 'German').capitalize()}"
    if language == "French":
        return ("première" if feminine else "premier") if value == 1 else cardinal(value, "French")
    if language == "Italian":
        return ordinal(value, "Italian", gender="f" if feminine else "m")
    if language in ("Portuguese", "Spanish"):
        return _low_or_not(value, language, "f" if feminine else "m")
    return place(value, "f" if feminine and name != "Петра" else "m", "g" if name == "Петра" else "n")


def _low_or_not(value: int, language: str, gender: str) -> str:
    return ordinal(value, language, gender=gender) if value <= 10 else cardinal(value, language)


def _russian_century(match: re.Match[str]) -> str:
    value = int(match[1]) if match[1].isdecimal() else _value(match[1])
    case = {"": "n", "а": "g", "е": "p", "у": "d", "ом": "i"}[match[3]]
    return f"{place(value, 'm', case)} {match[2]}{match[3]}"
