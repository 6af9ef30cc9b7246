"""What is said in a soak, and what it must sound like."""

from __future__ import annotations

import numpy as np

from makima.audio.pcm import Encoding, decode
from makima.events import Samples
from makima.server.wire import DEFAULT_RATE_HZ

TEXTS = (
    "Good morning. It is good to see you.",
    "The train to the coast leaves at 9:45 from platform 3, and the tickets are $12 each.",
    "Please bring two apples, a loaf of bread and half a pound of butter.",
    "Nobody was there. The door was open, though, and a lamp was burning on the table!",
    "How far is it to the lake? Some say three miles; others say it is nearer to five.",
    "On Monday it rained. On Tuesday it rained. On Wednesday, at last, the sun came out.",
    "She counted the boats: one, two, three, four. The fifth one had left without a sound.",
    "Yes.",
)
LONG_TEXT = " ".join(TEXTS[:4])
"""A quarter of a minute."""
SEED = 7

Reference = dict[tuple[str, str], bytes]
"""PCM of 16 bits at the usual rate, by voice and text."""


def recording(reference: Reference, text: str) -> Samples:
    """One of the texts as a recording, with silence around it. Shapes: [S] at the usual rate"""
    pcm = next(audio for (_, said), audio in reference.items() if said == text)
    silence = np.zeros(DEFAULT_RATE_HZ, np.float32)
    return np.concatenate([silence[: DEFAULT_RATE_HZ // 4], decode(pcm, Encoding.PCM16), silence])
