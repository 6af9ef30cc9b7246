"""Zip files that may be hostile: nothing is unpacked to the disk, and what is read is bounded."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from makima.errors import InvalidDocument

MAX_MEMBERS: Final = 10_000
MAX_MEMBER_BYTES: Final = 32 * 1024 * 1024
MAX_TOTAL_BYTES: Final = 256 * 1024 * 1024
"""Of all that is read out of one file: texts are some MiB, pictures are left where they are but for the cover."""
MAX_RATIO: Final = 200
"""Text is packed 3 to 10 times; members up to `RATIO_FROM_BYTES` are not looked at: all of a short one may be alike."""
RATIO_FROM_BYTES: Final = 1024 * 1024

_ENCRYPTED_FLAG = 0x1


class Archive:
    """A zip file that is read by name. Use it as a context.

    Raises: InvalidDocument, from each of its methods
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
            raise InvalidDocument(f"It is no zip file that can be read: {exc}.") from exc
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            self._zip.close()
            raise InvalidDocument(f"It has {len(members):,} members, more than {MAX_MEMBERS:,}.")
        self._members = {member.filename: member for member in members}
        self._read_bytes = 0

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        member = self._members.get(name)
        if member is None:
            raise InvalidDocument(f"It names {name!r}, which is not in it.")
        self._check(member)
        try:
            with self._zip.open(member) as file:
                # The size that is declared may be wrong, so one byte more than is allowed is asked for.
                data = file.read(MAX_MEMBER_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as exc:
            raise InvalidDocument(f"{name!r} in it cannot be read: {exc}.") from exc
        self._read_bytes += len(data)
        if len(data) > MAX_MEMBER_BYTES or self._read_bytes > MAX_TOTAL_BYTES:
            raise InvalidDocument(f"It is too large once unpacked, at {name!r}.")
        return data

    @staticmethod
    def _check(member: zipfile.ZipInfo) -> None:
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise InvalidDocument("It is locked with a password.", mend="Save it without one.")
        if member.file_size > MAX_MEMBER_BYTES:
            raise InvalidDocument(f"{member.filename!r} in it is larger than {MAX_MEMBER_BYTES >> 20} MiB.")
        if member.file_size > RATIO_FROM_BYTES and member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise InvalidDocument(f"{member.filename!r} in it is packed more than {MAX_RATIO} times.")


def member_name(base: str, reference: str) -> str | None:
    """The member that `reference` names in the member `base`; None where it leads out of the file."""
    reference = unquote(reference.split("#", 1)[0].split("?", 1)[0]).replace("\\", "/")
    if "://" in reference or reference.startswith("/"):
        return None
    if not reference:
        return base
    name = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
    return None if name.startswith("../") or name in ("..", ".") else name
