"""What currencies are called, by their codes and their signs. Forms as in `unit_names`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ORDER = ["USD", "GBP", "JPY", "CHF", "CNY", "CAD", "AUD", "INR", "KRW", "BRL", "MXN", "RUB", "PLN", "BTC"]
_NAMES = {
    "English": (
        "US dollar|US dollars; pound|pounds; yen|yen; Swiss franc|Swiss francs; yuan|yuan; Canadian dollar|Canadian dollars; "
        "Australian dollar|Australian dollars; rupee|rupees; won|won; real|reais; Mexican peso|Mexican pesos; ruble|rubles; "
        "zloty|zlotys; bitcoin|bitcoins"
    ),
    "German": (
        "US-Dollar|US-Dollar; Pfund|Pfund; Yen|Yen; Franken|Franken; Yuan|Yuan; kanadischer Dollar|kanadische Dollar; "
        "australischer Dollar|australische Dollar; f:Rupie|Rupien; Won|Won; Real|Real; mexikanischer Peso|mexikanische Pesos; "
        "Rubel|Rubel; Zloty|Zloty; Bitcoin|Bitcoin"
    ),
    "French": (
        "dollar américain|dollars américains; f:livre sterling|livres sterling; yen|yens; franc suisse|francs suisses; "
        "yuan|yuans; dollar canadien|dollars canadiens; dollar australien|dollars australiens; f:roupie|roupies; won|wons; "
        "real|reais; peso mexicain|pesos mexicains; rouble|roubles; zloty|zlotys; bitcoin|bitcoins"
    ),
    "Spanish": (
        "dólar estadounidense|dólares estadounidenses; f:libra|libras; yen|yenes; franco suizo|francos suizos; yuan|yuanes; "
        "dólar canadiense|dólares canadienses; dólar australiano|dólares australianos; f:rupia|rupias; won|wones; real|reales; "
        "peso mexicano|pesos mexicanos; rublo|rublos; esloti|eslotis; bitcóin|bitcoines"
    ),
    "Italian": (
        "dollaro statunitense|dollari statunitensi; f:sterlina|sterline; yen|yen; franco svizzero|franchi svizzeri; yuan|yuan; "
        "dollaro canadese|dollari canadesi; dollaro australiano|dollari australiani; f:rupia|rupie; won|won; real|real; "
        "peso messicano|pesos messicani; rublo|rubli; zloty|zloty; bitcoin|bitcoin"
    ),
    "Portuguese": (
        "dólar americano|dólares americanos; f:libra|libras; iene|ienes; franco suíço|francos suíços; yuan|yuans; "
        "dólar canadense|dólares canadenses; dólar australiano|dólares australianos; f:rúpia|rúpias; won|wons; real|reais; "
        "peso mexicano|pesos mexicanos; rublo|rublos; zloty|zlotys; bitcoin|bitcoins"
    ),
    "Russian": (
        "доллар США|доллара США|долларов США; фунт|фунта|фунтов; f:иена|иены|иен; швейцарский франк|швейцарских франка|швейцарских франков; "
        "юань|юаня|юаней; канадский доллар|канадских доллара|канадских долларов; "
        "австралийский доллар|австралийских доллара|австралийских долларов; f:рупия|рупии|рупий; f:вона|воны|вон; "
        "бразильский реал|бразильских реала|бразильских реалов; мексиканское песо|мексиканских песо|мексиканских песо; "
        "рубль|рубля|рублей; злотый|злотых|злотых; биткоин|биткоина|биткоинов"
    ),
    "Chinese": "美元; 英镑; 日元; 瑞士法郎; 元; 加元; 澳元; 卢比; 韩元; 雷亚尔; 墨西哥比索; 卢布; 兹罗提; 比特币",
    "Japanese": (
        "ドル; ポンド; 円; スイスフラン; 元; カナダドル; オーストラリアドル; ルピー; ウォン; レアル; メキシコペソ; ルーブル; ズウォティ; ビットコイン"
    ),
    "Korean": (
        "미국 달러; 파운드; 엔; 스위스 프랑; 위안; 캐나다 달러; 호주 달러; 루피; 원; 헤알; 멕시코 페소; 루블; 즈워티; 비트코인"
    ),
}
_MORE = {"RMB": "CNY", "₿": "BTC", "Fr.": "CHF", "BTC": "BTC"}


def _codes(language: str, names: str) -> Mapping[str, str]:
    called = dict(zip(_ORDER, names.split("; "), strict=True))
    if language == "Russian":  # the language's own rules know it
        del called["USD"]
    return MappingProxyType({**called, **{more: called[code] for more, code in _MORE.items()}})


CODES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {language: _codes(language, names) for language, names in _NAMES.items()}
)
"""Names by code, for each language."""

SIGNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "German": {"€": "Euro|Euro", "$": "Dollar|Dollar", "£": "Pfund|Pfund", "CHF": "Franken|Franken"},
        "French": {
            "€": "euro|euros",
            "$": "dollar|dollars",
            "£": "f:livre|livres",
            "CHF": "franc suisse|francs suisses",
        },
        "Spanish": {"€": "euro|euros", "$": "dólar|dólares", "£": "f:libra|libras"},
        "Italian": {"€": "euro|euro", "$": "dollaro|dollari", "£": "f:sterlina|sterline"},
        "Portuguese": {
            "€": "euro|euros",
            "$": "dólar|dólares",
            "£": "f:libra|libras",
            "R$": "real|reais",
            "US$": "dólar americano|dólares americanos",
        },
    }
)
"""Names by sign, for the languages whose grammars do not know scales."""
