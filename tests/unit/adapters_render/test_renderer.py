"""The child that renders: what it gives, what it survives, what it is never told."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mailweekly.adapters.render import pipe
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.edition.model import Edition, Publication
from mailweekly.errors import IssueError, ThemeError

__all__: list[str] = []

TEMPLATES: Final = Path(__file__).parents[3] / "templates"
PUBLICATION: Final = Publication(name="Pebble Weekly", postal_address="1 Quay Street, Port")
ISSUE: Final = "# Pebble Weekly #7: Small stones\n\nWords.\n\n## Links\n\n1. [One](https://one.example/)\n\nA blurb.\n"
SECRET: Final = "swordfish-4711"
LOOP: Final = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
GREED: Final = "{% set s = 'x'.rjust(100000000) %}{{ s }}{{ s ~ s ~ s ~ s ~ s ~ s ~ s }}"
DEEP: Final = "<mjml><mj-body><mj-raw>" + "<div>" * 9100 + "</div>" * 9100 + "</mj-raw></mj-body></mjml>"
SNOOPING: Final = "{{ cycler.__init__.__globals__.os.environ }}{{ self }}{{ ''.__class__.__mro__ }}"


def _folders(template: str = "") -> dict[str, dict[str, str]]:
    """Return the themes that ship, and `odd`, which replaces the whole template."""
    folders = {
        folder.name: {
            str(file.relative_to(folder)): file.read_text("utf-8") for file in folder.rglob("*") if file.is_file()
        }
        for folder in sorted(TEMPLATES.iterdir())
        if folder.is_dir()
    }
    folders["odd"] = {"theme.toml": '[theme]\nextends = "digest"\n', "issue.mjml.j2": template}
    return folders


def _render(renderer: Renderer, template: str = "", text: str = ISSUE) -> Edition:
    theme = "odd" if template else "digest"
    return renderer.render(
        text, source="issues/007.md", theme_files=_folders(template), theme=theme, publication=PUBLICATION
    )


@pytest.fixture(name="renderer", scope="module")
def _renderer() -> Iterator[Renderer]:
    with Renderer(timeout_s=30) as renderer:
        yield renderer


def test_an_issue_becomes_a_page_and_then_an_edition(renderer: Renderer) -> None:
    page = renderer.web_page(
        ISSUE,
        source="issues/007.md",
        theme_files=_folders(),
        theme="digest",
        publication=PUBLICATION,
        canonical_url="https://pebble.example/7",
    )
    assert page.startswith("<!DOCTYPE html>")
    assert '<link rel="canonical" href="https://pebble.example/7">' in page
    assert "https://one.example/" in page
    assert _render(renderer).number == 7


def test_an_issue_becomes_an_edition(renderer: Renderer) -> None:
    edition = _render(renderer)
    assert edition.number == 7
    assert "https://one.example/" in edition.html


def test_the_child_gives_what_the_stages_give(renderer: Renderer) -> None:
    from mailweekly.edition.render import render
    from mailweekly.edition.theme import load
    from mailweekly.issue.parse import parse

    here = render(parse(ISSUE, source="issues/007.md"), load("digest", _folders()), PUBLICATION)
    assert _render(renderer) == here


def test_one_child_serves_many_requests(renderer: Renderer) -> None:
    _render(renderer)
    first = renderer.process_id
    _render(renderer)
    assert renderer.process_id == first


def test_a_fault_of_the_issue_comes_back_with_its_place_and_the_child_lives(renderer: Renderer) -> None:
    _render(renderer)
    first = renderer.process_id
    with pytest.raises(IssueError) as caught:
        _render(renderer, text="---\nnumber: 7\nnumber: 8\n---\n# x\n")
    assert caught.value.place.startswith("issues/007.md:")
    assert caught.value.hint
    assert renderer.process_id == first


def test_a_fault_of_the_theme_comes_back_with_its_place(renderer: Renderer) -> None:
    with pytest.raises(ThemeError) as caught:
        _render(renderer, "<mjml>\n{% if %}")
    assert caught.value.place == "templates/odd/issue.mjml.j2:2:1"


def test_a_theme_that_loops_for_ever_is_ended_and_the_next_request_is_served() -> None:
    with Renderer(timeout_s=30) as slow:
        _render(slow)
        slow._timeout_s = 0.7
        began = time.monotonic()
        with pytest.raises(ThemeError, match=r"not rendered within 0\.7 s") as caught:
            _render(slow, LOOP)
        assert time.monotonic() - began < 5
        assert caught.value.place == "templates/odd"
        assert slow.process_id is None
        slow._timeout_s = 30
        assert _render(slow).number == 7


def test_a_theme_that_eats_memory_is_refused_and_the_next_request_is_served(renderer: Renderer) -> None:
    with pytest.raises(ThemeError) as caught:
        _render(renderer, GREED)
    assert "512 MiB" in caught.value.what
    assert _render(renderer).number == 7


def test_a_theme_nested_beyond_reason_is_refused_and_the_next_request_is_served(renderer: Renderer) -> None:
    with pytest.raises(ThemeError):
        _render(renderer, DEEP)
    assert _render(renderer).number == 7


def test_no_secret_of_ours_is_in_the_childs_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAILWEEKLY_RELAY_PASSWORD", "MAILWEEKLY_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    assert SECRET not in str(pipe.environment(os.environ))
    with Renderer(timeout_s=30) as fresh:
        _render(fresh)
        seen = Path(f"/proc/{fresh.process_id}/environ").read_bytes() if os.path.isdir("/proc/self") else b""
        assert SECRET.encode() not in seen
        assert b"MAILWEEKLY" not in seen


def test_a_theme_that_looks_for_the_environment_finds_none(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWEEKLY_KEY", SECRET)
    with pytest.raises(ThemeError) as caught:
        _render(renderer, SNOOPING)
    assert SECRET not in str(caught.value)


def test_a_child_killed_between_two_requests_is_replaced(renderer: Renderer) -> None:
    _render(renderer)
    killed = renderer.process_id
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert _render(renderer).number == 7
    assert renderer.process_id not in {None, killed}


def test_a_child_killed_while_it_renders_is_an_error_in_plain_words() -> None:
    with Renderer(timeout_s=30) as renderer:
        _render(renderer)
        killed = renderer.process_id
        assert killed is not None
        threading.Timer(0.4, os.kill, (killed, signal.SIGSEGV)).start()
        with pytest.raises(ThemeError, match="SIGSEGV"):
            _render(renderer, LOOP)
        assert _render(renderer).number == 7


@pytest.mark.parametrize(
    "nonsense",
    [b"\0\0\0\x02[]", b"hello, world", b"\0\0\0\x14" + b'{"edition":{"a":1}} ', b"\0\0\0\x0e" + b'{"odd":"thing"'],
)
def test_nonsense_on_the_pipe_is_an_error_in_plain_words(nonsense: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with Renderer(timeout_s=30) as renderer:
        renderer.warm()
        assert renderer._child is not None
        stream = [nonsense]

        def exactly(size: int, deadline: float) -> bytes:
            head, stream[0] = stream[0][:size], stream[0][size:]
            return head

        monkeypatch.setattr(renderer._child, "_exactly", exactly)
        with pytest.raises(IssueError, match="nonsense"):
            _render(renderer)
        assert renderer.process_id is None
        assert _render(renderer).number == 7


def test_a_child_that_cannot_start_is_an_error_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Renderer() as renderer, pytest.raises(IssueError, match="ended the rendering process"):
        _render(renderer)


def test_closing_leaves_no_process_behind() -> None:
    renderer = Renderer()
    renderer.warm()
    child = renderer.process_id
    assert child is not None
    renderer.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_child_may_not_connect_start_programs_or_fill_the_disk() -> None:
    program = """
import os, socket, tempfile
from mailweekly.adapters.render import limits
log = tempfile.TemporaryFile()
limits.confine(512 << 20)
acts = [
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: os.system("true"),
    lambda: log.write(b"x" * (limits.FILE_BYTES + 1)) and log.flush(),
    lambda: bytearray(600 << 20),
]
for act in acts:
    try:
        act()
        print("allowed", flush=True)
    except (OSError, MemoryError) as error:
        print(type(error).__name__, flush=True)
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout.split() == ["PermissionError", "PermissionError", "OSError", "MemoryError"], done.stderr
