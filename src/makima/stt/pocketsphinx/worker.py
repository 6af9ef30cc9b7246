"""The program of a worker process: recognises one utterance at a time, from stdin to stdout.

Run by path: `python -P worker.py`. PocketSphinx holds Python's lock while it works, a tenth of a second at a time; in
the server's own process everybody's audio would wait for it.

    in    frames: kind (1 byte), length (4 bytes, little endian), payload
          B begin an utterance, with these feature means, or the model's own
          A audio, 16-bit little-endian samples at 16 kHz
          H what are the words so far?
          F it is over: what are the words?
    out   frames likewise
          R ready
          T text, the answer to H and F
          M after T to F, the feature means with which the next utterance of the same voice begins best
"""

import contextlib
import os
import struct
import sys

from pocketsphinx import Decoder

HEADER = struct.Struct("<cI")
INITIAL_MEANS = b"40,3,-1"


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing but answers among the answers
    requests = sys.stdin.buffer
    decoder = Decoder(loglevel="FATAL")
    open_ = False

    def end() -> None:
        with contextlib.suppress(RuntimeError):  # there was not even a frame of audio; it has ended all the same
            decoder.end_utt()

    def answer(kind: bytes, payload: bytes = b"") -> None:
        answers.write(HEADER.pack(kind, len(payload)) + payload)

    answer(b"R")
    while header := requests.read(HEADER.size):
        kind, length = HEADER.unpack(header)
        payload = requests.read(length)
        if kind == b"B":
            if open_:
                end()
            decoder.set_cmn((payload or INITIAL_MEANS).decode())
            decoder.start_utt()
            open_ = True
        elif kind == b"A":
            decoder.process_raw(payload)
        else:
            if kind == b"F":
                end()
                open_ = False
            guess = decoder.hyp()
            answer(b"T", guess.hypstr.encode() if guess is not None else b"")
            if kind == b"F":
                answer(b"M", decoder.get_cmn(True).encode())


if __name__ == "__main__":
    main()
