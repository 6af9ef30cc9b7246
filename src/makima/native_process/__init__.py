"""Helper processes around native libraries, and the messages between them and this process.

`process` is one such process, `pool` shares a few of them out and replaces those that failed. The rules and what was
measured are in docs/decisions/0061-helper-processes.md.
"""

from makima.native_process.pool import ProcessPool
from makima.native_process.process import END, NativeProcess, Program

__all__ = ["END", "NativeProcess", "ProcessPool", "Program"]
