"""Coming and going in the database: who never confirmed is forgotten, and nobody else."""

import time
from pathlib import Path

from mailweekly.adapters.store import signups
from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.signups import Caps
from mailweekly.audience.joining import LINK_S, Asked

NOW = time.time()


def _asked(key: str) -> Asked:
    return Asked(key=key, address=key, lists=frozenset({"readers"}), lang="en")


def test_who_never_confirmed_is_forgotten_after_the_links_time_and_nobody_else(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db")
    for key, at in (
        ("old@example.org", NOW - LINK_S - 9),
        ("yes@example.org", NOW - LINK_S - 9),
        ("new@example.org", NOW),
    ):
        assert signups.ask(connection, _asked(key), Caps(), at) == 0
    ((letter,),) = connection.execute("SELECT id FROM letters WHERE key = 'yes@example.org'").fetchall()
    assert signups.confirm(connection, int(str(letter)), NOW - LINK_S) is not None
    connection.execute(
        "INSERT INTO subscribers (key, address, name, status, tags, data) VALUES ('p@x.org', 'p@x.org', '', 'pending', '[]', '{}')"
    )
    signups.forget(connection, NOW)
    kept = [key for (key,) in connection.execute("SELECT key FROM subscribers ORDER BY key")]
    assert kept == ["new@example.org", "p@x.org", "yes@example.org"]
    assert not connection.execute("SELECT 1 FROM story WHERE key = 'old@example.org'").fetchall()
    assert not connection.execute("SELECT 1 FROM letters WHERE key = 'old@example.org'").fetchall()
    connection.close()
