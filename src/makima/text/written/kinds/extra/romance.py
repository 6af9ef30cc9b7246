"""What French, Spanish, Italian and Portuguese write in ways of their own: hours, halves, places, scores."""

from __future__ import annotations

import re

from makima.text.written.kinds.calendar import MONTHS
from makima.text.written.kinds.extra.common import (
    faster,
    half,
    kilometer_of_a_road,
    millions,
    number_list,
    numbered_event,
    numbered_law,
    of_a_hundred_kilometers,
    post_code,
    roman_value,
    times_for_each,
    version_at_the_end,
)
from makima.text.written.kinds.names.currency_names import SIGNS
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits, ordinal

_MASCULINE_IN_A = r"(?:d[ií]as?|mapas?|planetas?|sofás?|ptas|para|hasta|contra|cada|esta|esa|otra|nada|outra|essa|toda|cometas?|dálmatas?|piratas?|(?:art|tur|dent|period|futbol|pian|econom)istas?|yogas?|tranvías?|guardas?|kilos?|\w*(?:gramas|gramas?|emas?|omas?|amas?|imas?))"


def _feminine_ones(language: str) -> Rule:
    """`1 hermana`, `21 mesas`: numbers that end in one, before a noun that ends in `a`."""

    def speak(match: re.Match[str]) -> str:
        return cardinal(int(match[1]), language, gender="f")

    months = "|".join(MONTHS[language].split())
    ending = (
        "a|ci[oó]n|siones|ciones|sión|dad|dades|tud"
        if language == "Spanish"
        else "ã|a|ção|ções|são|dade|dades|gem|gens"
    )
    last = "1" if language == "Spanish" else "[12]"
    return rule(
        "feminine one",
        rf"(?<![\w.,/:-])(?<!\d )(\d{{0,2}}{last})(?<!1[12])(?= (?!{_MASCULINE_IN_A}(?!\w)|{months})[a-záéíóúñãõâêôç]{{2,}}(?:{ending})s?(?!\w))",
        speak,
    )


def _and_a_half(language: str, masculine: str, feminine: str) -> Rule:
    """`2½ horas`: two hours and a half."""

    def speak(match: re.Match[str]) -> str:
        noun = match[2]
        is_feminine = noun.rstrip("s").endswith("a") or noun in (
            "colher",
            "heure",
            "heures",
            "ore",
            "tonnes",
            "tonne",
            "années",
        )
        count = cardinal(int(match[1]), language, gender="f" if is_feminine else "m")
        return f"{count} {noun} {feminine if is_feminine else masculine}"

    return rule("and a half", r"(?<![\w.,/])(\d{1,3}) 1/2 (?!de\b|di\b|d')([^\W\d_]{4,}|días?|ore)(?!\w)", speak)


def _day_of_month(language: str, of: str) -> Rule:
    """`il 15/03`: the nought before the month tells it from a fraction."""
    months = MONTHS[language].split()
    return rule(
        "day of a month",
        r"(?<=[^\W\d_] )(0?[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])(?![\w/-]|[.,]\d)"
        r"|(?<=\b(?:[Ee]l|[Ii]l|[Dd]ia|[Dd]al?|[Dd]el|[Ll]e|até|em|hasta el) )([1-9]|[12]\d|3[01])/([1-9]|1[0-2])"
        r"(?=,? (?:a las?|alle|all['’]|à|às|de \d{4}|de manhã|por la|in)(?!\w))",
        lambda m: f"{int(m[1] or m[3])}{of}{months[int(m[2] or m[4]) - 1]}",
    )


_ANGLES = re.compile(r"[áaâ]ngulo|angolo|\bgir|rot|inclin|latitud|pend[ei]n|temperatur|ladeir", re.IGNORECASE)


def _angle(language: str, degrees: str) -> Rule:
    """`un ángulo de 45°`: degrees where the sentence is about an angle, or the number is no likely place."""

    def speak(match: re.Match[str]) -> str:
        if int(match[1]) < 32 and not _ANGLES.search(match.string):
            return match.group()
        return f"{cardinal(int(match[1]), language)} {degrees}"

    return rule(
        "angle", r"(?<![\w.,])(\d{2,3})°(?! ?[CFKNSEWO]\b)(?= ?[.,;:!?)]|$| (?:y|e|con|de|a|sobre|al|in)(?!\w))", speak
    )


