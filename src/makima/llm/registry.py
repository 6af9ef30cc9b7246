"""The chat model that the settings ask for, or that was chosen on the page."""

from __future__ import annotations

from pydantic import SecretStr

from makima.config import Settings
from makima.errors import ConfigError
from makima.llm.chosen.choice import ChatChoice, load_choice
from makima.llm.echo import EchoModel
from makima.llm.protocol import ChatModel


def with_choice(settings: Settings, choice: ChatChoice | None) -> Settings:
    """`settings` with what was chosen on the page in the place of what the environment says."""
    if choice is None:
        return settings
    changes: dict[str, object] = {
        "llm_base_url": choice.base_url,
        "llm_model": choice.model,
        "llm_api_key": SecretStr(choice.api_key) if choice.api_key else None,
    }
    if choice.system_prompt is not None:
        changes["llm_system_prompt"] = choice.system_prompt
    return settings.model_copy(update=changes)


def choose(settings: Settings) -> ChatModel:
    """The model that was chosen on the page, else the endpoint that is set, else the echo.

    Raises: ConfigError where what is set does not suffice
    """
    return make_model(with_choice(settings, load_choice(settings.data_dir)))


def make_model(settings: Settings) -> ChatModel:
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


def make_chosen(settings: Settings, choice: ChatChoice | None) -> ChatModel:
    """The model for a choice that was just made; None stands for what the settings say."""
    return make_model(with_choice(settings, choice))
