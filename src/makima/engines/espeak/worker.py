"""The program of a helper process: espeak-ng, for one sentence at a time. Its standard input is a socket.

Started by `worker_process`, with the paths of the library and of its data as arguments. Needs the standard library
alone, and imports nothing of makima, so that espeak-ng and its licence stay in this process.

Messages have the format of `multiprocessing.connection`: length (4 bytes, big endian), kind (1 byte), payload. It is
written out here because importing that module doubles the time to start.

    in    S speak, JSON {"text", "voice", "rate"}, the rate in words a minute, written out
          P phonemes, JSON {"text", "voice", "tie"}
          C cancel what is being spoken; ignored between sentences
    out   R ready, JSON {"sample_rate_hz"}
          A audio: a count of words (2 bytes), the words, and 16-bit little-endian samples
            word: first character in the text, length in characters, first sample (4 bytes each, little endian)
          P phonemes, UTF-8
          E end, JSON {"reason", "detail"}

Every request is served in a fork of this process. espeak-ng keeps state from one sentence to the next that no call
resets, so only a fork makes the same text the same audio; and a crash costs one sentence.
"""

import ctypes
import json
import os
import select
import signal
import struct
import sys

OUTPUT_SYNCHRONOUS = 2
BUFFER_MS = 20  # audio espeak-ng collects before it calls back
UTF8 = 1
POSITION_CHARACTER = 1
PARAMETER_RATE = 1
EVENT_END, EVENT_WORD = 0, 1
PHONEMES_IPA, PHONEMES_TIE = 1 << 1, 1 << 7
TIE_SHIFT = 8  # where in the mode the character of the tie stands
# The first piece goes out as soon as it is there; later ones grow, since each costs its reader a wake-up.
FIRST_BYTES, MAX_BYTES = 1 << 10, 1 << 16
# The other side kills a helper that does not answer. Where that side is gone, a fork that hangs ends itself.
HUNG_S = 60

EXIT_END, EXIT_CANCELLED, EXIT_FAILED = 0, 10, 11

SOCKET = 0


class Event(ctypes.Structure):
    """`espeak_EVENT`; positions count from 1."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


class Voice(ctypes.Structure):
    """`espeak_VOICE`, as a description of what is wanted."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


def write_message(kind: bytes, payload: bytes) -> None:
    view = memoryview(struct.pack("!i", 1 + len(payload)) + kind + payload)
    while view:
        view = view[os.write(SOCKET, view) :]


def write_json(kind: bytes, **fields: object) -> None:
    write_message(kind, json.dumps(fields).encode())


