"""The sentence of a voice's preview, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PREVIEWS: Mapping[str, str] = MappingProxyType(
    {
        "Chinese": "你好，这是我的声音。今天想让我为你读点什么？",
        "English": "Hello, this is my voice. What shall I read to you today?",
        "Japanese": "こんにちは、これが私の声です。今日は何を読みましょうか。",
        "Korean": "안녕하세요, 이것이 제 목소리입니다. 오늘은 무엇을 읽어 드릴까요?",
        "German": "Hallo, das ist meine Stimme. Was soll ich dir heute vorlesen?",
        "French": "Bonjour, voici ma voix. Que voulez-vous que je vous lise aujourd'hui ?",
        "Russian": "Здравствуйте, это мой голос. Что вам сегодня прочитать?",
        "Portuguese": "Olá, esta é a minha voz. O que você quer que eu leia hoje?",
        "Spanish": "Hola, esta es mi voz. ¿Qué quieres que te lea hoy?",
        "Italian": "Ciao, questa è la mia voce. Che cosa vuoi che ti legga oggi?",
    }
)


def preview_text(language: str) -> str:
    """The preview sentence in this language."""
    return PREVIEWS.get(language, PREVIEWS["English"])
