"""One utterance on its way through the front end: text in, streams of the engine and pauses out, in turn."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from makima.engines.front_end.session_languages import SessionLanguages
from makima.engines.front_end.settings import FrontEnd
from makima.engines.front_end.threads import TextThreads
from makima.engines.front_end.words import WrittenWords
from makima.engines.protocol import SENTENCE_END, SpeechRequest, SpeechStream
from makima.errors import MakimaError, SynthesisFailed
from makima.events import AudioChunk, EndReason, Samples, SpeechEnd, SpeechEvent, SpokenWord
from makima.text.front_end import Sentence, Spoken
from makima.text.language import AUTO
from makima.text.markup.items import Pause

log = logging.getLogger(__name__)

_PAUSE_CHUNK_S = 1.0


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
        self._parts: deque[SpeechStream | int] = deque([first])  # streams, and samples of silence
        self._words: dict[SpeechStream, WrittenWords] = {}
        self._untold: tuple[SpokenWord, ...] = ()
        self._late_end: SpeechEnd | None = None  # of a stream whose last sound was held back
        self._writing: SpeechStream | None = first
        self._fed = False
        self._early = ""
        self._inbox: list[str] = []
        self._busy = False
        self._text_ended = False
        self._all_read = False
        self._fed_times = 0
        self._reason: EndReason = "end"
        self._total_samples = 0
        self._part_start_sample = 0
        self._onset_sample: int | None = None
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
        self._run_or_schedule(quick=quick)

    def end_text(self) -> None:
        with self._changed:
            if self._text_ended or self._end is not None:
                return
            self._text_ended = True
            quick = not self._inbox and self._feeder.is_quick("")
            if self._busy:
                return
            self._busy = True
        self._run_or_schedule(quick=quick)

    def cancel(self) -> None:
        self._finish("cancelled", None, drop=True)

    # What the reader calls:

    def poll(self) -> SpeechEvent | None:
        with self._changed:
            if self._told:
                return None
            while self._end is None and self._parts:
                part = self._parts[0]
                if isinstance(part, int):
                    return self._silence(part)
                event = self._late_end or part.poll()
                if event is None:
                    return None
                if isinstance(event, AudioChunk) or self._late_end is None:
                    chunk = self._chunk_of(part, event)
                    if isinstance(event, SpeechEnd):
                        self._late_end = event
                    if chunk is not None:
                        return chunk
                    continue
                self._late_end = None
                self._parts.popleft()
                self._part_ended(part, event)
            if self._end is None and self._all_read and not self._parts:
                self._end = SpeechEnd(self._reason, self._total_samples, None, self._onset_sample, self._untold)
            self._told = self._end is not None
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

    def _run_or_schedule(self, *, quick: bool) -> None:
        if quick:
            self._run()
        else:
            self._work.run(self._run)

    def _run(self) -> None:
        self._guarded(self._run_all)

    def _run_all(self) -> None:
        while self._run_once():
            pass

    def _guarded(self, step: Callable[[], None]) -> None:
        """Whatever a text raises ends its own utterance, and no other."""
        try:
            step()
        except MakimaError as exc:
            self._finish("failed", exc)
        except Exception as exc:
            log.exception("a text could not be read")
            self._finish("failed", SynthesisFailed(f"The text could not be read: {exc}."))

    def _run_once(self) -> bool:
        with self._changed:
            text, self._inbox = "".join(self._inbox), []
            ended = self._text_ended
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
        self._guarded(lambda: self._say(self._feeder.settle()))
        self._run()

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
                self._words.setdefault(stream, WrittenWords()).sentence(text + SENTENCE_END, sentence.words)
        stream.feed(text + SENTENCE_END)
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
            self._parts.append(stream)
            self._writing, self._language, self._fed = stream, language, False
        stream.subscribe(self._announce)
        return stream

    def _pause(self, pause: Pause) -> None:
        if self._writing is not None and self._fed:
            self._end_part()
        samples = round(pause.seconds * self.sample_rate_hz)
        with self._changed:
            at = len(self._parts) - (self._writing is not None)
            if samples:
                self._parts.insert(at, samples)
        self._announce()

    def _end_part(self, *, unused: bool = False) -> None:
        with self._changed:
            part, self._writing = self._writing, None
            if unused and part is not None and part in self._parts:
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

    # Under the lock:

    def _chunk_of(self, part: SpeechStream, event: SpeechEvent) -> AudioChunk | None:
        """The sound of an event of `part`, with the words that begin in it; None where there is none, or it is held."""
        words = self._words.get(part)
        if isinstance(event, AudioChunk):
            if words is None:
                return self._chunk(event.samples)
            at = self._part_start_sample
            said = [
                replace(
                    word,
                    start_sample=word.start_sample + at,
                    end_sample=None if word.end_sample is None else word.end_sample + at,
                )
                for word in event.words
            ]
            samples, told = words.push(event.samples, event.start_sample + at, said)
        elif words is not None and event.reason not in ("failed", "cancelled"):
            samples, told = words.flush()
        else:
            return None
        if not len(samples):
            self._untold += told
            return None
        told, self._untold = (*self._untold, *told), ()
        return self._chunk(samples, told)

    def _chunk(self, samples: Samples, words: tuple[SpokenWord, ...] = ()) -> AudioChunk:
        chunk = AudioChunk(samples, self._total_samples, words)
        self._total_samples += len(samples)
        return chunk

    def _silence(self, left: int) -> AudioChunk:
        size = min(left, round(_PAUSE_CHUNK_S * self.sample_rate_hz))
        if left > size:
            self._parts[0] = left - size
        else:
            self._parts.popleft()
            self._part_start_sample = self._total_samples + size
        return self._chunk(np.zeros(size, np.float32))

    def _part_ended(self, part: SpeechStream, event: SpeechEnd) -> None:
        self._words.pop(part, None)
        self._part_start_sample = self._total_samples
        if event.onset_sample is not None and self._onset_sample is None:
            self._onset_sample = self._total_samples - event.total_samples + event.onset_sample
        if event.reason in ("failed", "cancelled"):
            self._end = SpeechEnd(event.reason, self._total_samples, event.error, self._onset_sample)
            self._drop(part)
        elif event.reason != "end":
            self._reason = event.reason

    def _finish(self, reason: EndReason, error: MakimaError | None, *, drop: bool = False) -> None:
        with self._changed:
            if self._end is None:
                self._end = SpeechEnd(reason, self._total_samples, error, self._onset_sample)
                self._drop(None)
        self._announce()

    def _drop(self, ended: SpeechStream | int | None) -> None:
        for part in self._parts:
            if not isinstance(part, int) and part is not ended:
                part.cancel()
        self._parts.clear()

    def _announce(self) -> None:
        with self._changed:
            self._changed.notify_all()
            notify = self._notify
        if notify is not None:
            notify()
