"""The index of the outbox, and the register of the people."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mailweekly.adapters.store.intake import ListSource, Wanted
from mailweekly.adapters.store.mailbox import Mailbox, Slip, pick_of
from mailweekly.adapters.store.register import Register, folded, signature

__all__: list[str] = []


def _full() -> Mailbox:
    box = Mailbox()
    box.note((f"{1 + at % 2}.{at:04}.eml", str(1 + at % 2), float(at), 10) for at in range(100))
    return box


def _walked(box: Mailbox, words: str = "") -> Iterator[Slip]:
    for offset in range(0, 200, 7):
        yield from box.page(label=None, words=words, limit=7, offset=offset)[1]


def test_pages_hold_every_message_once_the_newest_issue_first() -> None:
    box = _full()
    assert box.page(label=None, words="", limit=7, offset=0)[0] == 100
    names = [one.name for one in _walked(box)]
    assert len(names) == len(set(names)) == 100
    assert names[0] == "2.0099.eml"
    assert [one.split(".")[0] for one in names] == ["2"] * 50 + ["1"] * 50
    assert box.page(label="1", words="", limit=3, offset=48)[1][-1].name == "1.0000.eml"


def test_a_search_finds_without_case_and_accents_and_blindly_not_by_address() -> None:
    box = _full()
    box.read(
        replace(one, sender="P", subject="Ünïcode", to_name=f"Inês {one.at:.0f}", to_address="a@b.example")
        for one in box.unread(1000)
    )
    assert box.count_unread() == 0
    assert box.page(label=None, words="ines unicode", limit=1, offset=0)[0] == 100
    assert box.page(label=None, words="b.example", limit=1, offset=0)[0] == 100
    assert box.page(label=None, words="b.example", limit=1, offset=0, names_only=True)[0] == 0
    assert box.page(label="2", words="INES 99", limit=1, offset=0)[0] == 1
    assert box.page(label=None, words="%", limit=1, offset=0)[0] == 0
    assert len(list(_walked(box, "ines"))) == 100


def test_what_has_gone_or_changed_is_noted() -> None:
    box = _full()
    box.read(replace(one, subject="read") for one in box.unread(1000))
    box.note([("1.0000.eml", "1", 0.0, 10), ("1.0002.eml", "1", 2.0, 11)])
    assert [one.count for one in box.labels()] == [2]
    assert [one.name for one in box.unread(9)] == ["1.0002.eml"]
    assert box.one(pick_of("2.0099.eml")) is None


def test_the_messages_beside_one_are_those_of_its_issue() -> None:
    box = _full()
    middle = box.one(pick_of("1.0050.eml"))
    assert middle
    assert box.beside(middle) == (pick_of("1.0052.eml"), pick_of("1.0048.eml"))


def _register(tmp_path: Path, *lines: str) -> Register:
    source = ListSource(list_name="readers", shown="subscribers/readers.csv", pieces=["\n".join(lines).encode()])
    return Register(tmp_path / "none.db", [source], lambda _: None, tmp_path)


def test_the_register_makes_no_database_and_finds_people(tmp_path: Path) -> None:
    register = _register(
        tmp_path,
        "email,name,city,tags,status",
        "a@example.org,Ünal Çelik,Izmir,pro,active",
        "b@example.org,,Ulm,,active",
        "c@example.org,Gone,,,unsubscribed",
    )
    assert list(tmp_path.iterdir()) == []
    assert signature(tmp_path / "none.db") == ()
    count, found = register.search("unal", limit=9, offset=0)
    assert (count, found[0].id, found[0].address) == (1, 1, "a@example.org")
    assert register.search("example.org", limit=9, offset=0, names_only=True)[0] == 0
    assert register.search("c@example", limit=9, offset=0)[1][0].id == 0
    assert len(register.people(Wanted(list_name="readers")).audience.recipients) == 2
    standing = register.standing(1, list_name="readers", held="7")
    assert standing
    assert standing.reason == ""
    other = register.standing(1, list_name="others", held="7")
    assert other
    assert other.reason == "not on the list 'others'"
    assert register.first_of("PRO", "readers") == 1
    assert register.longest()["city"] == "Izmir"


def test_words_are_searched_without_case_and_accents() -> None:
    assert folded("Çelik ÜNAL Straße") == "celik unal strasse"
