"""Notices as mail servers write them, for messages a test has sent: whoever bounced them had the bytes."""

import sqlite3
from email import message_from_bytes
from typing import Any, Final

from tests.sink import SinkProcess
from tests.system.publication import Publication

__all__ = ["exchange_notice", "postfix_notice", "rows", "sent"]

NO_SUCH: Final = "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table"
POSTFIX: Final = """Return-Path: <>
Delivered-To: {path}
Received: by relay.test (Postfix)
\tid 4ABC; Mon, 02 Mar 2026 10:00:00 +0000 (UTC)
Date: Mon, 02 Mar 2026 10:00:00 +0000 (UTC)
From: MAILER-DAEMON@relay.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {path}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4ABC.1/relay.test"
Message-Id: <20260302.4ABC@relay.test>

This is a MIME-encapsulated message.

--4ABC.1/relay.test
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.test.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{to}>: host mx.readers.test[192.0.2.7] said: {said}
    (in reply to RCPT TO command)

--4ABC.1/relay.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test
X-Postfix-Queue-ID: 4ABC
X-Postfix-Sender: rfc822; {path}

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: failed
Status: {status}
Remote-MTA: dns; mx.readers.test
Diagnostic-Code: smtp; {said}

--4ABC.1/relay.test
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

"""
EXCHANGE: Final = """Received: from mail.readers.test (192.0.2.9) by mail.readers.test
MIME-Version: 1.0
From: <postmaster@readers.test>
To: <{path}>
Date: Mon, 2 Mar 2026 10:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="cd7c-9a"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <ndr@mail.readers.test>
In-Reply-To: {message_id}
Subject: Undeliverable: Seven
Auto-Submitted: auto-replied

--cd7c-9a
Content-Type: text/html; charset="us-ascii"

<html><body><p><b>Delivery has failed to these recipients or groups:</b></p>
<p><a href="mailto:{to}">{to}</a><br>
The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.</p>
<p>Diagnostic information for administrators:</p>
<p>Remote Server returned '{said}'</p></body></html>

--cd7c-9a
Content-Type: message/delivery-status

Reporting-MTA: dns;mail.readers.test
Received-From-MTA: dns;relay.test

Final-recipient: RFC822;{to}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;{said}

--cd7c-9a
Content-Type: text/rfc822-headers

"""
NOT_FOUND: Final = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"


def rows(one: Publication, query: str, *values: object) -> list[Any]:
    """Ask the database."""
    connection = sqlite3.connect(f"file:{one.ledger}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def sent(sink: SinkProcess, to: str, number: int = -1) -> tuple[str, bytes]:
    """Return the return path and the bytes of a message the sink took for somebody."""
    found = [one for one in sink.log.kept() if one.recipient == to][number]
    return found.sender, found.content


def postfix_notice(path: str, original: bytes, to: str, *, status: str = "5.1.1", said: str = NO_SUCH) -> bytes:
    """Return the notice that postfix sends to the return path, with the message it returns."""
    head = POSTFIX.format(path=path, to=to, status=status, said=said.format(to=to)).replace("\n", "\r\n")
    return head.encode() + original + b"\r\n--4ABC.1/relay.test--\r\n"


def exchange_notice(path: str, original: bytes, to: str) -> bytes:
    """Return the notice of an Exchange server: HTML, and the returned headers only."""
    headers = original.partition(b"\r\n\r\n")[0]
    message_id = message_from_bytes(headers)["Message-ID"]
    head = EXCHANGE.format(path=path, to=to, message_id=message_id, said=NOT_FOUND).replace("\n", "\r\n")
    return head.encode() + headers + b"\r\n\r\n--cd7c-9a--\r\n"
