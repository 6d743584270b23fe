# SPDX-License-Identifier: Apache-2.0
"""The echo example before `audiosocket check`, by the strictest reading. Its cases about pace need a quiet machine."""

import pytest
from processes import COMMAND, example, run_command


@pytest.mark.skipif(not COMMAND, reason="AUDIOSOCKET_COMMAND is not set")
def test_echo_passes_the_strict_check(tmp_path):
    with example("echo.py", folder=tmp_path) as (server, address):
        done = run_command(
            *(COMMAND, "check", "--strict", "--quiet", "--server-pid", str(server.process.pid), address), folder=tmp_path
        )
    assert done.returncode == 0, done.stdout
    print(done.stdout.splitlines()[-1])
