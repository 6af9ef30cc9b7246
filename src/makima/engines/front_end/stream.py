"""One utterance on its way through the front end: text in, streams of the engine and pauses out, in turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from makima.engines.front_end.lead import REST_S, Lead
from makima.engines.front_end.parts import Parts
from makima.engines.front_end.session_languages import SessionLanguages
from makima.engines.front_end.threads import TextThreads
from makima.engines.protocol import SENTENCE_END, SpeechRequest, SpeechStream
from makima.errors import MakimaError, SynthesisFailed
from makima.events import EndReason, SpeechEnd, SpeechEvent
from makima.text.front_end import Sentence, Spoken
from makima.text.language import AUTO
from makima.text.markup.items import Pause

if TYPE_CHECKING:
    from makima.engines.front_end.settings import FrontEnd

log = logging.getLogger(__name__)

TURN_CHARACTERS = 300
"""Read in one turn of a thread: some 6 ms, after which other utterances have theirs."""


class FrontedStream:
    """A `SpeechStream` over streams of the engine: another one after each pause, and for each other language."""

    def __init__(
        self,
        request: SpeechRequest,
        end: FrontEnd,
        open_inner: Callable[[SpeechRequest], SpeechStream],
        work: TextThreads,
        languages: SessionLanguages,
    ) -> None:
        self._request = replace(request, sentences=True)
        self._front_end = end
        self._open_inner = open_inner
        self._work = work
        self._languages = languages
        previous = languages.last(request.session_id)
        self._feeder = end.feeder(
            request.language, request.pronunciations, previous, words=request.word_times and not end.wishes.early
        )
        # The first is opened at once, so that the caller is told what stands against it.
        self._language = self._inner_language(self._feeder.language)
        first = open_inner(replace(self._request, language=self._language))
        self.sample_rate_hz = first.sample_rate_hz
        self._changed = threading.Condition()
        self._parts = Parts(first.sample_rate_hz)
        self._parts.add(first)
        self._writing: SpeechStream | None = first
        self._fed = False
        self._early = ""
        self._inbox: list[str] = []
        self._busy = False
        self._text_ended = False
        self._all_read = False
        self._fed_times = 0
        self._read_characters = 0
        self._lead = Lead()
        self._resting, self._rested = False, False
        self._end: SpeechEnd | None = None
        self._told = False
        self._notify: Callable[[], None] | None = None
        first.subscribe(self._announce)

    # What the writer calls:

    def feed(self, text: str) -> None:
        with self._changed:
            if self._text_ended or self._end is not None:
                return
            self._fed_times += 1
            quick = not self._busy and not self._inbox and self._feeder.is_quick(text)
            self._inbox.append(text)
            if self._busy:
                return
            self._busy = True
        self._run() if quick else self._schedule()

    def end_text(self) -> None:
        with self._changed:
            if self._text_ended or self._end is not None:
                return
            self._text_ended = True
            quick = not self._inbox and self._feeder.is_quick("")
            if self._busy:
                return
            self._busy = True
        self._run() if quick else self._schedule()

    def cancel(self) -> None:
        self._finish("cancelled", None)

    # What the reader calls:

    def poll(self) -> SpeechEvent | None:
        with self._changed:
            if self._told:
                return None
            if self._end is None:
                if (chunk := self._parts.poll()) is not None:
                    self._lead.heard(len(chunk.samples) / self.sample_rate_hz)
                    if self._resting and not self._lead.enough:
                        self._go_on()
                    return chunk
                self._end = self._parts.end
                if self._end is None and self._all_read and not self._parts:
                    self._end = self._parts.ended()
            self._told = self._end is not None
            if self._told:
                self._notify = None  # nothing more comes, and neither should keep the other in memory
            return self._end

    def subscribe(self, notify: Callable[[], None]) -> None:
        with self._changed:
            self._notify = notify
        notify()  # there may be something already: a reader that finds nothing waits on

    def __iter__(self) -> Iterator[SpeechEvent]:
        while True:
            with self._changed:
                event = self.poll()
                if event is None:
                    self._changed.wait()
                    continue
            yield event
            if isinstance(event, SpeechEnd):
                return

    # On the threads of the front end, one run at a time:

    def _schedule(self) -> None:
        # An utterance of which much was read already comes after those of which little was.
        self._work.run(self._run, self._read_characters)

    def _rests_now(self) -> bool:
        """Leave the rest of the text for later, where enough was read for now."""
        with self._changed:
            rested, self._rested = self._rested, False
            if rested or not self._inbox or self._end is not None or not self._lead.enough:
                return False
            self._resting = True
            self._work.run_after(REST_S, self._go_on)
            return True

    def _go_on(self) -> None:
        with self._changed:
            if self._resting:
                self._resting, self._rested = False, True
                self._schedule()

    def _run(self, *, settled: bool = False) -> None:
        """Read what has come, a turn of it. Whatever a text raises ends its own utterance, and no other."""
        try:
            if settled:
                self._say(self._feeder.settle())
            while not self._rests_now() and self._run_once():
                if self._inbox:
                    self._schedule()
                    return
        except MakimaError as exc:
            self._finish("failed", exc)
        except Exception as exc:
            log.exception("a text could not be read")
            self._finish("failed", SynthesisFailed(f"The text could not be read: {exc}."))

    def _run_once(self) -> bool:
        with self._changed:
            whole = "".join(self._inbox)
            text, rest = whole[:TURN_CHARACTERS], whole[TURN_CHARACTERS:]
            self._inbox = [rest] if rest else []
            self._read_characters += len(text)
            ended = self._text_ended and not rest
            if self._end is not None or (not text and not ended) or self._all_read:
                self._busy = False
                return False
            times = self._fed_times
        found = self._feeder.feed(text) if text else []
        if ended:
            found += self._feeder.end()
        self._say(found)
        if ended:
            self._close_text()
        else:
            self._say_early()
            if self._feeder.waiting:
                self._work.run_after(self._front_end.settle_s, lambda: self._settle(times))
        return True

    def _settle(self, times: int) -> None:
        with self._changed:
            if self._busy or self._text_ended or self._end is not None or times != self._fed_times:
                return
            self._busy = True
        self._run(settled=True)

    def _say(self, found: list[Spoken]) -> None:
        for each in found:
            if isinstance(each, Pause):
                self._pause(each)
            else:
                self._sentence(each)

    def _sentence(self, sentence: Sentence) -> None:
        language = self._inner_language(sentence.language)
        if self._writing is not None and language != self._language and not self._early:
            self._end_part(unused=not self._fed)
        text, early = sentence.text, self._early
        self._early = ""
        if early:
            # What was said of it already is its beginning, unless a number behind it has changed that.
            begun = early.rstrip()
            text = text[len(begun) :] if text.startswith(begun) else " " + " ".join(text.split(" ")[early.count(" ") :])
            # The blank behind the last word was said already.
            text = text.removeprefix(" ")
        stream = self._stream(language)
        if sentence.words:
            with self._changed:
                self._parts.add_words(stream, text + SENTENCE_END, sentence.words)
        stream.feed(text + SENTENCE_END)
        self._lead.said(len(text))
        self._fed = True

    def _say_early(self) -> None:
        """The beginning of a sentence, to an engine that does not wait for its end."""
        if not self._front_end.wishes.early:
            return
        opened = self._feeder.open_text
        if len(opened) > len(self._early) and opened.startswith(self._early):
            self._stream(self._language).feed(opened[len(self._early) :])
            self._early, self._fed = opened, True

    def _stream(self, language: str) -> SpeechStream:
        """The stream that is written to now, in `language`."""
        if self._writing is not None:
            return self._writing
        stream = self._open_inner(replace(self._request, language=language))
        with self._changed:
            if self._end is not None:  # cancelled meanwhile
                stream.cancel()
            self._parts.add(stream)
            self._writing, self._language, self._fed = stream, language, False
        stream.subscribe(self._announce)
        return stream

    def _pause(self, pause: Pause) -> None:
        if self._writing is not None and self._fed:
            self._end_part()
        with self._changed:
            self._parts.add_pause(pause.seconds, self._writing)
        self._announce()

    def _end_part(self, *, unused: bool = False) -> None:
        with self._changed:
            part, self._writing = self._writing, None
            if unused and part is not None:
                self._parts.remove(part)
        if part is not None:
            part.cancel() if unused else part.end_text()

    def _close_text(self) -> None:
        self._end_part()
        self._languages.note(self._request.session_id, self._feeder.language)
        with self._changed:
            self._all_read = True
        self._announce()

    def _inner_language(self, language: str) -> str:
        """The language that the engine is told."""
        if self._request.language == AUTO and self._front_end.wishes.language:
            return AUTO
        return language if self._request.language == AUTO else self._request.language

    def _finish(self, reason: EndReason, error: MakimaError | None) -> None:
        with self._changed:
            if self._end is None:
                self._end = self._parts.ended(reason, error)
                self._parts.drop()
        self._announce()

    def _announce(self) -> None:
        with self._changed:
            self._changed.notify_all()
            notify = self._notify
        if notify is not None:
            notify()