def _sign_of_scale(language: str) -> Rule:
    """`3 millones de $`: the sign by itself."""
    return rule(
        "sign of a scale",
        r"(?<=(?:mil|mill?ones|mln|mld|milioni|miliardi|milhões|bilhões) d[ei] )([€$£])(?!\w| ?\d)",
        lambda m: SIGNS[language][m[1]].rpartition(":")[2].split("|")[-1],
    )


def _spanish_spoons(match: re.Match[str]) -> str:
    one = re.search(r"(?<!\d)(?:1|1 1/2|[13]/[24]) $", match.string[: match.start()])
    return _SPANISH_SPOONS[match[1]] + ("" if one else "s")


def _height(unit: str) -> Rule:
    return rule("height", r"(?<![\w.,])([12]) ?m ?(\d\d)(?!\w)", rf"\1 {unit} \2")


def _weekday(match: re.Match[str]) -> str:
    return {"2": "segunda", "3": "terça", "4": "quarta", "5": "quinta", "6": "sexta"}[match[1]] + "-feira"


def _euros_and_cents(match: re.Match[str]) -> str:
    return f"{match[1]},{match[2]} €"


def _behind_an_apostrophe(match: re.Match[str]) -> str:
    """`l'1,2%`: no word stands between the article and the number, so that no grammar finds it."""
    whole, part, percent = match[1], match[2], match[3]
    if part is None and not percent and re.match(r" ?[^\W\d_]", match.string[match.end() :]):
        return match.group()
    words = cardinal(int(whole), "Italian") + (f" virgola {_decimals(part)}" if part else "")
    return f"{words} per cento" if percent else words


def _decimals(part: str) -> str:
    return digits(part, "Italian") if part.startswith("0") or len(part) > 2 else cardinal(int(part), "Italian")


def _italian_time(match: re.Match[str]) -> str:
    """As a clock says it; what the grammar has a word for stays."""
    hour, minute = int(match[1]), int(match[2])
    if minute == 0 or (len(match[1]) == 2 and minute > 9):
        return match.group()
    said = "una" if hour == 1 else cardinal(hour, "Italian")
    if minute in (15, 30):
        return f"{said} e {'mezza' if minute == 30 else 'un quarto'}"
    return f"{said} e {cardinal(minute, 'Italian')}"


_FRENCH_PARTS = {"2": "demi", "3": "tiers", "4": "quart"}

