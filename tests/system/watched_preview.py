"""
`python -m tests.system.watched_preview FOLDER`: the preview as its command runs it, which tells on SIGUSR1 what it holds, as a line of JSON.

Units: kibibytes for memory, counts for the rest.
"""

import asyncio
import gc
import json
import os
import re
import signal
import sys
import threading
from pathlib import Path

from mailweekly.cli import terminal
from mailweekly.cli.preview import preview

__all__ = ["main"]


def main(folder: str) -> None:
    """Serve until a signal ends it."""
    terminal.STATE.directory = Path(folder)
    signal.signal(signal.SIGUSR1, lambda *_: _tell())
    preview("", port=0, host="127.0.0.1", no_open=True)


def _tell() -> None:
    gc.collect()
    try:
        tasks = len(asyncio.all_tasks(asyncio.get_running_loop()))
    except RuntimeError:
        tasks = 0
    resident = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    told = {
        "memory": int(resident[1]) if resident else 0,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "tasks": tasks,
        "objects": len(gc.get_objects()),
    }
    os.write(1, (json.dumps(told) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1])
