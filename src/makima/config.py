"""Every setting, from flags, the environment or a `.env` file. Nothing else reads the environment."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from makima.errors import ConfigError

DEFAULT_MODEL_ID = "Qwen/Qwen3-TTS-12Hz-0.6B-Base"
DEFAULT_SYSTEM_PROMPT = (
    "You talk with someone by voice. What you write is read aloud as it stands: answer in one to three short sentences "
    "of plain prose, without markup, lists, emoji or links. What you hear may be misheard; ask when it makes no sense."
)
DEFAULT_STT_MODEL_ID = "istupakov/parakeet-tdt-0.6b-v3-onnx"
DEFAULT_TURN_MODEL_ID = "pipecat-ai/smart-turn-v3"


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _place(value: object) -> object:
    return Path(value) if isinstance(value, str) and "://" not in value else value


FolderOrUrl = Annotated[Path | str, BeforeValidator(_place)]
CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


def _env(name: str, default: Any, description: str, **limits: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name), description=description, **limits)


class Settings(BaseSettings):
    """All settings; each field's alias is its name in the environment (docs/operations.md lists them)."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    engine: str = _env("TTS_ENGINE", "auto", "auto, qwen3, kokoro, chatterbox or espeak")
    model_id: str = _env("TTS_MODEL_ID", DEFAULT_MODEL_ID, "a hub id or a folder with weights")
    device: str = _env("TTS_DEVICE", "auto", "auto, cuda:0, mps or cpu")
    voices_dir: FolderOrUrl = _env("TTS_VOICES_DIR", Path("voices"), "where voices are kept: a folder or a URL")
    default_voice: str = _env("TTS_DEFAULT_VOICE", "makima", "the voice of those who name none")

    fallback: Literal["auto", "on", "off"] = _env(
        "MAKIMA_FALLBACK", "auto", "the next engine where one cannot load or keep up; auto: where TTS_ENGINE is auto"
    )

    host: str = _env("MAKIMA_HOST", "127.0.0.1", "address to listen on")
    port: int = _env("MAKIMA_PORT", 8000, "port to listen on; 0 takes a free one", ge=0, le=65535)
    insecure: bool = _env("MAKIMA_INSECURE", False, "serve other machines without tokens")
    wyoming: bool = _env("MAKIMA_WYOMING", False, "serve Home Assistant too, by Wyoming")
    wyoming_port: int = _env("MAKIMA_WYOMING_PORT", 10_200, "the port for that; 0 takes a free one", ge=0, le=65535)
    preload: bool = _env("MAKIMA_PRELOAD", False, "load the model at start instead of on first use")
    log_level: str = _env("MAKIMA_LOG_LEVEL", "info", "debug, info, warning or error")
    log_format: Literal["text", "json"] = _env("MAKIMA_LOG_FORMAT", "text", "lines for people, or JSON")
    log_text: bool = _env("MAKIMA_LOG_TEXT", False, "keep in JSON logs what is spoken, and the messages of exceptions")
    otlp_endpoint: str | None = _env("OTEL_EXPORTER_OTLP_ENDPOINT", None, "where traces go; unset: there are none")
    otlp_service: str = _env("OTEL_SERVICE_NAME", "makima", "this server's name in traces")

    auth_secret: SecretStr | None = _env("MAKIMA_AUTH_SECRET", None, "HS256 secret, 32 bytes or more")
    auth_jwks_url: str | None = _env("MAKIMA_AUTH_JWKS_URL", None, "where the public keys of tokens are")
    auth_audience: str | None = _env("MAKIMA_AUTH_AUDIENCE", None, "the audience tokens must name")
    allowed_origins: CommaSeparated = _env("MAKIMA_ALLOWED_ORIGINS", (), "origins of other sites' pages")
    allowed_hosts: CommaSeparated = _env("MAKIMA_ALLOWED_HOSTS", (), "host names this server is reached by")

    admin_keys: CommaSeparated = _env("MAKIMA_ADMIN_KEYS", (), "names of keys that may change chat model and models")

    limit_utterances: int | None = _env("MAKIMA_LIMIT_UTTERANCES", None, "a minute, per key and address", ge=0)
    limit_characters: int | None = _env("MAKIMA_LIMIT_CHARACTERS", None, "a minute, per key and address", ge=0)
    limit_sessions: int | None = _env("MAKIMA_LIMIT_SESSIONS", None, "at once, per key and address", ge=0)
    limit_at_once: int | None = _env("MAKIMA_LIMIT_AT_ONCE", None, "utterances spoken at once, on the server", ge=0)

    jobs_per_key: int = _env("MAKIMA_JOBS_PER_KEY", 20, "of long texts, at once and kept, per key; 0: any number", ge=0)
    jobs_disk_gb: float = _env("MAKIMA_JOBS_DISK_GB", 20.0, "for the sound of all jobs; 0: what the disk has", ge=0)

    quantize: str = _env(
        "MAKIMA_QUANTIZE", "auto", "auto, none, bfloat16, int8, int4 or int8-pytorch: how weights are kept on a CPU"
    )
    normalize: CommaSeparated = _env(
        "MAKIMA_NORMALIZE", ("all",), "what is done to text: all, none, or some of markup and numbers"
    )
    pronunciations: Path | None = _env(
        "MAKIMA_PRONUNCIATIONS", None, "a file of words and what is said for them, one `written<TAB>spoken` a line"
    )
    watermark: Literal["auto", "on", "off"] = _env(
        "MAKIMA_WATERMARK", "auto", "auto marks where the extra is installed"
    )
    idle_unload_s: float = _env("MAKIMA_IDLE_UNLOAD_S", 0.0, "without use, then the model is let go of; 0: never", ge=0)

    data_dir: Path = _env(
        "MAKIMA_DATA_DIR", Path("~/.local/share/makima"), "for keys, usage and jobs, which must be kept"
    )
    cache_dir: Path = _env("MAKIMA_CACHE_DIR", Path("~/.cache/makima"), "for what can be fetched again")
    fetch: bool = _env(
        "MAKIMA_FETCH", True, "fetch at start what the engine of the settings needs, where it is missing"
    )
    hub_endpoint: str = _env("HF_ENDPOINT", "https://huggingface.co", "the hub, or a mirror of it")
    hub_offline: bool = _env("HF_HUB_OFFLINE", False, "leave the hub out")
    stt: str = _env("MAKIMA_STT", "auto", "the recogniser: auto, parakeet, whisper, pocketsphinx or none")
    stt_model_id: str = _env("MAKIMA_STT_MODEL_ID", DEFAULT_STT_MODEL_ID, "Parakeet: a hub id or a folder with weights")
    turn_model_id: str = _env("MAKIMA_TURN_MODEL_ID", DEFAULT_TURN_MODEL_ID, "Smart Turn, likewise; or none")
    stt_threshold: float = _env("MAKIMA_STT_THRESHOLD", 0.5, "how likely speech must be to count", ge=0.05, le=0.99)
    stt_silence_ms: int = _env("MAKIMA_STT_SILENCE_MS", 704, "of silence end an utterance", ge=96, le=10_000)

    load_wait_s: float = _env("MAKIMA_LOAD_WAIT_S", 300.0, "how long a session waits for a model to load", gt=0)
    stall_s: float = _env("MAKIMA_STALL_S", 30.0, "without audio that is owed, then the engine counts as stalled", gt=0)
    audio_timeout_s: float = _env("MAKIMA_AUDIO_TIMEOUT_S", 60.0, "an engine may take for a piece of audio", gt=0)
    client_timeout_s: float = _env("MAKIMA_CLIENT_TIMEOUT_S", 60.0, "a client may stop reading or writing", gt=0)
    llm_base_url: str | None = _env("MAKIMA_LLM_BASE_URL", None, "an OpenAI-compatible endpoint; unset: an echo")
    llm_model: str | None = _env("MAKIMA_LLM_MODEL", None, "the chat model's name there")
    llm_api_key: SecretStr | None = _env("MAKIMA_LLM_API_KEY", None, "its key, where it asks for one")
    llm_system_prompt: str = _env(
        "MAKIMA_LLM_SYSTEM_PROMPT", DEFAULT_SYSTEM_PROMPT, "what the chat model is told first"
    )
    llm_connect_s: float = _env("MAKIMA_LLM_CONNECT_S", 5.0, "the endpoint may take to be reached", gt=0)
    llm_first_token_s: float = _env("MAKIMA_LLM_FIRST_TOKEN_S", 30.0, "until its answer begins", gt=0)
    llm_token_s: float = _env("MAKIMA_LLM_TOKEN_S", 10.0, "between two pieces of its answer", gt=0)
    barge_in_ms: int = _env("MAKIMA_BARGE_IN_MS", 384, "of speech over a reply stop it", ge=96, le=5_000)
    barge_in_threshold: float = _env("MAKIMA_BARGE_IN_THRESHOLD", 0.8, "how likely it must be speech", ge=0.05, le=0.99)
    conversation_keep_s: float = _env("MAKIMA_CONVERSATION_KEEP_S", 300.0, "once both its sides have left", ge=0)

    drain_s: float = _env("MAKIMA_DRAIN_S", 5.0, "for what is being spoken at shutdown to end", ge=0)

    @property
    def locked(self) -> bool:
        """Whether tokens are asked for."""
        return self.auth_secret is not None or self.auth_jwks_url is not None

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def load_settings(**flags: object) -> Settings:
    """Settings from the environment and `.env`, with those `flags` on top that are not None.

    Raises: ConfigError naming the key.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        key = f"--{field.replace('_', '-')}" if flags.get(field) is not None else _environment_name(field) or "settings"
        where = "--help" if key.startswith("--") else "docs/operations.md"
        raise ConfigError(key, f"{first['msg']}.", mend=f"See {where} for what it takes.") from exc


def _environment_name(field: str) -> str:
    """What a setting is called in the environment, where flags and errors call it by its field."""
    found = Settings.model_fields.get(field)
    alias = found.validation_alias if found is not None else None
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else field
