"""Stands for a program that a warm process runs: the same arguments, streams, folder, environment, signals and end.

It must start fast: it is run without `site`, and imports little.
"""

import json
import os
import signal
import socket
import sys


def main() -> None:
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[1])
    asked = {"arguments": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}
    early: list[int] = []
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in signals:
        signal.signal(number, lambda number, _: early.append(number))
    message = json.dumps(asked).encode() + b"\n"
    sent = socket.send_fds(client, [message], [0, 1, 2])
    client.sendall(message[sent:])
    answers = client.makefile()
    pid = int(answers.readline())
    for number in signals:
        signal.signal(number, lambda number, _: os.kill(pid, number))
    for early_one in early:
        os.kill(pid, early_one)
    for stream in (0, 1, 2):  # the program has them, and decides when they end
        os.close(stream)
    status = int(answers.readline() or -signal.SIGKILL)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
        os.kill(os.getpid(), -status)
    os._exit(status)


main()
