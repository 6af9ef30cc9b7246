"""A checkpoint onto the native kernels: packed once, and from then on run from a mapped file."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from numpy.typing import NDArray
from torch import Tensor

from makima.events import OnLoading
from makima.models.qwen3.checkpoint.loading import Checkpoint
from makima.models.qwen3.checkpoint.reader import WeightFiles
from makima.models.qwen3.kernels.packing import (
    CODEC_PACKED,
    SPEECH_PACKED,
    Arrays,
    pack_codec,
    pack_speech,
    use_packed_codec,
    use_packed_speech,
)
from makima.models.qwen3.parts import Parts
from makima.models.qwen3.prompt import PromptBuilder
from makima.nn.native.library import LAYOUT_VERSION, words_pay
from makima.nn.native.packed_file import read_packed, write_packed
from makima.nn.native.quantized import Kind
from makima.nn.native.threads import Lanes
from makima.text.tokenizer import TextTokenizer

log = logging.getLogger(__name__)

BESIDE: Final = "makima-packed"
"""The folder, beside a checkpoint's files, that packed weights are kept in."""
ELSEWHERE: Final = Path("~/.cache/makima/packed")
"""Where they are kept where that one cannot be written to."""
FORMAT: Final = "2"
NARROW: Final = ("int8", "int4")
"""What the layers are kept in where the codec may round too: to 16 bits, if products of words are faster here."""
TRIAL_TEXT: Final = "She said that it would take about twenty minutes, perhaps a little less, to get there."
"""Said while the rounding is measured."""


@torch.inference_mode()
def load_on_kernels(folder: Path, kind: Kind, tokenizer: TextTokenizer, on_loading: OnLoading | None = None) -> Parts:
    """Read configurations, then packed weights, which are made where there are none that fit the checkpoint.

    Raises: AssetError, as `Checkpoint.open`, or where the kernels were not compiled; ConfigError for sizes that they
        do not take
    """
    checkpoint = Checkpoint.open(folder, torch.device("cpu"), torch.float32, on_loading, layers_as_stored=True)
    parts = checkpoint.fill(but=(*SPEECH_PACKED, *CODEC_PACKED))
    load_speech = partial(checkpoint.speech_loader.fill_part, parts.speech)
    load_codec = partial(checkpoint.codec_loader.fill_part, parts.codec)

    def prompt() -> Tensor:
        builder = PromptBuilder(parts.config, tokenizer, parts.speech.talker, parts.speech.predictor)
        return builder.build(TRIAL_TEXT, "Auto", None, None, None, prefilled=True)[0]

    speech = _packed(
        folder,
        kind,
        checkpoint.speech_loader.files,
        lambda: pack_speech(parts.speech, kind, load_speech, prompt),
    )
    lanes = Lanes()
    use_packed_speech(parts.speech, speech, lanes)
    config = parts.codec_config.decoder
    words = kind in NARROW and words_pay()
    codec = _packed(
        folder,
        "codec-int16" if words else "codec",
        checkpoint.codec_loader.files,
        lambda: pack_codec(parts.codec.decoder, config, load_codec, words=words),
    )
    parts.codec.decoder = use_packed_codec(parts.codec.decoder, codec, load_codec, lanes)  # type: ignore[assignment]
    checkpoint.report.done()
    return parts


def _packed(folder: Path, name: str, files: WeightFiles, pack: Callable[[], Arrays]) -> Mapping[str, NDArray[Any]]:
    """Packed weights from their file; made, and kept in one for the next time, where there is none.

    What was just packed is run from the file too, so that the memory it was packed in is given back.
    """
    about = {"makima": FORMAT, "layout": str(LAYOUT_VERSION), "what": name, "of": files.identity}
    places = [place / f"{name}.safetensors" for place in (folder / BESIDE, *_elsewhere(folder))]
    for place in places:
        if (found := read_packed(place, about)) is not None:
            return found
    arrays = pack()
    for place in places:
        try:
            write_packed(place, arrays.items(), about)
        except OSError as exc:
            log.info("packed weights cannot be kept in %s: %s", place.parent, exc)
        else:
            return read_packed(place, about) or arrays
    return arrays


def _elsewhere(folder: Path) -> list[Path]:
    try:
        home = ELSEWHERE.expanduser()
    except RuntimeError:  # who runs it has no home
        return []
    return [home / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]]
