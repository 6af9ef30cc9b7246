"""Chatterbox Turbo: a voice from a recording, tokens from a text in that voice, audio from tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makima.errors import AssetError
from makima.events import Loading, OnLoading, Samples
from makima.models.chatterbox.graph import CPU, Graph
from makima.models.chatterbox.language_model import LanguageModel
from makima.models.chatterbox.layout import AUTO, GRAPHS, TOKENIZER, find_graphs, mend
from makima.models.chatterbox.sampling import Sampling, choose
from makima.models.chatterbox.wording import worded

SAMPLE_RATE_HZ: Final = 24_000
START, STOP, SILENCE = 6561, 6562, 4299
CLOSING_SILENCE_TOKENS: Final = 3
"""Decoded after every text, or its last sound is cut short. Source: the released example."""
MAX_TOKENS: Final = 1024
"""Of one text: 41 s at 25 tokens a second."""
MAX_REFERENCE_S: Final = 15.0
"""What the release looks at of a recording."""


@dataclass(frozen=True, slots=True)
class VoicePrompt:
    """What the graphs need to know of a voice.

    Shapes: embeds [1, C, H]; tokens [1, P] int64; speaker [1, E]; features [1, F, M]
    """

    embeds: NDArray[Any]
    tokens: NDArray[np.int64]
    speaker: NDArray[Any]
    features: NDArray[Any]


class Chatterbox:
    """The four graphs and the tokenizer."""

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, graphs: dict[str, Graph], tokenizer: Any) -> None:
        self._encoder, self._embed, language_model, self._decoder = (graphs[name] for name in GRAPHS)
        self._encoder.expect({"audio_values"}, outputs=4)
        self._embed.expect({"input_ids"})
        self._decoder.expect({"speech_tokens", "speaker_embeddings", "speaker_features"})
        self.language_model = LanguageModel(language_model)
        self._tokenizer = tokenizer

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        quantize: str = AUTO,
        device: str = CPU,
        threads: int = 0,
        on_loading: OnLoading = lambda _: None,
    ) -> Chatterbox:
        """The model in `folder`, laid out as the release is.

        Raises: AssetError naming the file that is missing or broken and the command that installs it; OutOfMemory
        """
        paths = find_graphs(folder, quantize)
        tokenizer = _read_tokenizer(folder / TOKENIZER)
        graphs = {}
        for place, (name, path) in enumerate(paths.items()):
            on_loading(Loading(name.replace("_", " "), place / len(paths)))
            graphs[name] = Graph(path, device, threads)
        return cls(graphs, tokenizer)

    def voice(self, samples: Samples) -> VoicePrompt:
        """The voice in a recording. Shapes: samples [S], at the model's rate

        Raises: SynthesisFailed, OutOfMemory
        """
        reference = samples[: int(MAX_REFERENCE_S * SAMPLE_RATE_HZ)]
        embeds, tokens, speaker, features = self._encoder.run(audio_values=reference[None])[:4]
        return VoicePrompt(embeds, tokens.astype(np.int64), speaker, features)

    def tokens(self, voice: VoicePrompt, text: str, sampling: Sampling, random: np.random.Generator) -> Iterator[int]:
        """Yield the tokens of `text`, one a step, to the model's own end, or to `MAX_TOKENS`.

        Raises: SynthesisFailed, OutOfMemory
        """
        past = self.language_model.begin()
        ids = self._tokenizer.encode(worded(text)).ids
        embeds = np.concatenate([voice.embeds, self._embedded(ids)], axis=1)
        said = [START]
        while len(said) <= MAX_TOKENS:
            token = choose(self.language_model.forward(embeds, past), said, sampling, random)
            if token == STOP:
                return
            yield token
            said.append(token)
            embeds = self._embedded([token])

    def decode(self, voice: VoicePrompt, tokens: list[int]) -> Samples:
        """The audio [S] of tokens in a voice; tokens that are no sounds are left out.

        Raises: SynthesisFailed, OutOfMemory
        """
        spoken = [token for token in tokens if token < START]
        if not spoken:
            return np.zeros(0, np.float32)
        closed = np.array([*spoken, *[SILENCE] * CLOSING_SILENCE_TOKENS], np.int64)
        audio = self._decoder.run(
            speech_tokens=np.concatenate([voice.tokens, closed[None]], axis=1),
            speaker_embeddings=voice.speaker,
            speaker_features=voice.features,
        )[0]
        return np.clip(audio.reshape(-1).astype(np.float32), -1.0, 1.0)

    def _embedded(self, ids: list[int]) -> NDArray[Any]:
        return self._embed.run(input_ids=np.array([ids], np.int64))[0]


def _read_tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    if not path.is_file():
        raise AssetError(str(path), "There is no such file.", mend=mend())
    try:
        return Tokenizer.from_file(str(path))
    except Exception as exc:  # the library raises bare Exception for a malformed file
        raise AssetError(str(path), f"The tokenizer cannot be read: {exc}.", mend=mend()) from exc
