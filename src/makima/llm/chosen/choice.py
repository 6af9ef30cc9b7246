"""Which chat model the pages chose: kept beside the keys, and read again at the next start."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from makima.errors import AssetError, InvalidMessage

FILE: Final = "chat.json"
MAX_FIELD_CHARACTERS: Final = 8_000


@dataclass(frozen=True, slots=True)
class ChatChoice:
    """An endpoint, one of its models, its key, and what the model is told first. None is left to the settings."""

    base_url: str
    model: str
    api_key: str | None = None
    system_prompt: str | None = None

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise InvalidMessage("baseUrl: It must begin with http:// or https://.")
        if not self.model.strip():
            raise InvalidMessage("model: A name is needed.", mend="Take one of those the endpoint lists.")


def load_choice(folder: Path) -> ChatChoice | None:
    """What was chosen; None where nothing was, or the file cannot be read as one."""
    try:
        return ChatChoice(**json.loads((folder.expanduser() / FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError, InvalidMessage):
        return None


def save_choice(folder: Path, choice: ChatChoice | None) -> None:
    """Keep `choice`, readable by this user only; None forgets it.

    Raises: AssetError where the file cannot be written
    """
    path = folder.expanduser() / FILE
    try:
        if choice is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(choice), file, ensure_ascii=False)
        part.replace(path)
    except OSError as exc:
        raise AssetError(str(path), f"It cannot be written: {exc}.", mend="Set MAKIMA_DATA_DIR to a folder.") from exc
