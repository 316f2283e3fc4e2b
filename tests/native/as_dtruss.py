"""Stands in for ``sudo dtruss -f`` where there is none: ``python as_dtruss.py COMMAND…``.

COMMAND is a script that runs the emulator with the options in ``$TRACE``.  What it traced comes
out as dtruss writes it, late and with what dtruss adds: its heading, the loader's calls, the
child's own return from fork, the program's output in between, and a probe that failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_LOADER = (
    'open("/dev/dtracehelper\\0", 0x2, 0xFFFFFFFFE9A4B8D0)\t\t = 3 0',
    "mmap(0x0, 0x4000, 0x3, 0x1002, 0xFFFFFFFFFFFFFFFF, 0x0)\t\t = 0x104E58000 0",
    "shared_region_check_np(0x16B0FF7C8, 0x0, 0x0)\t\t = 0 0",
    'access("/AppleInternal/XBS/.isChrooted\\0", 0x0, 0x0)\t\t = -1 Err#2',
)


def _line(event: dict[str, Any]) -> str:
    values = ", ".join(
        f"{value:#X}".replace("X", "x") if isinstance(value, int) else json.dumps(value)
        for value in event["args"].values()
    )
    result = f"-1 Err#{event['errno']}" if "error" in event else f"{event['result']} 0"
    return f"{event['name']}({values})\t\t = {result}"


def main(command: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "trace"
        environment = os.environ | {"TRACE": f"--strace={path} --strace-json"}
        with subprocess.Popen(command, env=environment, stdout=sys.stderr) as process:
            _say("\tPID/THRD  SYSCALL(args) \t\t = return")
            for line in _LOADER:
                _say(f"{process.pid:5}/0x1f:  {line}")
            _say("dtrace: error on enabled probe ID 2174 (ID 153: syscall::read:return): invalid")
        for line in path.read_text("utf-8").splitlines():
            event = json.loads(line)
            pid = process.pid + event["pid"] - 100
            if event["event"] == "fork":
                _say(f"{pid - event['pid'] + event['child']:5}/0x20:  fork()\t\t = 0 0")
            elif event["event"] == "call" and event["name"] != "exit":
                _say(f"{pid:5}/0x1f:  {_line(event)}")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