FRENCH: tuple[Rule, ...] = (
    number_list("French"),
    version_at_the_end("French", "point"),
    _day_of_month("French", " "),
    rule("number of a law", r"(?<!\w)[nN][°º] ?(\d{1,4})-(\d{1,5})(?![\w-])", r"numéro \1 tiret \2"),
    rule("all day", r"(?<![\w/])24 ?h(?:eures)?/24(?!\w)", "vingt-quatre heures sur vingt-quatre"),
    rule("all week", r"(?<![\w/])7 ?j(?:ours)?/7(?!\w)", "sept jours sur sept"),
    faster("plus|moins", "fois"),
    times_for_each("fois", "jour|semaine|mois|an|heure", "par"),
    rule("article of a code", r"(?<!\w)([LRDA])\. ?(\d{1,4})-(\d{1,3})(?![\w-])", r"\1 \2 tiret \3"),
    _height("mètre"),
    rule("spoons", r"(?<![\w.,/])1 1/2 c\. à (?=café|soupe|thé)", "une cuillère et demie à "),
    rule("spoons", r"(?<=[\d½¼¾] )c\. à (?=café|soupe|thé)", "cuillères à "),
    rule(
        "share of",
        r"(?<![\w.,/])([1-9])/([2-9]|10)(?= (?:des?|du|d['’]))",
        lambda m: (
            f"{cardinal(int(m[1]), 'French')} {_FRENCH_PARTS.get(m[2], ordinal(int(m[2]), 'French'))}{'s' if m[1] != '1' and m[2] not in '23' else ''}"
        ),
    ),
    rule("mark", r"(?<![\w./,])(\d{1,2}(?:,\d)?)/(20|10|100)(?![\w/]|,\d)(?<!1/10)(?<!1/20)(?<!1/100)", r"\1 sur \2"),
    rule("euros and cents", r"(?<![\w.,])(\d{1,5}) ?€ ?(\d\d)(?![\w.,]|\d)", _euros_and_cents),
    rule(
        "hours and minutes",
        r"(?<![\w.,])(\d{1,2}) ?h ?(\d{1,2}) ?min(?!\w)",
        lambda m: f"{m[1]} heure{'s' if int(m[1]) > 1 else ''} {m[2]} minute{'s' if int(m[2]) > 1 else ''}",
    ),
    rule("years", r"\b(années) '(?=\d\d\b)", r"\1 "),
    rule("century cut short", r"(?<=[IVX]e )s\.", "siècle"),
    rule("degrees", r"(?<=[a-zà-ÿ] )(-?[1-9]\d)°(?! ?[CFK]\b)(?= [a-zà-ÿ]|[.,;!?]|$)", r"\1 degrés"),
    of_a_hundred_kilometers("litres aux 100 kilomètres"),
    millions("d['’e]", "millions"),
    rule("kilometers of a road", r"(?<=les )km (?=\d)", "kilomètres "),
    kilometer_of_a_road("kilomètre"),
    _and_a_half("French", "et demi", "et demie"),
    rule("half an hour more", r"(?<=\d) ?h(?:eures?)? 1/2(?![\w/])", " heures et demie"),
    rule(
        "free telephone",
        r"(?<![\w.,])0 ?(8\d\d) (\d{3}) (\d{3})(?![\w]|[.,]\d)",
        lambda m: f"zéro {', '.join(cardinal(int(m[n]), 'French') for n in (1, 2, 3))}",
    ),
    rule("half a measure", r"(?<![\w.,/])1/2 (?=(?:l|kg|h)\b)", "un demi-"),
    rule("half of a unit", r"(?<=un demi-)(?:l|kg|h)\b", lambda m: {"l": "litre", "kg": "kilo", "h": "heure"}[m[0]]),
    rule("inches", r"(?<![\w.,])(\d{1,3}(?:,\d)?)[\"”″](?= |$|[.,])(?![^\"”]*[\"”])", r"\1 pouces"),
)
_SPANISH_SPOONS = {"cdta": "cucharadita", "cda": "cucharada"}

