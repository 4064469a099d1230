"""The publication's own profiles as files."""

from pathlib import Path

import pytest

from mailweekly.adapters.files.clients import client_profiles
from mailweekly.errors import SettingsError


def _written(root: Path, name: str, content: bytes) -> None:
    (root / "clients").mkdir(exist_ok=True)
    (root / "clients" / name).write_bytes(content)


def test_a_publication_without_profiles_has_none(tmp_path: Path) -> None:
    assert client_profiles(tmp_path) == {}


def test_profiles_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", ".hidden.toml", "c.txt"):
        _written(tmp_path, name, b"\xef\xbb\xbfx = 1")
    assert client_profiles(tmp_path) == {"clients/a.toml": "x = 1", "clients/b.toml": "x = 1"}


@pytest.mark.parametrize("content", [b"\xff", b"#" * 300_000])
def test_what_is_no_profile_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    _written(tmp_path, "a.toml", content)
    with pytest.raises(SettingsError) as caught:
        client_profiles(tmp_path)
    assert caught.value.place == "clients/a.toml"


def test_a_link_that_leads_outside_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "publication"
    (root / "clients").mkdir(parents=True)
    (tmp_path / "secret.toml").write_text("x = 1", "utf-8")
    (root / "clients" / "a.toml").symlink_to(tmp_path / "secret.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        client_profiles(root)
