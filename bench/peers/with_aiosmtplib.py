"""
Sends a prepared issue with aiosmtplib over reused connections, the two ways people write it; started by the benchmark with one JSON document.

`message`: an EmailMessage built for each reader, handed to `send_message`. `bytes`: one message serialised once, the reader's name put into the
bytes, handed to `sendmail`: the fastest the library goes.
"""

import asyncio
import json
import ssl
import sys
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import aiosmtplib

__all__: list[str] = []


def _message(task: dict[str, Any], address: str, name: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = task["sender"]
    message["To"] = address
    message["Subject"] = task["subject"]
    message.set_content(task["text"].replace("{{name}}", name))
    message.add_alternative(task["html"].replace("{{name}}", name), subtype="html")
    return message


async def _worker(task: dict[str, Any], readers: "asyncio.Queue[tuple[str, str]]", ready: bytes) -> None:
    context = ssl.create_default_context(cafile=task["authority"]) if task["authority"] else None
    smtp = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=task["port"], use_tls=context is not None, start_tls=False, tls_context=context
    )
    await smtp.connect()
    while not readers.empty():
        address, name = readers.get_nowait()
        if ready:
            await smtp.sendmail("editor@mail.test", [address], ready.replace(b"{{name}}", name.encode()))
        else:
            await smtp.send_message(_message(task, address, name))
    await smtp.quit()


async def _main() -> None:
    task = json.load(sys.stdin)
    readers: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    for number in range(task["count"]):
        readers.put_nowait((f"reader{number}@d{number % 50}.readers.test", f"Reader {number}"))
    ready = b""
    if task["way"] == "bytes":
        ready = _message(task, "readers@mail.test", "{{name}}").as_bytes(policy=SMTP)
    await asyncio.gather(*(_worker(task, readers, ready) for _ in range(task["connections"])))


if __name__ == "__main__":
    asyncio.run(_main())
