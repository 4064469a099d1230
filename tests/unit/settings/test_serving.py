"""The settings of the public side."""

from typing import Any

import pytest

from mailweekly.errors import SettingsError
from mailweekly.settings import publication


def test_the_tables_of_the_public_side_are_read() -> None:
    found = publication(
        {
            "lists": {"readers": "The weekly letter"},
            "serve": {"trusted_proxies": ["127.0.0.1", "10.0.0.0/8"], "signups": 0, "welcome": True, "site": "public"},
        }
    )
    assert found.lists == {"readers": "The weekly letter"}
    assert found.serve.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8")
    assert (found.serve.signups, found.serve.welcome, found.serve.site) == (0, True, "public")


@pytest.mark.parametrize(
    "table",
    [
        {"trusted_proxies": "127.0.0.1"},
        {"trusted_proxies": ["proxy.example.org"]},
        {"trusted_proxies": [1]},
        {"signups": -1},
        {"signups": True},
        {"signups_per_net": "30"},
        {"welcome": "yes"},
        {"unknown": 1},
    ],
)
def test_a_setting_of_the_wrong_form_is_refused_with_its_name(table: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        publication({"serve": table})
    assert "serve" in caught.value.place


@pytest.mark.parametrize(
    "hooks",
    [
        "ses",
        {"sns_topics": "arn:aws:sns:eu-west-1:123456789012:bounces"},
        {"sns_topics": ["bounces"]},
        {"sns_topics": [7]},
        {"sns_fetch": "yes"},
        {"sns_certificate": 1},
        {"topics": []},
    ],
)
def test_a_setting_of_webhooks_of_the_wrong_form_is_refused(hooks: object) -> None:
    with pytest.raises(SettingsError) as caught:
        publication({"serve": {"hooks": hooks}})
    assert "serve" in f"{caught.value.place} {caught.value}"


def test_the_topics_of_webhooks_are_read() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:bounces"
    found = publication({"serve": {"hooks": {"sns_topics": [topic], "sns_fetch": True}}}).serve.hooks
    assert (found.sns_topics, found.sns_fetch, found.sns_certificate) == ((topic,), True, "")


@pytest.mark.parametrize("table", [{"readers": ""}, {"readers": 1}, {"": "x"}, {"readers": "x" * 300}])
def test_a_list_without_a_title_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        publication({"lists": table})
