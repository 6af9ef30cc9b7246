"""How long it takes from the end of speech to the first sound of the reply, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Latency:
    """When each stage of a reply was reached, in the order in which they are.

    Units: seconds, on the clock of the conversation
    """

    speech_end_s: float
    """Someone has stopped speaking."""
    words_s: float
    """It was clear that they had, and what they said is known."""
    first_token_s: float | None = None
    """The chat model has begun to answer."""
    first_text_s: float | None = None
    """The first words have gone to the engine."""
    first_audio_s: float | None = None
    """The first audio has been sent."""

    def stages_s(self) -> dict[str, float]:
        """What each stage that was reached has added, and `total`."""
        reached = {
            field.name.removesuffix("_s"): at_s
            for field in fields(self)
            if (at_s := getattr(self, field.name)) is not None
        }
        times = list(reached.values())
        stages = {
            name: at_s - before_s for (name, at_s), before_s in zip(list(reached.items())[1:], times, strict=False)
        }
        return {**stages, "total": times[-1] - times[0]}
