"""Commands that extend this installation, as they can be typed in a clone with `.venv` or where a wheel is installed.

Every message that tells how to install or run something asks here, since what is right depends on how Makima was
installed: `pip` and `makima` are often not on PATH, and the distribution's name is not that of the package.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

DISTRIBUTION = "makima-speech"
"""The name on PyPI, where `makima` is a package by somebody else."""

_PACKAGE = Path(__file__).resolve().parent


def clone() -> Path | None:
    """The folder of the clone that this package is run from, or None where it was installed from a wheel."""
    folder = _PACKAGE.parent.parent
    return folder if (folder / "pyproject.toml").is_file() and (folder / "constraints.txt").is_file() else None


def install(extra: str = "", folder: Path | None = None) -> str:
    """The command that installs Makima, or one of its extras, typed in `folder` (by default the working folder)."""
    wanted = f"[{extra}]" if extra else ""
    at = clone()
    if at is None:
        return pip(f"install '{DISTRIBUTION}{wanted}'", folder)
    place = os.path.relpath(at, at) if _is(folder or Path.cwd(), at) else str(at)
    pins = Path(place) / "constraints.txt"
    return pip(f"install -c {pins} -e '{place}{wanted}'", folder)


def pip(arguments: str, folder: Path | None = None) -> str:
    """`pip` of this installation with these arguments, as it can be typed in `folder`."""
    program = _typed("pip", folder)
    return f"{program or f'{sys.executable} -m pip'} {arguments}"


def command(arguments: str, folder: Path | None = None) -> str:
    """`makima` of this installation with these arguments, as it can be typed in `folder`."""
    program = _typed("makima", folder)
    return f"{program or f'{sys.executable} -m makima'} {arguments}"


def run(arguments: str) -> str:
    """`Run: makima …`, as errors say it."""
    return f"Run: {command(arguments)}"


def run_install(extra: str = "") -> str:
    """`Run: pip install …`, as errors say it."""
    return f"Run: {install(extra)}"


def _typed(name: str, folder: Path | None) -> str | None:
    """What starts this installation's program `name`; None where it has no such program."""
    program = Path(sysconfig.get_path("scripts")) / name
    found = shutil.which(name)
    if found is not None and _is(Path(found), program):
        return name
    if not program.exists():
        return None
    here = folder or Path.cwd()
    return str(program.relative_to(here)) if program.is_relative_to(here) else str(program)


def _is(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
