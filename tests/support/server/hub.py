"""A hub with one small model, as huggingface_hub's client asks it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL_ID = "Qwen/Qwen3-TTS-12Hz-0.6B-Base"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUGE = "speech_tokenizer/figures.bin"
LARGE = ("model.safetensors", "speech_tokenizer/model.safetensors", HUGE)


@dataclass
class Hub:
    """What huggingface_hub's client asks of a hub, over a folder with one model's files."""

    folder: Path
    model_id: str = MODEL_ID
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    break_off: str | None = None  # a file of which a part is sent at first
    refused: str | None = None  # a file that is not sent at all
    corrupt: str | None = None  # a file that arrives as another one
    held: str | None = None  # a file of which the second half comes once this is another one
    url: str = ""

    @property
    def downloads(self) -> list[str]:
        return [path for method, path, _ in self.requests if method == "GET" and "/resolve/" in path]

    def attempts(self, name: str) -> list[str | None]:
        """What part of a file was asked for, each time it was."""
        return [span for method, path, span in self.requests if method == "GET" and path.endswith(f"/{COMMIT}/{name}")]

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def describe(self, name: str) -> dict[str, object]:
        content = (self.folder / name).read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        about: dict[str, object] = {"size": len(content), "oid": blob, "blobId": blob}
        if is_large(name):
            lfs = {"size": len(content), "pointerSize": 130}
            about["lfs"] = lfs | {"sha256": self.etag(name), "oid": self.etag(name)}
        return about

    def etag(self, name: str) -> str:
        content = (self.folder / name).read_bytes()
        if is_large(name):
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def is_large(name: str) -> bool:
    return name in LARGE or name.endswith(".onnx_data")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_HEAD(self) -> None:
        self.respond()

    def do_GET(self) -> None:
        self.respond()

    def respond(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.requests.append((self.command, path, self.headers.get("Range")))
        model_id = self.hub.model_id
        api = f"/api/models/{model_id}"
        if path in (api, f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            siblings = [{"rfilename": name, **self.hub.describe(name)} for name in self.hub.files()]
            self.send_json({"id": model_id, "modelId": model_id, "sha": COMMIT, "siblings": siblings})
        elif path.startswith(f"{api}/tree/"):
            self.send_json([{"type": "file", "path": name, **self.hub.describe(name)} for name in self.hub.files()])
        elif path.startswith(f"/{model_id}/resolve/"):
            self.send_file(path.split("/", 5)[5])
        else:
            self.send_json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    def send_json(self, data: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.answer(status, json.dumps(data).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send_file(self, name: str) -> None:
        hub = self.hub
        content = (hub.folder / name).read_bytes()
        headers = {"ETag": f'"{hub.etag(name)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if is_large(name):
            headers |= {"X-Linked-ETag": f'"{hub.etag(name)}"', "X-Linked-Size": str(len(content))}
        if hub.corrupt == name:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if hub.refused == name and self.command == "GET":
            self.send_json({"error": "Not now"}, 403)
            return
        status = 200
        if span := self.headers.get("Range"):
            start = int(span.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content, status = content[start:], 206
        self.answer(status, content, headers, cut=hub.break_off == name and len(hub.attempts(name)) == 1)

    def answer(self, status: int, content: bytes, headers: dict[str, str], *, cut: bool = False) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            half = len(content) // 2
            self.wfile.write(content[:half])
            while self.hub.held is not None and self.path.endswith(self.hub.held):
                time.sleep(0.02)
            if not cut:
                self.wfile.write(content[half:])
        if cut and self.command == "GET":
            self.wfile.flush()
            self.close_connection = True


def serve(hub: Hub) -> Iterator[Hub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()
