"""What was found out once: recalled by the text's hash, and never relied on."""

from pathlib import Path

import pytest

from mailweekly.adapters.files.memory import Memory


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mailweekly"


def test_a_fact_is_recalled_by_text_and_name(tmp_path: Path) -> None:
    first = Memory(tmp_path)
    first.keep(b"a text", "1.md", {"entries": 3})
    first.close()
    later = Memory(tmp_path)
    assert later.recall(b"a text", "1.md") == {"entries": 3}
    assert later.recall(b"another text", "1.md") is None
    assert later.recall(b"a text", "2.md") is None
    assert Memory(tmp_path / "elsewhere").recall(b"a text", "1.md") is None


def test_what_is_not_asked_for_again_is_forgotten(tmp_path: Path) -> None:
    first = Memory(tmp_path)
    first.keep(b"old", "1.md", {"entries": 1})
    first.close()
    second = Memory(tmp_path)
    second.keep(b"new", "1.md", {"entries": 2})
    second.close()
    assert Memory(tmp_path).recall(b"old", "1.md") is None
    assert Memory(tmp_path).recall(b"new", "1.md") == {"entries": 2}


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"facts": 3}', b'{"format": 1, "release": "0", "facts": {}}', b"\xff\xfe"]
)
def test_a_damaged_memory_is_no_memory(tmp_path: Path, cache: Path, damage: bytes) -> None:
    first = Memory(tmp_path)
    first.keep(b"a text", "1.md", {"entries": 3})
    first.close()
    (file,) = cache.iterdir()
    assert file.stat().st_mode & 0o77 == 0
    file.write_bytes(damage)
    assert Memory(tmp_path).recall(b"a text", "1.md") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    memory = Memory(tmp_path)
    memory.keep(b"a text", "1.md", {"entries": 3})
    memory.close()
