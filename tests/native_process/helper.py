"""A helper program for tests, which misbehaves on request. Run by path: `python helper.py [late | mute | dead]`."""

import os
import struct
import subprocess
import sys
import time
from multiprocessing.connection import Connection


def misbehave(pipe: Connection, how: str) -> None:
    match how:
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(600)
        case "half":
            os.write(pipe.fileno(), struct.pack("!i", 100) + b"A" * 10)
            time.sleep(600)
        case "half and exit":
            os.write(pipe.fileno(), struct.pack("!i", 100) + b"A" * 10)
            os._exit(0)
        case "huge":
            os.write(pipe.fileno(), struct.pack("!i", 2**31 - 1))
            time.sleep(600)
        case "negative":
            os.write(pipe.fileno(), struct.pack("!i", -7) + b"A")
        case "empty":
            pipe.send_bytes(b"")
        case "wrong kind":
            pipe.send_bytes(b"Z")
        case "unasked":
            pipe.send_bytes(b"A")
            pipe.send_bytes(b"A")
        case "child":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            pipe.send_bytes(b"A" + str(child.pid).encode())


def main() -> None:
    how = sys.argv[1] if len(sys.argv) > 1 else ""
    if how == "mute":
        time.sleep(600)
    if how == "dead":
        return
    pipe = Connection(0)
    pipe.send_bytes((b"A" if how == "late" else b"R") + b"hello")
    while True:
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        kind, payload = message[:1], message[1:]
        if kind == b"Q":  # a question
            pipe.send_bytes(b"A" + payload)
        elif kind == b"M":  # many answers, up to a cancel
            for number in range(int(payload)):
                if pipe.poll():
                    break
                pipe.send_bytes(b"A" + str(number).encode())
            pipe.send_bytes(b"E")
        elif kind == b"X":
            misbehave(pipe, payload.decode())


if __name__ == "__main__":
    main()
