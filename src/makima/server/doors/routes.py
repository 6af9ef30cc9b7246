"""Every door, as routes of the application."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter

from makima.server.doors.openai import models as openai_models
from makima.server.doors.openai import speech as openai_speech
from makima.server.services import Services


def routers(services: Services) -> Iterator[APIRouter]:
    """The routes of all doors."""
    for module in (openai_speech, openai_models):
        yield module.router(services)
