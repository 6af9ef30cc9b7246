"""Two replicas on a Ray cluster of this machine: sessions are spread, pinned, lost alone, scaled and drained.

Only where Ray is installed: `make ray-test`.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

pytest.importorskip("ray")

pytestmark = pytest.mark.slow

APP = Path(__file__).parents[2] / "deploy/ray/makima_ray.py"
REPLICA = "x-makima-replica"
PATIENCE_S = 120.0


def until(true: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    deadline_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.25)
    return True


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def ended(process: subprocess.Popen[bytes], patience_s: float = 60.0) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Cluster:
    """A Ray cluster of its own, and the application in it.

    The cluster is started first, with ports that are named: where Ray chooses them, its node gives up if its agents
    have not told theirs within 15 s, which a busy machine takes to start Python.
    """

    def __init__(self, folder: Path) -> None:
        port, head, *agents = free_ports(6)
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "TTS_ENGINE": "espeak",
            "MAKIMA_STT": "none",
            "MAKIMA_WATERMARK": "off",
            "MAKIMA_PORT": str(port),
            "MAKIMA_RAY_CPUS": "0.1",
            "MAKIMA_RAY_MIN_REPLICAS": "2",
            "MAKIMA_RAY_MAX_REPLICAS": "3",
            "MAKIMA_RAY_SESSIONS": "3",
            "MAKIMA_RAY_UPSCALE_DELAY_S": "0",
            "MAKIMA_RAY_DOWNSCALE_DELAY_S": "3",
            "MAKIMA_RAY_DRAIN_S": "20",
            "RAY_ADDRESS": f"127.0.0.1:{head}",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "disabled",
            # A busy machine takes longer than Ray's 60, 5 and 10 s to start and to answer these.
            "RAY_raylet_start_wait_time_s": "240",
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "50",
            "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "50",
        }
        environment = {**os.environ, **settings}
        options = (
            "dashboard-agent-listen-port",
            "dashboard-agent-grpc-port",
            "runtime-env-agent-port",
            "metrics-export-port",
        )
        named = [f"--{option}={port}" for option, port in zip(options, agents, strict=True)]
        ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--include-dashboard=false"]
        self._log = folder / "log"
        with self._log.open("w") as log:
            self._head = subprocess.Popen(
                [*ray, "--node-ip-address=127.0.0.1", f"--port={head}", *named],
                cwd=folder,
                env={name: value for name, value in environment.items() if name != "RAY_ADDRESS"},
                stdout=log,
                stderr=log,
            )
        self._processes = [self._head]
        try:
            self._wait_for(lambda: "Ray runtime started" in self._log.read_text())
            with self._log.open("a") as log:
                app = [sys.executable, str(APP)]
                self._processes.append(subprocess.Popen(app, cwd=folder, env=environment, stdout=log, stderr=log))
            self._wait_for(self.ready)
        except BaseException:
            self.stop()
            raise

    def _wait_for(self, true: Callable[[], bool]) -> None:
        until(lambda: true() or any(process.poll() is not None for process in self._processes), 300)
        assert true(), self._log.read_text()

    def ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/ready", trust_env=False, timeout=5).status_code == 200
        return False

    def replicas(self) -> set[str]:
        """Those that answer."""
        found = set()
        for _ in range(16):
            with contextlib.suppress(httpx.HTTPError):
                found.add(httpx.get(f"{self.url}/health", trust_env=False, timeout=10).headers.get(REPLICA, ""))
        return found - {""}

    def stop(self) -> None:
        for process in reversed(self._processes):
            ended(process)


class Closed(Exception):
    """The session is closed, with this code."""


class Session:
    """One client's session, whose frames are read as they come."""

    def __init__(self, cluster: Cluster, stack: contextlib.ExitStack) -> None:
        address = cluster.url.replace("http", "ws") + "/api/v1/speak"
        self.socket: ClientConnection = stack.enter_context(connect(address, proxy=None, open_timeout=60))
        assert self.socket.response is not None
        self.replica = self.socket.response.headers[REPLICA]
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.id = self.message("ready")["sessionId"]

    @property
    def pid(self) -> int:
        return int(self.replica.rpartition(":")[2])

    def begin(self, text: str) -> None:
        self.socket.send(json.dumps({"type": "speak", "text": text}))

    def message(self, *kinds: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next message of one of these kinds.

        Raises: Closed; queue.Empty where none comes
        """
        while (message := self._messages.get(timeout=within_s)) is not None:
            if message["type"] in kinds:
                return message
        self._messages.put(None)
        raise Closed(self.socket.close_code)

    def speaks(self) -> bool:
        self.begin("One two three.")
        return bool(self.message("complete", "error")["type"] == "complete")

    def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for frame in self.socket:
                if isinstance(frame, str):
                    self._messages.put(json.loads(frame))
        self._messages.put(None)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("ray"))
    yield running
    running.stop()


@contextlib.contextmanager
def sessions(cluster: Cluster, count: int) -> Iterator[list[Session]]:
    with contextlib.ExitStack() as stack:
        yield [Session(cluster, stack) for _ in range(count)]


def test_sessions_are_spread_and_stay_where_they_are(cluster: Cluster) -> None:
    assert until(lambda: len(cluster.replicas()) == 2)
    with sessions(cluster, 6) as opened:
        share = Counter(session.replica for session in opened)
        assert len(share) == 2
        assert min(share.values()) >= 1
        assert len({session.id for session in opened}) == 6
        for _ in range(2):
            assert all(session.speaks() for session in opened)


def test_the_end_of_a_replica_is_that_of_its_own_sessions(cluster: Cluster) -> None:
    with sessions(cluster, 6) as opened:
        lost = opened[0].replica
        mine = [session for session in opened if session.replica == lost]
        others = [session for session in opened if session.replica != lost]
        assert others
        for session in opened:
            session.begin("This goes on for a while, one word after the other. " * 15)
            session.message("speaking")
        os.kill(mine[0].pid, signal.SIGKILL)
        for session in mine:
            with pytest.raises(Closed) as closed:
                session.message("none")
            assert closed.value.args != (1000,), "an error"
        assert [session.message("complete", "error")["type"] for session in others] == ["complete"] * len(others)
        assert all(session.speaks() for session in others)

        def retried() -> bool:
            with contextlib.suppress(Closed, WebSocketException, OSError, KeyError), sessions(cluster, 1) as again:
                return bool(again[0].replica != lost and again[0].speaks())
            return False

        assert all(until(retried, 30) for _ in mine)
    assert until(lambda: len(cluster.replicas() - {lost}) == 2), "another one has come in its place"


def test_more_come_with_more_sessions_and_go_without_cutting_any_off(cluster: Cluster) -> None:
    with sessions(cluster, 12) as opened:
        assert until(lambda: len(cluster.replicas()) == 3)
        with sessions(cluster, 6) as later:
            one_each = {session.replica: session for session in [*opened, *later]}
            assert len(one_each) == 3
            for session in [*opened, *later]:
                if session not in one_each.values():
                    session.socket.close()
            for session in one_each.values():
                session.begin("This goes on for a while, one word after the other. " * 15)
            for session in one_each.values():
                assert session.message("complete", "error")["type"] == "complete", "what is spoken is finished"
            ended: list[Session] = []

            def one_is_asked_to_leave() -> bool:
                for session in one_each.values():
                    with contextlib.suppress(queue.Empty):
                        assert session.message("stopped", within_s=0.2)["reason"] == "the server is shutting down"
                        ended.append(session)
                return bool(ended)

            assert until(one_is_asked_to_leave)
            with pytest.raises(Closed) as closed:
                ended[0].message("none")
            assert closed.value.args == (1001,)
            assert all(session.speaks() for session in one_each.values() if session not in ended)
