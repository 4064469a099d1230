"""A real Dovecot with one mailbox, as an ordinary process on free ports of loopback, in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.sink.certificates import papers

__all__ = ["PASSWORD", "USER", "Dovecot", "dovecot", "dovecot_path"]

USER: Final = "bounces@mail.test"
PASSWORD: Final = "hush-hush-42"
CONFIG: Final = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_location = maildir:{folder}/Maildir
{users}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  {chroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  {chroot}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  {chroot}
}}
"""
READY_S: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Dovecot:
    """The server: its ports, and the Maildir behind it."""

    imap: int
    imaps: int
    pop3: int
    pop3s: int
    maildir: Path
    ca: Path
    uid: int

    def deliver(self, name: str, mail: bytes) -> None:
        """Put a mail into the inbox."""
        path = self.maildir / "new" / name
        path.write_bytes(mail)
        os.chown(path, self.uid, -1)

    def count(self, folder: str = "") -> int:
        """Return how many mails are in a folder."""
        where = self.maildir / f".{folder}" if folder else self.maildir
        return sum(len(list((where / part).iterdir())) for part in ("new", "cur") if (where / part).is_dir())


def dovecot_path() -> str | None:
    """Return where Dovecot is; None: not installed with IMAP and POP."""
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    parts = ("/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3")
    return found if found and all(Path(part).exists() for part in parts) else None


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Run it."""
    path = dovecot_path()
    assert path
    with tempfile.TemporaryDirectory(prefix="mw-dovecot-") as name:
        folder = Path(name)
        one = _configured(folder)
        process = subprocess.Popen([path, "-F", "-c", str(folder / "conf")], stderr=subprocess.PIPE)
        try:
            _wait(one.imap, process, folder)
            yield one
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _configured(folder: Path) -> Dovecot:
    is_root = os.getuid() == 0
    uid = 65534 if is_root else os.getuid()
    gid = 65534 if is_root else os.getgid()
    folder.chmod(0o755)
    maildir = folder / "Maildir"
    for part in ("", "new", "cur", "tmp"):
        (maildir / part).mkdir()
        os.chown(maildir / part, uid, gid)
    paper = papers(folder)
    me = pwd.getpwuid(os.getuid()).pw_name
    ports = _free(4)
    (folder / "conf").write_text(
        CONFIG.format(
            folder=folder,
            certificate=paper.certificate,
            key=paper.key,
            password=PASSWORD,
            uid=uid,
            gid=gid,
            users="first_valid_uid = 1"
            if is_root
            else f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {gid}",
            chroot="" if is_root else "chroot =",
            imap=ports[0],
            imaps=ports[1],
            pop3=ports[2],
            pop3s=ports[3],
        ),
        encoding="utf-8",
    )
    return Dovecot(
        imap=ports[0], imaps=ports[1], pop3=ports[2], pop3s=ports[3], maildir=maildir, ca=paper.authority, uid=uid
    )


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            continue
        return
    said = process.stderr.read().decode() if process.poll() is not None and process.stderr else ""
    log = folder / "log"
    raise AssertionError(f"Dovecot does not answer: {said} {log.read_text() if log.exists() else ''}")


def _free(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports
