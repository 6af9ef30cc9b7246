"""Finding the library, and what is said where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from makima.errors import AssetError
from makima.nn.native import available, instruction_set, instruction_sets, library, why_not
from makima.nn.native.library import find, open_library

PACKAGE = Path(library.__file__).parent


def test_the_library_is_there_or_says_why() -> None:
    assert available() == (why_not() is None)


@pytest.mark.skipif(not available(), reason="makima was installed without a compiler")
def test_the_best_instruction_set_comes_last() -> None:
    assert instruction_sets()[0] == "portable"
    assert instruction_set() == instruction_sets()[-1]


def test_without_a_library_the_reason_names_the_cure(tmp_path: Path) -> None:
    reason = open_library(tmp_path)
    assert isinstance(reason, str)
    assert "install a C compiler" in reason


def test_a_file_that_is_no_library_is_reported(tmp_path: Path) -> None:
    (tmp_path / "_kernels.so").write_text("not a library")
    reason = open_library(tmp_path)
    assert isinstance(reason, str)
    assert "do not load" in reason


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no compiler")
def test_a_library_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = find(PACKAGE)
    if path is None:
        pytest.skip("makima was installed without a compiler")
    source = "int makima_layout_version(void) { return 99; }\n"
    (tmp_path / "other.c").write_text(source)
    command = ["cc", "-shared", "-fPIC", str(tmp_path / "other.c"), "-o", str(tmp_path / "_kernels.so")]
    subprocess.run(command, check=True)
    reason = open_library(tmp_path)
    assert isinstance(reason, str)
    assert "layout 99" in reason


def test_the_package_works_without_the_library(tmp_path: Path) -> None:
    """A copy of the package with no library in it: it imports, says why, and raises where kernels are needed."""
    copy = tmp_path / "makima" / "nn" / "native"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("*.so", "*.dylib", "__pycache__"))
    for package in (copy.parent, copy.parent.parent):
        (package / "__init__.py").touch()
    shutil.copy(PACKAGE.parent.parent / "errors.py", tmp_path / "makima" / "errors.py")
    script = (
        "from makima.errors import AssetError\n"
        "from makima.nn import native\n"
        "from makima.nn.native.threads import ThreadPool\n"
        "assert not native.available() and 'compiler' in native.why_not()\n"
        "try:\n"
        "    ThreadPool(1)\n"
        "except AssetError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "install a C compiler" in done.stdout


def test_asking_for_what_the_machine_lacks_names_what_it_has() -> None:
    if not available():
        pytest.skip(why_not() or "")
    with pytest.raises(AssetError, match="portable"):
        library.kernels("sparc")
