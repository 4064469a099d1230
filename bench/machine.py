"""What a run was measured on: processor, kernel, interpreter, disk, load. Figures without it say little; ratios say most."""

import os
import platform
import sys
import time
from pathlib import Path
from statistics import median

__all__ = ["described", "load", "sync_ms"]

SYNCS = 40
PAGE = 4096


def described(folder: Path) -> list[str]:
    """Return a few lines about this machine; `folder` is where the ledger lies."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{os.cpu_count()} processors ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, {_filesystem(folder)}, a write of 4 KiB made durable in {sync_ms(folder):.2f} ms",
        f"load {load()} before, everything on the loopback of one machine",
    ]


def load() -> str:
    """Return the load averages of 1 and 5 minutes."""
    one, five, _ = os.getloadavg()
    return f"{one:.1f} / {five:.1f}"


def sync_ms(folder: Path) -> float:
    """Return the median time that a page takes to the disk: what a commit cannot be faster than."""
    path = folder / "sync"
    times = []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for number in range(SYNCS):
            start = time.perf_counter()
            os.pwrite(descriptor, b"x" * PAGE, number * PAGE)
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return median(times) * 1e3


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), sys.platform)


def _filesystem(folder: Path) -> str:
    """The kind of the file system `folder` is on: that of the longest mount point above it."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return "file system not known"
    here = str(folder.resolve())
    above = [(len(at), kind) for _, at, kind, *_ in mounts if here == at or here.startswith(at.rstrip("/") + "/")]
    return max(above, default=(0, "file system not known"))[1]
