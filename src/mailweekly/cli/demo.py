"""`demo`: the whole line in a publication of its own, on the embedded defaults: built, checked, planned, sent to a local outbox, and shown."""

import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final

from mailweekly.adapters.files import scaffold
from mailweekly.cli import checking, edit, ledger, terminal
from mailweekly.cli import send as sending
from mailweekly.cli.plan import plan
from mailweekly.cli.setup import KEY_BYTES

__all__ = ["demo"]

SAMPLE: Final = "1"
PREVIEW: Final = "http://127.0.0.1:8025/1"


def demo(keep: Path | None) -> None:
    """Run every step on the sample issue and the sample list, and name what there is to look at."""
    root = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="mailweekly-demo-"))
    _step("a publication of its own", f"mailweekly init {root}")
    scaffold.create(root, secrets.token_hex(KEY_BYTES))
    terminal.STATE.directory = root
    _step("built: HTML, text, one sample message", f"mailweekly build {SAMPLE} -o {root / 'out'}")
    edit.build(SAMPLE, root / "out", as_json=False)
    _step("checked", f"mailweekly check {SAMPLE}")
    checking.check([SAMPLE])
    _step("planned", f"mailweekly plan {SAMPLE}")
    plan(SAMPLE, audience="", as_json=False)
    _step("sent, in paced batches", f"mailweekly send {SAMPLE} --confirm")
    sending.send(SAMPLE, confirm=True, to=[], edition="", wait="0", audience="", here=False, as_json=False)
    _step("what the ledger says", f"mailweekly status {SAMPLE}")
    ledger.status(SAMPLE, state="", as_json=False)
    _look(root)


def _step(what: str, command: str) -> None:
    terminal.out("", f"── {what}", f"   $ {command}", "")
    sys.stdout.flush()


def _look(root: Path) -> None:
    messages = sorted((root / "outbox").glob("*.eml"))
    run = f"{Path(sys.executable)} -m mailweekly -C {root}"
    terminal.out(
        "",
        "── to look at",
        f"   the mail, in a browser      {root / 'out' / 'issue.html'}",
        f"   its text part               {root / 'out' / 'issue.txt'}",
        f"   {len(messages)} messages, as sent       {root / 'outbox'}",
        f"   one of them                 {messages[0] if messages else '-'}",
        f"   the live preview            {run} preview {SAMPLE}",
        f"                               at {PREVIEW}, with the token it prints",
        f"   send it again (refused)     {run} send {SAMPLE} --confirm",
    )
