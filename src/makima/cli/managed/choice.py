"""Which models the Models page chose: kept beside the keys, and used from the next start on."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from makima.config import DEFAULT_MODEL_ID, Settings
from makima.engines.registry import AUTO, ENGINES
from makima.errors import AssetError
from makima.stt.registry import RECOGNIZERS

log = logging.getLogger(__name__)

FILE: Final = "models.json"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """An engine, its model where there are several, and a recogniser. None is left to the settings."""

    engine: str | None = None
    model_id: str | None = None
    recognizer: str | None = None


def load_choice(folder: Path) -> ModelChoice:
    """What was chosen; nothing where nothing was, or the file cannot be read as a choice."""
    try:
        read = json.loads((folder.expanduser() / FILE).read_text("utf-8"))
        fields = {name: value for name, value in read.items() if isinstance(value, str)}
        return ModelChoice(**fields)
    except (OSError, ValueError, TypeError, AttributeError):
        return ModelChoice()


def save_choice(folder: Path, choice: ModelChoice) -> None:
    """Keep `choice`. Raises: AssetError where the file cannot be written"""
    path = folder.expanduser() / FILE
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(choice)), "utf-8")
        part.replace(path)
    except OSError as exc:
        raise AssetError(str(path), f"It cannot be written: {exc}.", mend="Set MAKIMA_DATA_DIR to a folder.") from exc


def as_chosen(settings: Settings, *, over_all: bool = False) -> Settings:
    """The settings with what was chosen, where they leave it open or the choice is to hold `over_all`.

    What cannot load here is not taken, and said in the log, so that the server starts in any case.
    """
    choice = load_choice(settings.data_dir)
    updates: dict[str, object] = {}
    engine = ENGINES.get(choice.engine or "")
    if engine is not None and (over_all or settings.engine == AUTO):
        updates["engine"] = engine.name
        if choice.model_id is not None and (over_all or settings.model_id == DEFAULT_MODEL_ID):
            updates["model_id"] = choice.model_id
        problem = engine.problem(settings.model_copy(update=updates))
        if problem is not None:
            log.warning("%s, which the Models page chose, cannot load: %s", engine.name, problem)
            updates.clear()
    recognizer = RECOGNIZERS.get(choice.recognizer or "")
    if recognizer is not None and (over_all or settings.stt == AUTO):
        problem = recognizer.problem(settings)
        if problem is None:
            updates["stt"] = recognizer.name
        else:
            log.warning("%s, which the Models page chose, cannot load: %s", recognizer.name, problem)
    return settings.model_copy(update=updates)
