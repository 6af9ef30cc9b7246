"""Spanish alone: hours, halves, places, scores."""

from __future__ import annotations

import re

from makima.text.written.kinds.extra.common import (
    faster,
    half,
    kilometer_of_a_road,
    millions,
    number_list,
    numbered_event,
    numbered_law,
    of_a_hundred_kilometers,
    roman_value,
    times_for_each,
    version_at_the_end,
)
from makima.text.written.kinds.extra.romance.makers import (
    and_a_half,
    angle,
    day_of_month,
    feminine_ones,
    height,
    sign_of_scale,
)
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, ordinal

_SPANISH_SPOONS = {"cdta": "cucharadita", "cda": "cucharada"}


def _spanish_spoons(match: re.Match[str]) -> str:
    one = re.search(r"(?<!\d)(?:1|1 1/2|[13]/[24]) $", match.string[: match.start()])
    return _SPANISH_SPOONS[match[1]] + ("" if one else "s")


RULES: tuple[Rule, ...] = (
    number_list("Spanish"),
    version_at_the_end("Spanish", "punto"),
    faster("más|menos|mayor|mejor|menor|peor", "veces"),
    angle("Spanish", "grados"),
    sign_of_scale("Spanish"),
    rule(
        "places",
        r"(?<![\w.,])(\d{1,3})\.?(os|as)(?!\w)",
        lambda m: f"{ordinal(int(m[1]), 'Spanish', gender='f' if m[2] == 'as' else 'm')}s",
    ),
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
    and_a_half("Spanish", "y medio", "y media"),
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
        r"(?<=\w[,;:]? [\w.º]{1,20} |(?<!\w)[a-zá-ú]{4,20} )(?<!\d )(\d{0,5}[02-9]1|1)(?=[,;:!?)](?!\d)|\.?$|\. )",
        lambda m: cardinal(int(m[1]), "Spanish"),
    ),
    rule(
        "place of someone",
        r"(?<![\w.,])([13])\.?º(?= (?:en|y|con|por|al?|del?|entre|tras|ante|ni|o)(?!\w)|[.,;:!?)])",
        lambda m: {"1": "primero", "3": "tercero"}[m[1]],
    ),
    day_of_month("Spanish", " de "),
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
    feminine_ones("Spanish"),
    height("metro"),
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
