"""Themes as text: the publication's own, the shipped ones, and one over the other."""

import os
from pathlib import Path

import pytest

from mailweekly.adapters.files import shipped, themes
from mailweekly.adapters.files.themes import theme_files, theme_names, theme_places
from mailweekly.errors import DataError, MissingFileError, RefusedError, ThemeError


def _theme(root: Path, name: str, **files: str) -> None:
    for file, text in files.items():
        path = (
            root
            / "templates"
            / name
            / file.replace("__", "/").replace("_j2", ".mjml.j2").replace("_toml", ".toml").replace("_css", ".css")
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own, wheel = tmp_path / "own", tmp_path / "wheel"
    own.mkdir()
    _theme(
        wheel, "base", theme_toml='[theme]\nname = "base"\n', issue_j2="base issue", partials__footer_j2="base footer"
    )
    _theme(wheel, "digest", theme_toml='[theme]\nextends = "base"\n', partials__entry_j2="digest entry")
    monkeypatch.setattr(themes, "shipped_root", lambda: wheel)
    return own


def test_a_theme_comes_with_its_parents(root: Path) -> None:
    assert theme_files(root, "digest") == {
        "digest": {"theme.toml": '[theme]\nextends = "base"\n', "partials/entry.mjml.j2": "digest entry"},
        "base": {
            "theme.toml": '[theme]\nname = "base"\n',
            "issue.mjml.j2": "base issue",
            "partials/footer.mjml.j2": "base footer",
        },
    }


def test_a_theme_of_the_publication_stands_before_the_shipped_one(root: Path) -> None:
    _theme(root, "digest", theme_toml='[theme]\nextends = "base"\n', issue_j2="mine")
    assert set(theme_files(root, "digest")["digest"]) == {"theme.toml", "issue.mjml.j2"}
    assert theme_places(root, "digest")["digest"] == "templates/digest"
    assert theme_places(root, "digest")["base"].endswith("/wheel/templates/base")


def test_a_folder_without_settings_lies_over_the_shipped_theme(root: Path) -> None:
    _theme(root, "digest", partials__entry_j2="mine", partials__extra_j2="new")
    files = theme_files(root, "digest")
    assert files["digest"]["partials/entry.mjml.j2"] == "mine"
    assert files["digest"]["partials/extra.mjml.j2"] == "new"
    assert set(files) == {"digest", "base"}


def test_an_unknown_theme_names_the_nearest(root: Path) -> None:
    with pytest.raises(ThemeError) as caught:
        theme_files(root, "digst")
    assert "Did you mean digest?" in caught.value.hint
    assert theme_names(root) == ("base", "digest")


@pytest.mark.parametrize("name", ["", ".", "..", "../own", "/etc", "a/b", ".hidden", "a\0b", "x" * 300, "digest/"])
def test_a_name_never_leads_out_of_the_folder_of_themes(root: Path, name: str) -> None:
    with pytest.raises(ThemeError, match="no theme"):
        theme_files(root, name)


def test_a_ring_or_a_lost_parent_is_left_for_the_theme_to_tell(root: Path) -> None:
    _theme(root, "one", theme_toml='[theme]\nextends = "two"\n')
    _theme(root, "two", theme_toml='[theme]\nextends = "one"\n')
    assert set(theme_files(root, "one")) == {"one", "two"}
    _theme(root, "lost", theme_toml='[theme]\nextends = "nobody"\n')
    assert set(theme_files(root, "lost")) == {"lost"}
    _theme(root, "broken", theme_toml="[theme")
    assert set(theme_files(root, "broken")) == {"broken"}
    _theme(root, "odd", theme_toml='theme = "x"\n')
    assert set(theme_files(root, "odd")) == {"odd"}


def test_only_text_is_read_and_nothing_hidden(root: Path) -> None:
    _theme(
        root, "mine", theme_toml="", **{"logo.png": "x", ".secret_css": "x", ".git__x_css": "x", "email_css": "p {}"}
    )
    assert set(theme_files(root, "mine")["mine"]) == {"theme.toml", "email.css"}


def test_a_link_out_of_the_folder_is_refused(root: Path) -> None:
    _theme(root, "mine", theme_toml="")
    (root.parent / "secret.css").write_text("secret")
    (root / "templates" / "mine" / "email.css").symlink_to(root.parent / "secret.css")
    with pytest.raises(RefusedError, match="out of the publication"):
        theme_files(root, "mine")


def test_a_pipe_in_a_theme_is_refused_at_once(root: Path) -> None:
    _theme(root, "mine", theme_toml="")
    os.mkfifo(root / "templates" / "mine" / "email.css")
    with pytest.raises(DataError, match="a pipe"):
        theme_files(root, "mine")


def test_a_file_that_is_not_utf8_is_named_with_its_line(root: Path) -> None:
    _theme(root, "mine", theme_toml="")
    (root / "templates" / "mine" / "email.css").write_bytes(b"p {}\n/* \xe9 */\n")
    with pytest.raises(ThemeError) as caught:
        theme_files(root, "mine")
    assert caught.value.place == "templates/mine/email.css:2"


def test_a_theme_of_too_many_or_too_large_files_is_refused(root: Path) -> None:
    _theme(root, "many", **{f"f{i}_css": "" for i in range(themes.THEME_FILES + 1)})
    with pytest.raises(ThemeError, match="more than 500 files"):
        theme_files(root, "many")
    _theme(root, "large", theme_toml="#" * (themes.THEME_FILE_BYTES + 1))
    with pytest.raises(DataError, match="larger than"):
        theme_files(root, "large")


def test_the_shipped_folder_is_the_wheels_or_the_repositorys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "src" / "mailweekly"
    package.mkdir(parents=True)
    monkeypatch.setattr(shipped, "files", lambda _: package)
    with pytest.raises(MissingFileError):
        shipped.shipped_root()
    (tmp_path / "templates").mkdir()
    assert shipped.shipped_root() == tmp_path
    (package / "shipped" / "templates").mkdir(parents=True)
    assert shipped.shipped_root() == package / "shipped"


def test_the_shipped_themes_are_found_from_an_empty_publication(tmp_path: Path) -> None:
    assert "theme.toml" in theme_files(tmp_path, "base")["base"]
