"""
What the render child may not do, set by the child upon itself before it reads its first byte of input.

Limits end by the kernel's word, not by good will: memory, no core file, small files only (a log, never a disk full), and an alarm that ends a child
whose parent has gone. The audit hook refuses connections and programs; it is a second fence behind the sandbox, not the first.

Units: bytes and seconds.
Errors: PermissionError inside the child for whatever the hook refuses.
Source: the ceilings for one rendering, 512 MiB and 10 s; measured need of a normal one, about 20 ms and 50 MB.
"""

import resource
import signal
import sys
from typing import Final

__all__ = ["FILE_BYTES", "alarm", "confine"]

FILE_BYTES: Final = 1024 * 1024  # what stderr may grow to; nothing else is written
GRACE_S: Final = 2  # how much longer than the parent's patience the child lives
NETWORK: Final = ("socket.", "subprocess.", "ftplib.", "http.client.", "urllib.", "shutil.", "ctypes.dlopen")
PROGRAMS: Final = ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn")


def confine(memory_bytes: int) -> None:
    """Set the limits of this process; they hold until it ends."""
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, FILE_BYTES)
    sys.addaudithook(_refuse)


def alarm(patience_s: float) -> None:
    """End this process by the kernel a little after the parent would; 0 calls it off."""
    signal.setitimer(signal.ITIMER_REAL, patience_s + GRACE_S if patience_s else 0)


def _lower(what: int, ceiling: int) -> None:
    hard = resource.getrlimit(what)[1]
    wanted = ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard)
    resource.setrlimit(what, (wanted, wanted))


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if event in PROGRAMS or (event.startswith(NETWORK) and event != "socket.__new__"):
        raise PermissionError(event)
