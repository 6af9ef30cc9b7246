"""The chat model that the settings ask for."""

from __future__ import annotations

from makima.config import Settings
from makima.errors import ConfigError
from makima.llm.echo import EchoModel
from makima.llm.protocol import ChatModel


def choose(settings: Settings) -> ChatModel:
    """The endpoint that is set, or the echo.

    Raises: ConfigError where what is set does not suffice
    """
    if settings.llm_base_url is None:
        return EchoModel()
    if not settings.llm_base_url.startswith(("http://", "https://")):
        raise ConfigError("MAKIMA_LLM_BASE_URL", "It must begin with http:// or https://.")
    if settings.llm_model is None:
        raise ConfigError("MAKIMA_LLM_MODEL", "An endpoint is set, but not which of its models answers.")
    # Here, and not above: without an endpoint no HTTP client is needed.
    from makima.llm.openai import OpenAIModel, Patience

    return OpenAIModel(
        settings.llm_base_url,
        settings.llm_model,
        settings.llm_api_key.get_secret_value() if settings.llm_api_key else None,
        Patience(settings.llm_connect_s, settings.llm_first_token_s, settings.llm_token_s),
    )
