"""The compiled decoder: the same readings as the package's own, and a limit."""

from __future__ import annotations

import pytest
from kitten_text_processing import Normalizer
from kitten_text_processing._fst import NoPathError

from makima.bench.text.tables import TABLES
from makima.text.front_end import spoken_whole
from makima.text.grammar import decoder, library
from makima.text.grammar.decoder import NoReading, Transducer
from makima.text.language import CODES

needs_decoder = pytest.mark.skipif(not decoder.available(), reason="the decoder was not compiled")
TEXTS = ("5", "1234", "-0.5", "$5.30", "2:30", "1/2", "3rd", "hello", "a@b.com", "日5月", "12 kg")


@needs_decoder
@pytest.mark.parametrize("code", ["en", "fr", "it", "ja", "zh"])
def test_it_reads_as_the_package_does(code: str) -> None:
    graph = Normalizer(lang=code).tagger
    compiled = Transducer(graph, NoPathError)
    for text in TEXTS:
        try:
            expected = graph.rewrite(text)
        except NoPathError:
            with pytest.raises(NoPathError):
                compiled.rewrite(text)
        else:
            assert compiled.rewrite(text) == expected


@needs_decoder
def test_what_has_too_many_readings_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "NODE_LIMIT", 100)
    with pytest.raises(NoReading, match="too many"):
        Transducer(Normalizer(lang="fr").tagger, NoPathError).rewrite("123456")


@needs_decoder
def test_text_is_spoken_alike_without_the_compiled_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of every language some cases whose lattices are small, so that none reaches the limit of time.
    cases = [(language, text) for language in CODES for text in list(TABLES[language])[::40] if len(text) < 12]
    compiled = [spoken_whole(text, language) for language, text in cases]
    library.weighed.cache_clear()
    library._normalizer.cache_clear()
    monkeypatch.setattr(decoder, "available", lambda: False)
    monkeypatch.setattr(library, "LIMIT_S", 60.0)
    for language in CODES:
        library.warm(language)  # a rule that asks the grammar has no time for it to load
    try:
        assert [spoken_whole(text, language) for language, text in cases] == compiled
    finally:
        library.weighed.cache_clear()
        library._normalizer.cache_clear()


def test_a_stretch_that_is_too_long_is_not_read() -> None:
    with pytest.raises(NoReading):
        library.read("1 " * library.MAX_CHARACTERS, "English")


@pytest.mark.parametrize("language", CODES)
def test_every_language_has_a_grammar(language: str) -> None:
    assert library.read("5", language) != "5"
