"""Every door, as routes of the application."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fastapi import APIRouter

from makima.server.doors.cartesia import http as cartesia_http
from makima.server.doors.cartesia import socket as cartesia_socket
from makima.server.doors.cartesia import voices as cartesia_voices
from makima.server.doors.deepgram import http as deepgram_http
from makima.server.doors.deepgram import socket as deepgram_socket
from makima.server.doors.deepgram import turns as deepgram_turns
from makima.server.doors.elevenlabs import http as elevenlabs_http
from makima.server.doors.elevenlabs import socket as elevenlabs_socket
from makima.server.doors.elevenlabs import voices as elevenlabs_voices
from makima.server.doors.openai import models as openai_models
from makima.server.doors.openai import speech as openai_speech
from makima.server.doors.realtime import socket as realtime_socket
from makima.server.services import Services

_MAKERS: tuple[Callable[[Services], APIRouter], ...] = (
    openai_speech.router,
    openai_models.router,
    realtime_socket.router,
    cartesia_socket.router,
    cartesia_http.router,
    cartesia_voices.router,
    elevenlabs_socket.router,
    elevenlabs_http.router,
    elevenlabs_voices.router,
    deepgram_socket.router,
    deepgram_turns.router,
    deepgram_http.router,
)


def routers(services: Services) -> Iterator[APIRouter]:
    """The routes of all doors."""
    for make in _MAKERS:
        yield make(services)
