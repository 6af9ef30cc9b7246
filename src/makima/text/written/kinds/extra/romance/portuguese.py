"""Portuguese alone: hours, halves, places, scores."""

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
    post_code,
    times_for_each,
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
from makima.text.written.words import cardinal, digits, ordinal


def _weekday(match: re.Match[str]) -> str:
    return {"2": "segunda", "3": "terça", "4": "quarta", "5": "quinta", "6": "sexta"}[match[1]] + "-feira"


RULES: tuple[Rule, ...] = (
    number_list("Portuguese"),
    rule("version", r"\b([Vv]ersão|[Cc]apítulo) (\d{1,3})\.(\d{1,3})(?![\w.,])", r"\1 \2 ponto \3"),
    rule("hours and minutes", r"(?<![\w.,])(\d{1,2}) ?h ?(\d{1,2}) ?min(?!\w)", r"\1 horas e \2 minutos"),
    faster("mais|menos|maior|melhor|menor|pior", "vezes"),
    angle("Portuguese", "graus"),
    sign_of_scale("Portuguese"),
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
    and_a_half("Portuguese", "e meio", "e meia"),
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
    day_of_month("Portuguese", " de "),
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
        r"(?<![\w.,])(\d{1,4})\.?([ºª])",
        lambda m: ordinal(int(m[1]), "Portuguese", gender="f" if m[2] == "ª" else "m"),
    ),
    half("meio", "meia", "colher|dose|noite|parte"),
    rule("score", r"(?<![\w.,])(\d) ?x ?(?!\1)(\d)(?![\w,]|\.\d)", r"\1 a \2"),
    rule("draw", r"(?<=(?:terminou|empat\w+|placar|acabou|jogo)[^.;!?]{0,20} )(\d) ?x ?\1(?!\w|[.,]\d)", r"\1 a \1"),
    kilometer_of_a_road("quilômetro"),
    post_code("Portuguese", r"(?<![\w.,-])\d{5}-\d{3}(?![\w-])"),
    feminine_ones("Portuguese"),
    height("metro e"),
    rule("weekday", r"(?<![\w.,])([2-6])ªs?[ -]?feiras?", _weekday),
    rule("thousand millions", r"(?<=\d) ?(?:mi|mln)(?= (?:de|pessoas|habitantes)\b)", " milhões"),
)
