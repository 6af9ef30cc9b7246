"""The program of a helper process: PocketSphinx, for one utterance at a time. Its standard input is a socket.

Run by path: `python -P worker.py`. PocketSphinx holds Python's lock while it decodes, a tenth of a second at a time; in
the server's own process the audio of every session would stop meanwhile.

Messages of `multiprocessing.connection`: a kind (1 byte), then the payload.

    in    B begin an utterance; payload: feature means, or empty for the model's own. Drops an utterance that is open
          A audio, 16-bit little-endian samples at 16 kHz
          H the words so far? Answered by T
          F end of the utterance. Answered by T, then M
    out   R ready
          T words, UTF-8
          M feature means, for the begin of the next utterance of the same voice
"""

import contextlib
import signal
from multiprocessing.connection import Connection

from pocketsphinx import Decoder

INITIAL_MEANS = "40,3,-1"
# The other side kills a helper that does not answer. Where that side is gone, a helper that hangs ends itself.
HUNG_S = 120


def main() -> None:
    pipe = Connection(0)
    decoder = Decoder(loglevel="FATAL")
    open_ = False

    def end() -> None:
        with contextlib.suppress(
            RuntimeError
        ):  # raised where there was not one frame of audio; it has ended all the same
            decoder.end_utt()

    pipe.send_bytes(b"R")
    while True:
        signal.alarm(0)
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        signal.alarm(HUNG_S)
        kind, payload = message[:1], message[1:]
        if kind == b"B":
            if open_:
                end()
            decoder.set_cmn(payload.decode() or INITIAL_MEANS)
            decoder.start_utt()
            open_ = True
        elif kind == b"A":
            decoder.process_raw(payload)
        else:
            if kind == b"F":
                end()
                open_ = False
            guess = decoder.hyp()
            pipe.send_bytes(b"T" + (guess.hypstr.encode() if guess is not None else b""))
            if kind == b"F":
                pipe.send_bytes(b"M" + decoder.get_cmn(True).encode())


if __name__ == "__main__":
    main()
