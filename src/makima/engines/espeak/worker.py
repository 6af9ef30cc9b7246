"""The program of a worker process: speaks one sentence at a time with espeak-ng, from stdin to stdout.

Run by path, with the standard library alone: `python worker.py LIBRARY DATA`. It imports nothing of makima, so that
espeak-ng and its licence stay in this process.

    in    one JSON object a line: {"text": ..., "voice": ...}; any other line while a sentence is spoken cancels it
    out   frames: kind (1 byte), length (4 bytes, little endian), payload
          R ready, JSON {"sample_rate_hz"}
          A audio, 16-bit little-endian samples
          E end, JSON {"reason", "detail"}

Every sentence is spoken in a fork of this process. espeak-ng keeps state from one sentence to the next that no call
resets, so only a fork makes the same text the same audio; and what crashes is one sentence.
"""

import ctypes
import json
import os
import select
import struct
import sys

OUTPUT_SYNCHRONOUS = 2
BUFFER_MS = 20  # audio espeak-ng collects before it calls back
UTF8 = 1
POSITION_CHARACTER = 1
# The first piece goes out as soon as it is there; later ones grow, since each costs its reader a wake-up.
FIRST_BYTES, MAX_BYTES = 1 << 10, 1 << 16

EXIT_END, EXIT_CANCELLED, EXIT_FAILED = 0, 10, 11

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def write_frame(kind: bytes, payload: bytes) -> None:
    view = memoryview(kind + struct.pack("<I", len(payload)) + payload)
    while view:
        view = view[os.write(1, view) :]


def write_json(kind: bytes, **fields: object) -> None:
    write_frame(kind, json.dumps(fields).encode())


class Espeak:
    """The library, initialised once; `speak` is called in a fork."""

    def __init__(self, library: str, data: str) -> None:
        self._lib = ctypes.CDLL(library)
        self._lib.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        self._lib.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        self._lib.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        self._lib.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self.sample_rate_hz = self._lib.espeak_Initialize(OUTPUT_SYNCHRONOUS, BUFFER_MS, data.encode(), 0)
        if self.sample_rate_hz <= 0:
            raise RuntimeError(f"espeak-ng found no voice data in {data}")
        self._callback = CALLBACK(self._on_audio)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._pending = bytearray()
        self._flush_at = FIRST_BYTES
        self._cancelled = False

    def choose(self, voice: str) -> bool:
        return bool(self._lib.espeak_SetVoiceByName(voice.encode()) == 0)

    def speak(self, text: str) -> int:
        """Write the audio of `text` to stdout; the exit code for it."""
        data = text.encode()
        self._lib.espeak_ng_SetRandSeed(1)  # else breath and whispers depend on the second the process was started in
        status = self._lib.espeak_Synth(data, len(data) + 1, 0, POSITION_CHARACTER, 0, UTF8, None, None)
        if self._cancelled:
            return EXIT_CANCELLED
        if status != 0:
            return EXIT_FAILED
        if self._pending:
            write_frame(b"A", bytes(self._pending))
        return EXIT_END

    def _on_audio(self, samples: int | None, count: int, _events: int | None) -> int:
        if select.select([0], [], [], 0)[0]:
            self._cancelled = True
            return 1  # espeak-ng stops here, in the middle of the sentence
        if samples and count > 0:
            self._pending += ctypes.string_at(samples, 2 * count)
            if len(self._pending) >= self._flush_at:
                write_frame(b"A", bytes(self._pending))
                self._pending.clear()
                self._flush_at = min(self._flush_at * 8, MAX_BYTES)
        return 0


def speak_in_fork(espeak: Espeak, text: str) -> tuple[str, str]:
    """Speak `text` in a fork; how it ended, and what there is to say about it."""
    child = os.fork()
    if child == 0:
        code = EXIT_FAILED
        try:
            code = espeak.speak(text)
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code in (EXIT_END, EXIT_CANCELLED):
        return ("end" if code == EXIT_END else "cancelled"), ""
    return "failed", f"signal {-code}" if code < 0 else f"status {code}"


def main() -> None:
    espeak = Espeak(sys.argv[1], sys.argv[2])
    write_json(b"R", sample_rate_hz=espeak.sample_rate_hz)
    requests = os.fdopen(0, "rb", buffering=0)  # unbuffered: what is unread must stay visible to select()
    while line := requests.readline():
        try:
            request = json.loads(line)
        except ValueError:
            continue  # a cancel that came after its sentence had ended
        if not espeak.choose(request["voice"]):
            write_json(b"E", reason="failed", detail=f"no voice {request['voice']}")
            continue
        reason, detail = speak_in_fork(espeak, request["text"])
        write_json(b"E", reason=reason, detail=detail)


if __name__ == "__main__":
    main()
