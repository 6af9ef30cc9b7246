"""Words that end in a point without ending a sentence, of all ten languages."""

from __future__ import annotations

import re
from enum import Enum


class Kind(Enum):
    """What a point behind an abbreviation says about its sentence."""

    NEVER = "never"  # it always goes on: a name or a thing follows
    NUMBER = "number"  # it goes on where a number follows
    PERHAPS = "perhaps"  # it may end there: what follows decides
    LETTER = "letter"  # a small letter: the first part of `z. B.`, unless a long word with a capital follows
    NUMERAL = "numeral"  # a Roman one, which German writes with a point: it goes on where no capital follows
    KOREAN_DATE = "date"  # a year, or a month, with a point: it goes on where another number with a point follows


_NEVER = """
mr mrs ms dr prof rev hon gen col capt lt sgt maj cmdr adm gov sen rep pres supt det messrs mx st mt ft hwy
sr jr vs e.g i.e cf ок тел aprox máx mín a.k.a viz tbsp tsp tél approx dept est apt ave blvd rd univ assn bros ph.d
hr fr frl hrn dipl ing
bzw z.b z. d.h u.a s.o s.u ggf evtl inkl exkl zzgl abzgl bzgl bspw sog vgl geb gest verh ca ehem kgl hl
mio mrd mill tsd bio allg bes betr dgl m.e m.w o.g i.d.r
mme mmes mlle mlles mm m me mgr p.ex c.-à-d cad env av boul éd
jj rr ff ss.mm jjoo cdta cda cdtas cdas sra srta srtas sras dra dras dn dña d fdo gral ud uds pza avda p.ej ee cía excmo
lic sr. drª prof profa ilmo ilma eng arq exmo exma p.f r tel
sig sig.ra sig.na dott dott.ssa avv ing geom rag arch on prof.ssa spett egr gent p.za v.le c.so ecc.mo
ул д пр просп пер пл пос наб бул кв корп г обл р-н им проф акад доц гр тов гос т.е т.к т.н см ср напр англ нем фр лат
рус руб
"""
_NUMBER = """
rm chs gr lat long ll
no nos nr nrn n vol vols p pp pg pgs par para sec sect art arts ch chap fig figs eq eqs ex tab ref refs ver v jan feb
mar apr jun jul aug sep sept oct nov dec abb bd kap anm abs ziff s str hausnr kl abschn tel
apdo apto mié jue vie pág págs séc cap núm art fig tab vol ed ej tomo lám núms
n° num chap fasc pl t lun mer ven ap
pag pagg n cap fig tav ext mar gio ven lun mié jue vie vier sáb dom
стр рис табл гл ч п пп № т кн изд вып ст
okt dez mrz mär
ene abr ago dic
janv févr avr juil déc
gen febbr mag giu lug ago sett ott
янв фев февр апр авг сент сен окт нояб дек
"""
_PERHAPS = """
etc u.s u.k u.n e.u d.c a.m p.m jr sr inc ltd co corp llc plc a.d b.c
usw usf etc u.s.w u.v.m o.ä d.j v.chr n.chr gmbh ag
etcetera ecc et al uu oo jh
и.т.д т.д т.п др пр н.э гг в вв руб коп тыс млн млрд чел
temp pers lon lng mwst ust sam dim jeu sáb sab seg ter qua qui sex sa mo di mi do пн вт чт пт сб
min max std sek km kg cm hrs sec ft in oz lb lbs mon tue tues wed thu thurs fri
"""


def _words(table: str) -> list[str]:
    return table.split()


_KINDS = {
    **dict.fromkeys(_words(_PERHAPS), Kind.PERHAPS),
    **dict.fromkeys(_words(_NUMBER), Kind.NUMBER),
    **{word.rstrip("."): Kind.NEVER for word in _words(_NEVER)},
}
# Also words of their own, in which a point ends the sentence unless a number, or a capital, follows.
_WORDS = frozenset(
    ("no", "art", "on", "in", "me", "p", "fig", "ex", "par", "sec", "mar", "gen", "max", "min", "co", "long")
)
_AS_NAMES = frozenset(("gen", "on"))

_DOTTED = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]")
_NUMERAL = re.compile(r"(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})")
_STREET = re.compile(r"(?<!fen)str$")
VOWELS = frozenset("aeiouyàèéòáíóúýаеёиоуыэюя")
"""Letters that are words of their own, and may end a sentence."""

_INITIAL = re.compile(r"[^\W\d_]")
_STARTER_WORDS = """
the a an he she it we you they i this that these those there here but and so then now if when what who how why
is are do does did can could will would yes no please let my your his her our their
der die das ein eine er sie es wir ihr ich du dies diese dieser aber und dann jetzt wenn was wer wie warum
le la les un une il elle nous vous ils je ce cette mais et puis si qui
el los las un una ella nosotros yo este esta pero y entonces si que
o os as um uma ele ela nós eu isso este mas e então se
il lo gli uno lei noi voi io questo ma poi se che
он она оно мы вы они я это но и потом если что кто
"""

_STARTERS = frozenset(_words(_STARTER_WORDS))


def kind_of(word: str) -> Kind | None:
    """What the point behind `word`, which comes without it, says; None for a usual word."""
    lower = word.lower()
    if _DOTTED.fullmatch(lower):
        return _KINDS.get(lower, Kind.PERHAPS)
    if _INITIAL.fullmatch(word) and word.isupper():
        return Kind.NEVER
    kind = _KINDS.get(lower)
    if kind is None and _INITIAL.fullmatch(word):
        return Kind.LETTER
    if kind is None and _NUMERAL.fullmatch(word):
        return Kind.NUMERAL
    if kind is None and len(word) > 4 and _STREET.search(lower):
        return Kind.NUMBER
    if kind is not None and lower in _WORDS:
        if lower in _AS_NAMES:
            return Kind.NEVER if word[0].isupper() else Kind.NUMBER
        return Kind.NUMBER
    return kind


def is_no_word(word: str) -> bool:
    """Whether an abbreviation is none of those that are words of their own too."""
    return word.lower() not in _WORDS


def starts_sentence(word: str) -> bool:
    """Whether a sentence is likely to begin with `word` behind an abbreviation that may end one."""
    capitals = len(word) > 1 and word.isupper()  # `p.m. ET`
    return word[:1].isupper() and not capitals and word.lower() in _STARTERS
