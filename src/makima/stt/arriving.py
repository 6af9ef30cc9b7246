"""A recogniser whose files are still being fetched: the server speaks meanwhile, and listens once they are there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

from makima.errors import AssetError, MakimaError
from makima.events import Loading, OnLoading
from makima.stt.protocol import Recognition, Recognizer, RecognizerCapabilities

log = logging.getLogger(__name__)

Fetch: TypeAlias = Callable[[OnLoading], None]
"""Fetches what is missing, and tells how far it is. Raises: AssetError"""

NEWS_S = 0.25
"""How often those who wait are told how far it is."""


class ArrivingRecognizer:
    """`coming`, once `fetch` is done; where that fails, `otherwise`. Fetching begins at once, in its own thread."""

    def __init__(self, coming: Recognizer, fetch: Fetch, otherwise: Callable[[], Recognizer | None]) -> None:
        self._inner = coming
        self._fetch = fetch
        self._otherwise = otherwise
        self._news = Loading(coming.name, None)
        self._failure: MakimaError | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="fetching", daemon=True).start()

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def capabilities(self) -> RecognizerCapabilities:
        return self._inner.capabilities

    @property
    def loaded(self) -> bool:
        return self._done.is_set() and self._inner.loaded

    def load(self, on_loading: OnLoading) -> None:
        """Wait until its files are there, and load it.

        Raises: AssetError where they do not come and nothing else can listen
        """
        while not self._done.wait(NEWS_S):
            on_loading(self._news)
        if self._failure is not None:
            raise self._failure
        self._inner.load(on_loading)

    def open(self, language: str, after: Recognition | None = None) -> Recognition:
        return self._inner.open(language, after)

    def close(self) -> None:
        self._inner.close()

    def _run(self) -> None:
        try:
            self._fetch(self._tell)
            log.info("%s is here, and listens from now on", self._inner.name)
        except Exception as exc:  # noqa: BLE001 - whatever goes wrong, something else listens
            failure = exc if isinstance(exc, MakimaError) else AssetError(self._inner.name, f"It did not come: {exc}.")
            instead = self._otherwise()
            listens = f"{instead.name} listens instead" if instead is not None else "nothing listens"
            log.warning("not fetched: %s; %s", failure, listens)
            if instead is None:
                self._failure = failure
            else:
                self._inner = instead
        finally:
            self._done.set()

    def _tell(self, news: Loading) -> None:
        self._news = news