def read_bytes(size: int) -> bytes:
    """That many bytes, or none at the end of the stream. Unbuffered: `select` has to see what is not read yet."""
    data = b""
    while len(data) < size:
        piece = os.read(SOCKET, size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def read_message() -> tuple[bytes, bytes] | None:
    header = read_bytes(4)
    if not header:
        return None
    message = read_bytes(struct.unpack("!i", header)[0])
    return message[:1], message[1:]


class Espeak:
    """The library, initialised once; `speak` and `phonemes` are called in a fork."""

    def __init__(self, library: str, data: str) -> None:
        self._lib = ctypes.CDLL(library)
        self._lib.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        self._lib.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        self._lib.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        self._lib.espeak_SetVoiceByProperties.argtypes = [ctypes.POINTER(Voice)]
        self._lib.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._lib.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self.sample_rate_hz = self._lib.espeak_Initialize(OUTPUT_SYNCHRONOUS, BUFFER_MS, data.encode(), 0)
        if self.sample_rate_hz <= 0:
            raise RuntimeError(f"espeak-ng found no voice data in {data}")
        self._callback = CALLBACK(self._on_audio)
        self._ignore_audio = CALLBACK(lambda _samples, _count, _events: 0)
        self._voice: str | None = None
        self._lib.espeak_SetSynthCallback(self._callback)
        self._worker = os.getpid()
        self._audio = bytearray()
        self._words: list[tuple[int, int, int]] = []
        self._flush_at = FIRST_BYTES
        self._cancelled = False

    def choose(self, voice: str) -> bool:
        """Take a voice by its name, such as `en-us+f2`, or by its language, such as `en-gb`.

        In this process rather than in the fork, where it would cost each sentence 7 ms.
        """
        if voice == self._voice:
            return True
        self._voice = None
        wanted = Voice(languages=voice.encode())
        if self._lib.espeak_SetVoiceByName(voice.encode()) and self._lib.espeak_SetVoiceByProperties(
            ctypes.byref(wanted)
        ):
            return False
        # Each choice leaves an entry in the queue of espeak-ng's synthesizer, which is only read where it speaks. After
        # 28 of them word events were lost, after 134 the beginning of the audio. An empty text empties the queue.
        self._lib.espeak_SetSynthCallback(self._ignore_audio)
        self._lib.espeak_Synth(b"", 1, 0, POSITION_CHARACTER, 0, UTF8, None, None)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._voice = voice
        return True

    def speak(self, text: str, rate: int) -> int:
        """Write the audio of `text` to the socket; the exit code for it."""
        data = text.encode()
        self._lib.espeak_SetParameter(PARAMETER_RATE, rate, 0)
        self._lib.espeak_ng_SetRandSeed(1)  # else breath and whispers depend on the second the process was started in
        signal.alarm(HUNG_S)
        status = self._lib.espeak_Synth(data, len(data) + 1, 0, POSITION_CHARACTER, 0, UTF8, None, None)
        if self._cancelled:
            return EXIT_CANCELLED
        if status != 0:
            return EXIT_FAILED
        if self._audio or self._words:
            self._write_audio()
        return EXIT_END

    def phonemes(self, text: str, tie: str) -> int:
        """Write the phonemes of `text` to the socket, clauses separated by spaces; the exit code for it."""
        mode = PHONEMES_IPA | (PHONEMES_TIE | ord(tie) << TIE_SHIFT if tie else 0)
        data = ctypes.create_string_buffer(text.encode())
        rest = ctypes.c_void_p(ctypes.addressof(data))
        clauses = []
        signal.alarm(HUNG_S)
        while rest.value:  # each call reads one clause, and moves the pointer behind it
            clauses.append(self._lib.espeak_TextToPhonemes(ctypes.byref(rest), UTF8, mode) or b"")
        write_message(b"P", b" ".join(clause for clause in clauses if clause))
        return EXIT_END

    def _on_audio(self, samples: int | None, count: int, events: "ctypes._Pointer[Event]") -> int:
        if select.select([SOCKET], [], [], 0)[0] or os.getppid() != self._worker:
            self._cancelled = True
            return 1  # espeak-ng stops here, in the middle of the sentence
        signal.alarm(HUNG_S)
        index = 0
        while events and events[index].type != EVENT_END:
            event = events[index]
            if event.type == EVENT_WORD:
                self._words.append((max(0, event.text_position - 1), max(0, event.length), max(0, event.sample)))
            index += 1
        if samples and count > 0:
            self._audio += ctypes.string_at(samples, 2 * count)
            if len(self._audio) >= self._flush_at:
                self._write_audio()
                self._flush_at = min(self._flush_at * 8, MAX_BYTES)
        return 0

    def _write_audio(self) -> None:
        signal.alarm(0)  # a slow reader is not a hung library
        words = b"".join(struct.pack("<III", *word) for word in self._words)
        write_message(b"A", struct.pack("<H", len(self._words)) + words + self._audio)
        self._audio.clear()
        self._words.clear()
        signal.alarm(HUNG_S)


def serve_in_fork(espeak: Espeak, kind: bytes, request: "dict[str, str]") -> tuple[str, str]:
    """Serve a request in a fork; how it ended, and the detail of a failure."""
    child = os.fork()
    if child == 0:
        code = EXIT_FAILED
        try:
            text = request["text"]
            code = espeak.speak(text, int(request["rate"])) if kind == b"S" else espeak.phonemes(text, request["tie"])
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code in (EXIT_END, EXIT_CANCELLED):
        return ("end" if code == EXIT_END else "cancelled"), ""
    return "failed", f"signal {-code}" if code < 0 else f"status {code}"


def main() -> None:
    espeak = Espeak(sys.argv[1], sys.argv[2])
    write_json(b"R", sample_rate_hz=espeak.sample_rate_hz)
    while (message := read_message()) is not None:
        kind, payload = message
        if kind == b"C":
            continue  # it came after its sentence had ended
        request = json.loads(payload)
        if not espeak.choose(request["voice"]):
            write_json(b"E", reason="failed", detail=f"no voice {request['voice']}")
            continue
        reason, detail = serve_in_fork(espeak, kind, request)
        write_json(b"E", reason=reason, detail=detail)
