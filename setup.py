"""Builds the CPU kernels and the decoder of grammars as plain shared libraries beside their Python files.

Everything else is in pyproject.toml.

The libraries have no Python module in them: ctypes loads them, so one build serves every Python. Where there is no
working compiler the package installs without them, and `makima.nn.native.why_not()` says so.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

KERNELS = "src/makima/nn/native/c"
# Contraction would let compilers fuse differently in one-row and several-row code: a row's bits may not depend on that.
FLAGS = ["-std=c11", "-O3", "-g0", "-fno-math-errno", "-ffp-contract=off", "-pthread"]


class BuildKernels(build_ext):
    """`build_ext` without the parts that are about Python modules."""

    def get_ext_filename(self, fullname: str) -> str:
        """No Python version in the name, since none is in the library."""
        return str(Path(*fullname.split("."))) + ".so"

    def get_export_symbols(self, ext: Extension) -> list[str]:
        """There is no PyInit function to export."""
        return list(ext.export_symbols)


class AnyPythonWheel(bdist_wheel):
    """A wheel for a platform, but for every Python."""

    def get_tag(self) -> tuple[str, str, str]:
        """Only the platform of the usual tag is meant."""
        return "py3", "none", super().get_tag()[2]


# A server with the embedded voice alone does without the kernels, and without the minutes they take to compile.
KERNELS_WANTED = os.environ.get("MAKIMA_KERNELS", "1") != "0"

# A second's work, so that every install tries it; without it the grammars are read in plain Python.
DECODER = Extension(
    "makima.text.grammar._decoder",
    sources=["src/makima/text/grammar/c/decoder.c"],
    extra_compile_args=FLAGS,
    extra_link_args=[] if sys.platform == "darwin" else ["-lm"],
    optional=True,
)
CPU_KERNELS = Extension(
    "makima.nn.native._kernels",
    sources=[f"{KERNELS}/kernels.c"],
    depends=[str(path) for path in sorted(Path(KERNELS).rglob("*.h"))],
    extra_compile_args=FLAGS,
    extra_link_args=["-pthread", *([] if sys.platform == "darwin" else ["-lm"])],
    optional=True,
)

setup(
    cmdclass={"build_ext": BuildKernels, "bdist_wheel": AnyPythonWheel},
    ext_modules=[DECODER, *([CPU_KERNELS] if KERNELS_WANTED else [])],
)
