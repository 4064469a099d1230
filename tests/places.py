"""A publication of nothing but settings, in which the whole command line runs within this process."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from mailweekly.adapters.store.roll import Roll
from mailweekly.audience.export import Person
from mailweekly.cli.app import run

__all__ = ["Place"]

SETTINGS: Final = (
    'name = "T"\nlist = "readers"\n[sender]\nname = "T"\naddress = "t@example.org"\npostal_address = "1 Street"\n'
)


class Place:
    """A publication without people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "mailweekly.toml").write_text(SETTINGS)
        (folder / ".env").write_text("MAILWEEKLY_KEY='" + "00112233" * 8 + "'\n")
        (folder / ".env").chmod(0o600)

    def call(self, *words: str) -> None:
        """Run a command that is to end well."""
        code = run(["-C", str(self.folder), "subscribers", *words])
        assert code == 0, words

    def people(self) -> dict[str, Person]:
        """Return everybody, by key, without what is another number in another place."""
        with Roll(self.folder / "mailweekly.db") as roll:
            return {
                one.subscriber.key: Person(subscriber=replace(one.subscriber, id=0), suppression=one.suppression)
                for one in roll
            }
