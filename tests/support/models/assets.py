"""Assets for tests, and a server that has them."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from makima.models.assets.asset import Asset, Origin


def asset_of(content: bytes, *origins: Origin, name: str = "model/weights.bin") -> Asset:
    """The asset that has this content."""
    return Asset(name, hashlib.sha256(content).hexdigest(), len(content), "MIT", origins)


def write_wheel(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    """A wheel as far as it is read: a ZIP archive with these files."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, content in files.items():
            wheel.writestr(inner, content)
    return path


def install(folder: Path, distribution: str, files: dict[str, bytes]) -> None:
    """A package in a folder, as an installer leaves it."""
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    for inner, content in files.items():
        (folder / inner).parent.mkdir(parents=True, exist_ok=True)
        (folder / inner).write_bytes(content)
    (info / "RECORD").write_text("".join(f"{inner},,\n" for inner in files))


def npm_package(files: dict[str, bytes]) -> bytes:
    """An npm package with these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        for inner, content in files.items():
            about = tarfile.TarInfo(f"package/{inner}")
            about.size = len(content)
            package.addfile(about, io.BytesIO(content))
    return packed.getvalue()


@dataclass
class FileServer:
    """Serves `files` by path. Of each path in `break_off` only this number of bytes is sent the first time."""

    files: dict[str, bytes] = field(default_factory=dict)
    break_off: dict[str, int] = field(default_factory=dict)
    with_ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def file_server() -> Iterator[FileServer]:
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range")
            state.requests.append((self.path, span))
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(span.removeprefix("bytes=").rstrip("-")) if span and state.with_ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start : state.break_off.pop(self.path, len(content))])

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
