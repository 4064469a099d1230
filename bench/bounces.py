"""
How well notices are read: whom they are about, whether the address is dead, how long it takes; beside flufl.bounce, where that is installed.

Measured on the samples of the tests, and on a folder of other notices where MAILWEEKLY_BOUNCES names one: `.eml` files with an `index.toml` of the
same form. flufl.bounce tells temporary from permanent; its permanent ones are taken as hard.
"""

import email
import os
import tomllib
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from mailweekly import bounce
from mailweekly.bounce.cause import Weight, weight_of

__all__ = ["measure"]

Reader = Callable[[bytes], dict[str, bool]]  # address in lower case -> hard
SAMPLES: Final = Path(__file__).parent.parent / "tests" / "unit" / "bounce" / "samples"
BARS: Final = {"recipients found": 0.95, "hard, of those called hard": 0.95, "hard ones found": 0.90}


def measure() -> bool:
    """Print the table; whether the bars hold."""
    readers: dict[str, Reader] = {"mailweekly": ours}
    try:
        import_module("flufl.bounce")
        readers["flufl.bounce"] = theirs
    except ImportError:
        print("flufl.bounce is not installed: no comparison")
    folders = [SAMPLES, *(Path(one) for one in (os.environ.get("MAILWEEKLY_BOUNCES"),) if one)]
    held = [_table(folder, readers) for folder in folders]
    return all(held)


def ours(raw: bytes) -> dict[str, bool]:
    """Return what mailweekly reads."""
    return {one.recipient.lower(): one.hard for one in bounce.read(raw)}


def theirs(raw: bytes) -> dict[str, bool]:
    """Return what flufl.bounce reads."""
    temporary, permanent = import_module("flufl.bounce").all_failures(email.message_from_bytes(raw))
    found = {_text(one): False for one in temporary}
    return found | {_text(one): True for one in permanent}


def _text(address: bytes | str) -> str:
    return (address.decode("latin-1") if isinstance(address, bytes) else address).lower()


def _table(folder: Path, readers: dict[str, Reader]) -> bool:
    samples = tomllib.loads((folder / "index.toml").read_text("utf-8"))["sample"]
    raws = {one["name"]: (folder / f"{one['name']}.eml").read_bytes() for one in samples}
    print(f"\n{folder.name}: {len(samples)} mails")
    held = True
    for name, reader in readers.items():
        figures = _figures(samples, raws, reader)
        for what, value in figures.items():
            bar = BARS.get(what)
            holds = bar is None or value >= bar
            held = held and (holds or name != "mailweekly")
            told = "" if bar is None else f"  ≥ {bar}  {'holds' if holds else 'DOES NOT HOLD'}"
            print(f"  {name:14}{what:34}{value:9.3f}{told}")
    return held


def _figures(samples: list[dict[str, Any]], raws: dict[str, bytes], reader: Reader) -> dict[str, float]:
    count: Counter[str] = Counter()
    times: list[float] = []
    reader(next(iter(raws.values())))
    for sample in samples:
        start = perf_counter()
        try:
            found = reader(raws[sample["name"]])
        except Exception:
            found = {}
            count["crashed"] += 1
        times.append(perf_counter() - start)
        wanted = {address: weight_of(reason) is Weight.HARD for address, reason in sample.get("found", []) if address}
        count["extra"] += len(found.keys() - wanted.keys() - {""})
        count["false"] += bool(found) and sample["kind"] != "bounce"
        for address, hard in wanted.items():
            called = found.get(address, False)
            count["wanted"] += 1
            count["found"] += address in found
            count["hard"] += hard
            count["called"] += called
            count["right"] += called and hard
    return {
        "recipients found": count["found"] / max(count["wanted"], 1),
        "hard, of those called hard": count["right"] / max(count["called"], 1),
        "hard ones found": count["right"] / max(count["hard"], 1),
        "strangers blamed": float(count["extra"]),
        "other mail taken for a bounce": float(count["false"]),
        "crashed on": float(count["crashed"]),
        "ms a mail, median": median(times) * 1000,
        "ms a mail, slowest": max(times) * 1000,
    }
