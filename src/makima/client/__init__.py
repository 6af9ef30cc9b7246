"""A client of a Makima server: speak, listen and converse, with asyncio or without.

```python
from makima.client import Client

with Client("http://127.0.0.1:8000") as client:
    for chunk in client.speak("Hello there."):
        play(chunk.pcm)
```
"""

from makima.client.asynchronous import AsyncClient
from makima.client.conversation import AsyncConversation
from makima.client.errors import ServerError
from makima.client.events import Audio, Heard, Interrupted, Reply, Utterance, Word
from makima.client.speaker import AsyncSpeaker, AsyncSpeech
from makima.client.synchronous import Client

__all__ = [
    "AsyncClient",
    "AsyncConversation",
    "AsyncSpeaker",
    "AsyncSpeech",
    "Audio",
    "Client",
    "Heard",
    "Interrupted",
    "Reply",
    "ServerError",
    "Utterance",
    "Word",
]
