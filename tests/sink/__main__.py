"""
The sink as a process of its own: `python -m tests.sink --script FILE --log FILE`.

It prints `{"port": N}` once it listens, and obeys lines on its standard input: `open GATE`, `victim PID`, `log FILE` (go on in another
log, answered by a line once it is done). It ends when that is closed.
"""

import argparse
import asyncio
import json
import ssl
import sys
from pathlib import Path

from tests.sink.script import parse
from tests.sink.server import Sink

__all__ = ["main"]


def main() -> None:
    """Run until standard input ends."""
    reader = argparse.ArgumentParser(prog="python -m tests.sink")
    reader.add_argument("--script", type=Path, help="rules; without: a good server")
    reader.add_argument("--log", type=Path, required=True)
    reader.add_argument("--port", type=int, default=0)
    reader.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    reader.add_argument("--implicit", action="store_true", help="TLS from the first octet")
    reader.add_argument("--no-bodies", action="store_true")
    asyncio.run(_run(reader.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    script = parse(options.script.read_text(encoding="utf-8") if options.script else "")
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    sink = Sink(script, options.log, tls=context, implicit=options.implicit, bodies=not options.no_bodies)
    print(json.dumps({"port": await sink.start(options.port)}), flush=True)
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        verb, _, rest = line.decode().strip().partition(" ")
        if verb == "open":
            sink.open(rest)
        elif verb == "victim":
            sink.victims.add(int(rest))
        elif verb == "log":
            sink.relog(Path(rest), bodies=not options.no_bodies)
            print(json.dumps({"log": rest}), flush=True)
    await sink.stop()


if __name__ == "__main__":
    main()
