"""The real issue as it reached us, damage and all, through the whole line to a thousand readers behind a foreign server."""

import re
import shutil
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mailweekly.tokens import UNSUBSCRIBE, read_reader
from tests import ledger_check
from tests.system.publication import Publication, addresses, made
from tests.system.relays import aiosmtpd_process, smtp_sink, smtp_sink_path

pytestmark = pytest.mark.real_input

NAME = "python-trending-weekly-78.md"
DAMAGE = re.compile("„ÄÅ|‚Äî|‚Äô|üê|ü¶|Â|Ã|\ufffd|√|ÔºÅ")
READERS = 1000


class Page(HTMLParser):
    """The links and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def _publication(tmp_path: Path, real_input: Path, *, count: int) -> Publication:
    one = made(tmp_path, count=count, connections=8)
    (one.root / "issues" / "007-seven.md").unlink()
    shutil.copyfile(real_input / NAME, one.root / "issues" / NAME)
    (one.root / "issues" / NAME).chmod(0o644)
    return one


def _entries(text: str) -> list[str]:
    """The 25 entry links of the repaired source, by its own numbering."""
    return re.findall(r"^\d+、\[[^\]]*\]\(([^)\s]+)\)", text, re.MULTILINE)


def _parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return str(text.get_content()), str(html.get_content())


def _read(path: Path) -> tuple[str, EmailMessage]:
    """Read a file of one of the servers: the recipient of its envelope, and the message."""
    raw = path.read_bytes()
    if raw.startswith(b"X-"):  # smtp-sink: X-Client-Addr, X-Mail-Args, X-Rcpt-Args … before the message
        parsed = message_from_bytes(raw, policy=policy.default)
        address, _, _ = str(parsed["X-Rcpt-Args"]).partition(
            " "
        )  # behind it stands what we ask of the server: NOTIFY, ORCPT
        return address.strip("<>"), parsed
    _, recipient, content = raw.split(b"\n", 2)
    return recipient.decode(), message_from_bytes(content, policy=policy.default)


def _is_whole(one: Publication, recipient: str, message: EmailMessage, links: list[str], ids: dict[str, int]) -> None:
    text, html = _parts(message)
    page = Page(html)
    assert not message.defects
    assert recipient in str(message["To"])
    for link in links:
        assert page.links.count(link) >= 1, link
        assert link in text, link
    for section in ("Articles & Tutorials", "Projects & Resources", "Podcasts & Videos"):
        assert section in page.text
        assert section.casefold() in text.casefold()
    assert not DAMAGE.search(page.text + text + str(message["Subject"]))
    found = re.search(r"/u/([a-z2-7]+)", str(message["List-Unsubscribe"]))
    assert found
    token = read_reader(one.keys, UNSUBSCRIBE, found[1])
    assert token is not None
    assert token[0] == ids[recipient]
    assert set(re.findall(r"/u/([a-z2-7]+)", html + text)) == {found[1]}


def _check_thousand(one: Publication, folder: Path, links: list[str]) -> None:
    got = [_read(path) for path in sorted(folder.iterdir())]
    assert Counter(recipient for recipient, _ in got) == Counter(addresses(READERS))
    ids = {row.address: row.subscriber_id for row in ledger_check.deliveries(one.ledger)}
    for recipient, message in got:
        _is_whole(one, recipient, message, links, ids)
    assert one.states() == {"accepted": READERS}


@pytest.mark.parametrize("way", ["fix", "front matter"])
def test_the_damaged_issue_is_found_shown_and_repaired(tmp_path: Path, real_input: Path, way: str) -> None:
    one = _publication(tmp_path, real_input, count=3)
    path = one.root / "issues" / NAME
    damaged = path.read_text("utf-8")
    found = one.run("check", "78", "--json")
    refused = one.send("78")
    shown = one.run("fix", "78")
    assert found.code == 1
    assert [one["rule"] for one in found.document["findings"] if one["level"] == "error"] == ["encoding.mojibake"]
    assert refused.code == 77
    assert not one.states()
    assert path.read_text("utf-8") == damaged
    assert "、" in shown.out
    if way == "fix":
        assert one.run("fix", "78", "--write").code == 0
        assert len(path.read_text("utf-8")) == 9556
    else:
        path.write_text("---\nrepair: true\n---\n" + damaged, "utf-8")
    again = one.run("check", "78", "--json")
    assert again.code == 0
    assert not [one for one in again.document["findings"] if one["rule"].startswith("encoding.")]
    built = one.run("build", "78", "-o", "out", "--json").document
    assert (built["sections"], built["entries"]) == (3, 25)
    assert not DAMAGE.search(
        (one.root / "out" / "issue.html").read_text("utf-8") + (one.root / "out" / "issue.txt").read_text("utf-8")
    )


def test_a_thousand_readers_of_the_real_issue_through_a_foreign_server(tmp_path: Path, real_input: Path) -> None:
    one = _publication(tmp_path, real_input, count=READERS)
    folder = tmp_path / "taken"
    folder.mkdir()
    assert one.run("fix", "78", "--write").code == 0
    links = _entries((one.root / "issues" / NAME).read_text("utf-8"))
    assert len(links) == 25
    with aiosmtpd_process(folder) as port:
        one.relay(f"smtp://127.0.0.1:{port}")
        planned = one.run("plan", "78", "--json").document
        done = one.send("78", "--edition", planned["edition"], timeout_s=300)
    assert planned["recipients"] == READERS
    assert done.code == 0, done.err
    _check_thousand(one, folder, links)


@pytest.mark.peer
@pytest.mark.skipif(
    smtp_sink_path() is None, reason="postfix's smtp-sink is not installed (Debian: apt-get install postfix)"
)
def test_a_thousand_readers_of_the_real_issue_through_postfixs_server(tmp_path: Path, real_input: Path) -> None:
    one = _publication(tmp_path, real_input, count=READERS)
    assert one.run("fix", "78", "--write").code == 0
    with smtp_sink() as (port, folder):
        one.relay(f"smtp://127.0.0.1:{port}")
        done = one.send("78", timeout_s=300)
        assert done.code == 0, done.err
        _check_thousand(one, folder, _entries((one.root / "issues" / NAME).read_text("utf-8")))


def test_other_newsletters_can_be_checked_and_built(tmp_path: Path, real_input: Path) -> None:
    folder = real_input / "other-newsletters"
    if not folder.is_dir():
        pytest.skip("the other newsletters are not here")
    one = made(tmp_path, count=3)
    for source in sorted(folder.glob("*.md")):
        target = one.root / "issues" / source.name
        target.write_bytes(source.read_bytes())
        checked = one.run("check", f"issues/{source.name}", "--json")
        assert checked.code in {0, 1}, checked.err
        built = one.run("build", f"issues/{source.name}", "-o", f"out-{source.stem}", "--json")
        assert built.code == 0, built.err