SPANISH: tuple[Rule, ...] = (
    number_list("Spanish"),
    version_at_the_end("Spanish", "punto"),
    faster("más|menos|mayor|mejor|menor|peor", "veces"),
    _angle("Spanish", "grados"),
    _sign_of_scale("Spanish"),
    rule("spoons", r"(?<=[\d½¼¾] )(cd(?:t)?a)s?\.", lambda m: _spanish_spoons(m)),
    rule(
        "one minute past",
        r"(?<![\w.,:])([01]?\d|2[0-3]):01(?![\d:])",
        lambda m: f"{cardinal(int(m[1]), 'Spanish', gender='f')} y uno",
    ),
    rule(
        "dollars by their code",
        r"\$ ?(\d{1,3}(?:,\d{3})*|\d+)(?:\.(\d\d))? ?(MXN|ARS|CLP|COP|USD|CAD|AUD)\b",
        lambda m: f"{m[1].replace(',', '')}{',' + m[2] if m[2] and m[2] != '00' else ''} {m[3]}",
    ),
    millions("de ", "millones"),
    _and_a_half("Spanish", "y medio", "y media"),
    half("medio", "media", "noche|parte|porción|dosis"),
    numbered_law(
        "Spanish", "[Ll]ey(?: [Oo]rgánica)?|[Dd]ecreto(?:-[Ll]ey)?|[Rr]eal Decreto|[Dd]irectiva|[Rr]eglamento", "de"
    ),
    times_for_each("veces", "día|semana|mes|año|hora", "al"),
    numbered_event(
        "Spanish",
        "Guerra|República|Internacional|Edición|edición|Legislatura|legislatura|Bienal|Cumbre|Jornada|Semana|Feria",
        "Congreso|Festival|Reich|Concilio|Milenio|Plan|Imperio|Foro|Encuentro|Premio|Torneo|Certamen",
    ),
    rule(
        "parts of a whole",
        r"(?<![\w.,/])(\d{1,2})/(\d{1,2}) partes(?!\w)",
        lambda m: (
            f"{cardinal(int(m[1]), 'Spanish', gender='f')} {'terceras' if m[2] == '3' else ordinal(int(m[2]), 'Spanish', gender='f') + 's'} partes"
            if m[2] not in "012"
            else m[0]
        ),
    ),
    rule("number sign", r"(?<!\w)[nN]\.?[°º] ?(?=\d)", "número "),
    rule(
        "one before a mark",
        r"(?<=\w[,;:]? [\w.º]{1,20} )(?<!\d )(\d{0,5}[02-9]1|1)(?=[,;:!?)](?!\d)|\.?$|\. )",
        lambda m: cardinal(int(m[1]), "Spanish"),
    ),
    rule(
        "place of someone",
        r"(?<![\w.,])([13])\.?º(?= (?:en|y|con|por|al?|del?|entre|tras|ante|ni|o)(?!\w)|[.,;:!?)])",
        lambda m: {"1": "primero", "3": "tercero"}[m[1]],
    ),
    _day_of_month("Spanish", " de "),
    rule(
        "hours and minutes",
        r"(?<![\w.,])(\d{1,2}) ?h ?0?(\d{1,2}) ?min(?!\w)",
        lambda m: (
            f"{cardinal(int(m[1]), 'Spanish', gender='f')} hora{'' if m[1] == '1' else 's'} y {m[2]} minuto{'' if m[2] == '1' else 's'}"
        ),
    ),
    rule("decimal of a formula", r"(?<=[=≈<>] )(\d{1,9})\.(\d{1,2})(?![\d.])", r"\1,\2"),
    rule("century", r"\b([Ss]iglos?) ([IVX]{1,5})(?!\w)", lambda m: f"{m[1]} {cardinal(roman_value(m[2]), 'Spanish')}"),
    of_a_hundred_kilometers("litros a los 100 kilómetros"),
    rule("kilometers of a road", r"(?<=los )km (?=\d)", "kilómetros "),
    kilometer_of_a_road("kilómetro"),
    _feminine_ones("Spanish"),
    _height("metro"),
    rule(
        "one of",
        r"(?<![\w.,])1 (?=de\b (?!enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep|octubre|noviembre|diciembre))",
        "uno ",
    ),
    rule("dollars in groups", r"\$ ?(\d{1,3})((?:,\d{3})+)(?![\d,.])", lambda m: f"${m[1]}{m[2].replace(',', '')}"),
    rule("morning", r"(?<=\d) ?a\. ?m\.", " am"),
    rule("evening", r"(?<=\d) ?p\. ?m\.", " pm"),
    rule("version", r"\b([Vv]ersión|[Cc]apítulo) (\d{1,3})\.(\d{1,3})(?![\w.,])", r"\1 \2 punto \3"),
)
ITALIAN: tuple[Rule, ...] = (
    number_list("Italian"),
    faster("più|meno|maggiore|migliore", "volte"),
    _angle("Italian", "gradi"),
    _sign_of_scale("Italian"),
    rule("times from to", r"(?<![\w.,:-])(\d{1,2}:\d\d) ?[-–—] ?(?=\d{1,2}:\d\d(?![\d:]))", r"\1 a "),
    rule("one and a half", r"(?<![\w.,/])1 1/2 ([a-zàèéìòù]{4,}o)(?!\w)", r"un \1 e mezzo"),
    rule("one and a half", r"(?<![\w.,/])1 1/2 ([a-zàèéìòù]{4,}a)(?!\w)", r"una \1 e mezza"),
    millions("di ", "milioni"),
    of_a_hundred_kilometers("litri ogni 100 chilometri"),
    _and_a_half("Italian", "e mezzo", "e mezza"),
    numbered_law(
        "Italian",
        "[Ll]egge(?: n\\.)?|[Dd]ecreto(?: [Ll]egislativo)?|D\\.Lgs\\.|D\\.L\\.|L\\.|[Dd]irettiva|[Rr]egolamento",
        "del",
    ),
    times_for_each("volte", "giorno|mese", "al"),
    numbered_event(
        "Italian",
        "[Gg]uerra|Repubblica|Internazionale|[Ee]dizione|[Ll]egislatura|Biennale|[Gg]iornata|[Cc]lasse",
        "Congresso|Festival|Reich|Concilio|[Mm]illennio|Premio|Torneo|Municipio|Municipio",
    ),
    rule("minute of a game", r"(?<=\b[Aa]l )(\d{1,3})['’′](?!\w)", lambda m: f"{ordinal(int(m[1]), 'Italian')} minuto"),
    rule("number before another", r"(?<![\w.,/:-])(\d{1,3})(?=, \d)", lambda m: cardinal(int(m[1]), "Italian")),
    rule(
        "score behind an apostrophe",
        r"(?<=[lL]['’])(\d{1,2})-(\d{1,2})(?![\w-])",
        lambda m: f"{cardinal(int(m[1]), 'Italian')} a {cardinal(int(m[2]), 'Italian')}",
    ),
    rule("has", r"(?<![\d.,])(\d{1,9}) ha (?!di\b|e\b)(?=\w)", lambda m: f" {cardinal(int(m[1]), 'Italian')} ha "),
    rule(
        "number behind an apostrophe",
        r"(?<=[A-Za-z]['’])(\d{1,3})(?:,(\d{1,4}))?( ?%)?(?![\d/:ª°º]|[.,]\d| \d)",
        lambda m: _behind_an_apostrophe(m),
    ),
    _day_of_month("Italian", " "),
    rule(
        "free telephone",
        r"(?<![\d.,])800[ -](\d{3})[ -](\d{3})(?![\w-])",
        lambda m: ", ".join(digits(g, "Italian") for g in ("800", m[1], m[2])),
    ),
    post_code("Italian", r"(?:(?<= - )\d{5}|(?<=, )0\d{4})(?= [A-Z][a-z])"),
    rule(
        "place",
        r"(?<![\w.,])(\d{1,2})a (?=classe|volta|edizione|fila|parte|serie|media|elementare)",
        lambda m: f"{ordinal(int(m[1]), 'Italian', gender='f')} ",
    ),
    rule("years of a century", r"(?<=\s)['’](?=[1-9]00\b)", ""),
    half("mezzo", "mezza", "dose|notte|parte"),
    kilometer_of_a_road("chilometro"),
    rule(
        "telephone of Italy",
        r"(?<![\w+])\+39 ?((?:0\d{1,3}|3\d{2})[ /-]\d{3,8}(?: \d{3,4})?)(?![\w-]|[.,]\d)",
        lambda m: f"più tre nove, {', '.join(digits(g, 'Italian') for g in re.findall(r'[0-9]+', m[1]))}",
    ),
    _height("metro e"),
    rule(
        "time with a point",
        r"\b((?:alle|ore|dalle|le|all[e']|delle|fino alle|verso le) ?)([01]?\d|2[0-3])\.([0-5]\d)(?![\d.,]|\w)",
        r"\1\2:\3",
    ),
    rule("time", r"(?<![\w.,:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])", lambda m: _italian_time(m)),
    rule(
        "first of a month",
        r"\b(il|al|dal|del|Il|Dal) 1 (?=gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)",
        r"\1 primo ",
    ),
    rule("one million", r"(?<![\w.,])1 (?=milione|miliardo)", "un "),
    rule("number sign", r"(?<!\w)[nN][°º] ?(?=\d)|№ ?(?=\d)|(?<!\w)nr\. ?(?=\d)", "numero "),
    rule("decade", r"(?<=\s)['’](?=\d0\b|\d\d\b)", ""),
    rule("milliards", r"(?<=\d) ?mld(?!\w)\.?", " miliardi"),
    rule("millions", r"(?<=\d) ?mln(?!\w)\.?", " milioni"),
    rule("degrees", r"(?<=\d) ?° ?C\b", " °C"),
    rule("yen", r"¥ ?(\d+)(?![\d.,])", r"\1 yen"),
    rule(
        "one feminine",
        r"(?<![\w.,/:-])1 (?=[a-zàèéìòù]{2,}(?:zione|sione|azione|gione|udine|trice)(?!\w)|canzone|notte|parte|chiave|carne|lezione|classe|volta)",
        "una ",
    ),
    rule(
        "feminine count",
        r"(?<![\w.,])(\d{0,2}1)(?<!11) (?=persone|volte|ore|settimane|pagine)",
        lambda m: f"{cardinal(int(m[1]), 'Italian')} ",
    ),
)
PORTUGUESE: tuple[Rule, ...] = (
    number_list("Portuguese"),
    rule("version", r"\b([Vv]ersão|[Cc]apítulo) (\d{1,3})\.(\d{1,3})(?![\w.,])", r"\1 \2 ponto \3"),
    rule("hours and minutes", r"(?<![\w.,])(\d{1,2}) ?h ?(\d{1,2}) ?min(?!\w)", r"\1 horas e \2 minutos"),
    faster("mais|menos|maior|melhor|menor|pior", "vezes"),
    _angle("Portuguese", "graus"),
    _sign_of_scale("Portuguese"),
    rule(
        "number of a taxpayer",
        r"(?<![\w.,])(?:\d{3}\.\d{3}\.\d{3}-\d\d|\d\d\.\d{3}\.\d{3}/\d{4}-\d\d)(?![\w-])",
        lambda m: ", ".join(digits(g, "Portuguese") for g in re.findall(r"\d+", m[0])),
    ),
    rule(
        "telephone of a service",
        r"(?<![\w.,])0[358]00[ -]\d{3}[ -]\d{4}(?![\w-])",
        lambda m: ", ".join(digits(g, "Portuguese") for g in re.findall(r"\d+", m[0])),
    ),
    millions("de ", "milhões"),
    of_a_hundred_kilometers("litros por 100 quilômetros"),
    _and_a_half("Portuguese", "e meio", "e meia"),
    numbered_law(
        "Portuguese",
        "[Ll]ei(?: [Cc]omplementar)?(?: n\\.?º)?|[Dd]ecreto(?:-[Ll]ei)?(?: n\\.?º)?|[Mm]edida [Pp]rovisória|[Pp]ortaria|nº",
        "de",
    ),
    times_for_each("vezes", "dia|mês|ano", "ao"),
    numbered_event(
        "Portuguese",
        "Guerra|República|Internacional|[Ee]dição|Bienal|Conferência|Jornada|Semana|Feira",
        "Congresso|Festival|Reich|Concílio|[Mm]ilênio|Império|Fórum|Encontro|Prêmio|Torneio|Seminário",
    ),
    rule("number of a law", r"(?<=[Ll]ei |[Dd]ecreto )n\.?º (?=[a-z])", "número "),
    rule(
        "year of a code",
        r"(?<![\w./])([A-Z]{2,4})/(\d\d|(?:19|20)\d\d)(?![\w/])",
        lambda m: f"{m[1]} de {cardinal(int(m[2]), 'Portuguese')}",
    ),
    _day_of_month("Portuguese", " de "),
    rule(
        "time",
        r"(?<=[,;:Àà] )([01]?\d|2[0-3])h([0-5]\d)(?!\w)",
        lambda m: (
            f"{cardinal(int(m[1]), 'Portuguese', gender='f')}{'' if int(m[1]) else ' hora'} e {cardinal(int(m[2]), 'Portuguese')}"
        ),
    ),
    rule(
        "time by itself",
        r"(?<!\b[àÀdDaA]s )(?<![\w.,:/-])([01]?\d|2[0-3])h([0-5]\d)(?!\w)",
        lambda m: (
            f"{cardinal(int(m[1]), 'Portuguese', gender='f')} hora{'s' if int(m[1]) > 1 else ''} e {cardinal(int(m[2]), 'Portuguese')}"
        ),
    ),
    rule(
        "place",
        r"(?<![\w.,])(\d{1,3})\.?([ºª])",
        lambda m: ordinal(int(m[1]), "Portuguese", gender="f" if m[2] == "ª" else "m"),
    ),
    half("meio", "meia", "colher|dose|noite|parte"),
    rule("score", r"(?<![\w.,])(\d) ?x ?(?!\1)(\d)(?![\w,]|\.\d)", r"\1 a \2"),
    rule("draw", r"(?<=(?:terminou|empat\w+|placar|acabou|jogo)[^.;!?]{0,20} )(\d) ?x ?\1(?!\w|[.,]\d)", r"\1 a \1"),
    kilometer_of_a_road("quilômetro"),
    post_code("Portuguese", r"(?<![\w.,-])\d{5}-\d{3}(?![\w-])"),
    _feminine_ones("Portuguese"),
    _height("metro e"),
    rule("weekday", r"(?<![\w.,])([2-6])ªs?[ -]?feiras?", _weekday),
    rule("thousand millions", r"(?<=\d) ?(?:mi|mln)(?= (?:de|pessoas|habitantes)\b)", " milhões"),
)
