"""The command that starts the server again; tests/web/test_switching.py runs it."""

from __future__ import annotations

import pytest

from makima.cli.managed.restart import again


@pytest.mark.parametrize(
    "command",
    [["-m", "makima", "serve"], ["/bin/makima", "serve", "--port", "0", "--engine", "espeak"], ["makima", "serve"]],
)
def test_the_same_command_at_the_same_port_however_often(command: list[str]) -> None:
    once = again(command, 8123)
    assert once == [*command, "--as-chosen", "--port", "8123"]
    assert again(once, 8123) == once
