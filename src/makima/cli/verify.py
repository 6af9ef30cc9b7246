"""`makima verify`: looks for the metadata and the watermark of synthesized speech in a recording."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from makima.audio import files, marking
from makima.console import out
from makima.errors import AssetError
from makima.models.perth import weights
from makima.models.perth.detector import Detection, Detector
from makima.models.perth.spectrum import RATE_HZ

MAX_S = 300.0
"""Of a longer recording only the first five minutes are examined."""


def verify(path: Path) -> bool:
    """Print what is found. Returns whether anything was.

    Raises: InvalidAudio where the file cannot be read; AssetError where the decoder is not installed
    """
    statement = marking.statement_in(path)
    out.print(f"Metadata: {f'it says “{escape(statement)}”' if statement else 'it says nothing of a machine'}.")
    detection = _look(path)
    if detection is not None:
        out.print(f"Watermark: {_words(detection)}.", highlight=False)
    found = statement is not None or (detection is not None and detection.found)
    name = escape(path.name)
    if found:
        by = "" if statement else "By its watermark, "
        out.print(f"[bold]{by}{name} was made by a machine.[/]", highlight=False)
    else:
        out.print(
            f"[bold]Nothing in {name} says that a machine made it.[/] That is no proof that a person spoke.",
            highlight=False,
        )
    return found


def _look(path: Path) -> Detection | None:
    try:
        detector = Detector(weights.read_weights())
    except AssetError as exc:
        out.print(f"Watermark: it cannot be looked for. {escape(str(exc))}", highlight=False)
        return None
    return detector.detect(files.decode(path, RATE_HZ, MAX_S))


def _words(detection: Detection) -> str:
    sounding_s, marked_s = detection.sounding_s, detection.marked_s
    if not sounding_s:
        return "there is too little sound to look for it"
    if not marked_s:
        return f"not found in {sounding_s} s of sound"
    return f"found in {marked_s} of {sounding_s} s of sound"
