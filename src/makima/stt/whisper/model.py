"""Whisper in the helper process: a stretch of speech in, its words out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ctranslate2
import numpy as np

from makima.events import Samples
from makima.stt.protocol import HeardWord
from makima.stt.whisper.features import FFT_SAMPLES, FRAMES_PER_S, RATE_HZ, log_mel
from makima.stt.whisper.judgement import Heard, Order
from makima.stt.whisper.loops import COMPRESSION, collapsed, compression, repeats
from makima.stt.whisper.vocabulary import MOST_TOKENS_PER_S, TIMESTAMP_S, Vocabulary

MAX_S: Final = 29.0
"""The encoder has positions for 30 s, of which `_AFTER_S` are silence."""
_AFTER_S: Final = 1.0
"""Silence after the speech. Less costs words at its end, more costs time."""
_MIN_TOKENS: Final = 12
_POSITIONS: Final = 448
"""Of the decoder, prompt and new tokens together."""
_POOR: Final = -1.0
"""Mean log-probability of a token from which down another search is tried. Source: Radford et al. 2022, section 4.5"""
_FIRST_WORD_S: Final = 1.0
_BEAMS: Final = 5
_SAID_TWICE: Final = frozenset({"ja", "ko", "zh"})
"""Languages in which the better search is the exception: in Japanese it writes short sentences twice (12.0 % of the
characters misheard for 7.6), in Chinese it brings nothing. In Italian 18.6 % of the words are misheard for 23.1, in
Portuguese 3.0 for 4.2."""


@dataclass(frozen=True, slots=True)
class _Found:
    tokens: list[int]
    log_probability: float
    no_speech: float
    endless: bool  # it was broken off before it came to an end
    loops: bool


class WhisperModel:
    """The model in `folder`. Raises: OSError, ValueError or RuntimeError where it does not load"""

    def __init__(self, folder: Path, threads: int) -> None:
        self._vocabulary = Vocabulary(folder / "tokenizer.json")
        self._model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=threads)

    def hear(self, audio: Samples, order: Order) -> Heard:
        """The words of `audio` [S], which is speech from end to end, at 16 kHz and MAX_S long at most."""
        seconds = len(audio) / RATE_HZ
        # The encoder is given what there is instead of 30 s, whose cost would be the same for every utterance.
        padded = np.pad(audio, (0, max(round(_AFTER_S * RATE_HZ), FFT_SAMPLES)))
        features = log_mel(padded)
        features = features[:, : features.shape[1] // 2 * 2]  # the encoder's stride is two
        encoded = self._model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None])))
        language = order.language or self._language(encoded, order)
        thorough = order.final and language not in _SAID_TWICE
        found = self._search(encoded, language, seconds, beams=_BEAMS if thorough else 1)
        if order.final and not thorough and (found.loops or found.log_probability < _POOR):
            again = self._search(encoded, language, seconds, beams=_BEAMS)
            if (again.loops, -again.log_probability) < (found.loops, -found.log_probability):
                found = again
        tokens = collapsed(found.tokens, endless=found.endless)
        text = self._vocabulary.text(tokens)
        words = self._times(encoded, tokens, language, seconds) if order.final and text else ()
        return Heard(text, language, found.no_speech, found.log_probability, words)

    def _language(self, encoded: ctranslate2.StorageView, order: Order) -> str:
        heard = {token.strip("<|>"): chance for token, chance in self._model.detect_language(encoded)[0]}
        return likeliest({code: heard.get(code, 0.0) for code in order.languages}, order.before)

    def _search(self, encoded: ctranslate2.StorageView, language: str, seconds: float, beams: int) -> _Found:
        prompt = self._vocabulary.prompt(language)
        # Bounds what a decoder that finds no end costs.
        most = min(_MIN_TOKENS + round(MOST_TOKENS_PER_S * seconds), _POSITIONS // 2)
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=beams,
            # CTranslate2 lets half of it be new tokens, and no more than what the prompt leaves.
            max_length=min(max(2 * most, len(prompt) + most), _POSITIONS),
            return_scores=True,
            return_no_speech_prob=True,
            max_initial_timestamp_index=round(_FIRST_WORD_S / TIMESTAMP_S),
        )[0]
        tokens = self._vocabulary.spoken(result.sequences_ids[0], seconds)
        endless = len(result.sequences_ids[0]) >= most
        loops = repeats(tokens, endless=endless) or compression(self._vocabulary.text(tokens)) > COMPRESSION
        return _Found(tokens, float(result.scores[0]), float(result.no_speech_prob), endless, loops)

    def _times(
        self, encoded: ctranslate2.StorageView, tokens: list[int], language: str, seconds: float
    ) -> tuple[HeardWord, ...]:
        frames = round(seconds * FRAMES_PER_S)
        aligned = self._model.align(encoded, self._vocabulary.start(language), [tokens], frames)[0]
        starts_ms = token_starts_ms(aligned.alignments, len(tokens), round(1000 * seconds))
        times, at = [], 0
        for word in self._vocabulary.words(tokens, language):
            start_ms, end_ms = starts_ms[at], starts_ms[at + word.tokens]
            at += word.tokens
            if word.text:
                times.append(HeardWord(word.text, start_ms, max(end_ms, start_ms + 20)))
        return tuple(times)


def likeliest(chances: dict[str, float], before: str | None) -> str:
    """The language that is most likely; the one before it, unless another is clearly more likely."""
    best = max(chances, key=lambda code: chances[code])
    if before in chances and chances[before] > 0.25 * chances[best]:
        return before
    return best


def token_starts_ms(alignments: Sequence[tuple[int, int]], tokens: int, end_ms: int) -> list[int]:
    """When each token begins, and last the end, from pairs of (token, position) along the path of the alignment."""
    first: dict[int, int] = {}
    for token, position in alignments:
        first.setdefault(token, round(1000 * position * TIMESTAMP_S))
    starts, latest = [], 0
    for token in range(tokens):
        latest = max(latest, min(first.get(token, latest), end_ms))
        starts.append(latest)
    return [*starts, max(latest, min(first.get(tokens, end_ms), end_ms))]
