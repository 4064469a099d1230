"""The part of an address that names an issue or a topic."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.issue.slugs import issue_slug, topic_slug


@pytest.mark.parametrize("label", ["78", "issue-412", "2026-08-19-notes", "a.b_c"])
def test_a_plain_label_is_its_own_address(label: str) -> None:
    assert issue_slug(label) == label


def test_labels_that_differ_never_share_an_address() -> None:
    labels = ["a b", "a-b", "a/b", "周刊", "月刊", "..", "../x", "a" * 200, "a" * 201, "x."]
    assert len({issue_slug(one) for one in labels}) == len(labels)


@given(st.text(min_size=1, max_size=200))
def test_any_label_gives_a_name_that_is_safe_in_a_folder_and_in_a_mail(label: str) -> None:
    slug = issue_slug(label)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", slug)
    assert ".." not in slug


@given(st.text(min_size=1, max_size=200))
def test_any_topic_gives_a_name_that_is_safe_in_a_folder(title: str) -> None:
    slug = topic_slug(title)
    assert slug
    assert len(slug.encode()) <= 160
    assert not re.search(r"[/\\.\x00-\x1f\s%?#]", slug)


def test_topics_that_read_alike_but_are_not_stay_apart() -> None:
    assert len({topic_slug(one) for one in ("C", "C++", "C#", "c")}) == 3
    assert topic_slug("Open Source") == topic_slug("open  source") == "open-source"
    assert topic_slug("人工智能") == "人工智能"
