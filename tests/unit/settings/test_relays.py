"""What [relays] and their variables may say; what does not go together is refused by name, and no value is shown."""

from typing import Any

import pytest

from mailweekly.adapters.smtp.presets import filled, preset_of, presets
from mailweekly.errors import SettingsError
from mailweekly.settings import MAX_CONNECTIONS, Machine, Settings, complete, machine, publication, relay_address

SECRET = "hush-hush"
A = "smtp://reader@relay.test:587"


def _settings(**tables: dict[str, Any]) -> Settings:
    return publication({"relays": tables})


def _machine(settings: Settings, **variables: str) -> Machine:
    there = {f"MAILWEEKLY_RELAY_{name}".rstrip("_"): value for name, value in variables.items()}
    return filled(machine(there, relays=settings.relays), place=".env")


def _refused(settings: Settings, **variables: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        complete(settings, _machine(settings, **variables))
    assert SECRET not in f"{caught.value.what} {caught.value.place} {caught.value.hint}"
    return caught.value


def test_each_relay_has_its_table_and_its_variables() -> None:
    settings = _settings(
        first={"weight": 3, "rate": ["14/s", "50000/day"], "connections": 2, "messages_per_connection": 50},
        second={"domains": ["Gmail.com", "googlemail.com"]},
    )
    found = complete(
        settings,
        _machine(settings, FIRST=A, FIRST_PASSWORD=SECRET, SECOND="smtp://x.test", CA="ca.pem", SECOND_CA="b.pem"),
    )
    assert settings.relays["first"].weight == 3
    assert (settings.relays["first"].rate, dict(settings.relays["first"].caps)) == (14, {"day": 50_000})
    assert settings.relays["second"].domains == ("gmail.com", "googlemail.com")
    assert found["first"].password.reveal() == SECRET
    assert found["first"].address == relay_address(A)
    assert (found["first"].ca, found["second"].ca) == ("ca.pem", "b.pem")
    assert found["second"].variable == "MAILWEEKLY_RELAY_SECOND"


def test_without_tables_the_only_relay_is_that_of_its_variable() -> None:
    settings = publication({})
    found = complete(settings, _machine(settings, **{"": A, "PASSWORD": SECRET}))
    assert list(found) == [""]
    assert found[""].address == relay_address(A)
    assert complete(settings, Machine())[""].address == relay_address("outbox")


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        ({}, "[relays]"),
        ({"a": {"weight": 0}}, "[relays]"),
        ({"a": {"weight": 0}, "b": {"domains": ["x.test"]}}, "[relays]"),
        ({"a": {"domains": ["x.test"]}}, "[relays]"),
        ({"a": {}, "b": {"domains": ["x.test"]}, "c": {"domains": ["y.test", "X.test"]}}, "relays.c.domains"),
        ({"a": {}, "b": {"domains": ["x.test", "x.test"]}}, "relays.b.domains"),
        ({"a": {"weight": -1}}, "relays.a.weight"),
        ({"a": {"weight": True}}, "relays.a.weight"),
        ({"a": {"weight": 1.5}}, "relays.a.weight"),
        ({"a": {"weight": 2, "domains": ["x.test"]}}, "relays.a"),
        ({"a": {"rate": "0"}}, "relays.a.rate"),
        ({"a": {"rate": "-5/s"}}, "relays.a.rate"),
        ({"a": {"rate": ["0"]}}, "relays.a.rate"),
        ({"a": {"caps": {"day": 5}}}, "relays.a"),
        ({"a": {"connections": 0}}, "relays.a.connections"),
        ({"a": {"connections": MAX_CONNECTIONS + 1}}, "relays.a.connections"),
        ({"a": {"messages_per_connection": 0}}, "relays.a.messages_per_connection"),
        ({"a": {"domains": []}}, "relays.a.domains"),
        ({"a": {"domains": "x.test"}}, "relays.a.domains"),
        ({"a": {"domains": ["*"]}}, "relays.a.domains"),
        ({"a": {"domains": ["bücher.example"]}}, "relays.a.domains"),
        ({"a": {"domains": [5]}}, "relays.a.domains"),
        ({"a": {"wieght": 1}}, "relays.a"),
        ({"a": 5}, "mailweekly.toml"),
        ({"5": {}}, "[relays]"),
        ({"a b": {}}, "[relays]"),
        ({"ca": {}}, "relays.ca"),
        ({"timeout": {}}, "relays.timeout"),
        ({"my-password": {}}, "relays.my-password"),
        ({"a-b": {}, "A_B": {}}, "relays.A_B"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_by_name(tables: dict[str, Any], where: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _settings(**tables)
    assert "mailweekly.toml" in caught.value.place
    assert where in caught.value.place


def test_a_relay_without_an_address_is_refused_only_where_it_is_needed() -> None:
    settings = _settings(a={}, b={})
    assert _machine(settings, A=A).relays["b"].address is None
    assert _refused(settings, A=A, A_PASSWORD=SECRET).place == ".env: MAILWEEKLY_RELAY_B"


@pytest.mark.parametrize(
    ("variables", "where"),
    [
        ({"A": A, "LATER": SECRET}, "MAILWEEKLY_RELAY_LATER"),
        ({"A": A, "": A}, "MAILWEEKLY_RELAY"),
        ({"A": A, "PASSWORD": SECRET}, "MAILWEEKLY_RELAY_PASSWORD"),
        ({"A": SECRET}, "MAILWEEKLY_RELAY_A"),
        ({"A": f"smtp://x:{SECRET}@relay.test"}, "MAILWEEKLY_RELAY_A"),
        ({"A": f"x:{SECRET}@mailgun"}, "MAILWEEKLY_RELAY_A"),
        ({"A": "smtp://x@relay.test?tls=none", "A_PASSWORD": SECRET}, "MAILWEEKLY_RELAY_A"),
        ({"A": "smtp://x@relay.test?tls=none", "A_TOKEN": SECRET}, "MAILWEEKLY_RELAY_A"),
        ({"A": "smtp://relay.test", "A_TOKEN": SECRET}, "MAILWEEKLY_RELAY_A"),
        ({"A": A, "A_PASSWORD": SECRET, "A_TOKEN": SECRET}, "MAILWEEKLY_RELAY_A_TOKEN"),
        ({"A": A, "A_PASSWORD": f"{SECRET}\n"}, "MAILWEEKLY_RELAY_A_PASSWORD"),
        ({"A": "ses"}, "MAILWEEKLY_RELAY_A"),
        ({"A": "ses:mars"}, "MAILWEEKLY_RELAY_A"),
        ({"A": "mailgun:mars"}, "MAILWEEKLY_RELAY_A"),
    ],
)
def test_variables_that_make_no_sense_are_refused_by_name(variables: dict[str, str], where: str) -> None:
    assert _refused(_settings(a={}), **variables).place.endswith(where)


def test_the_outbox_stands_beside_no_other_relay() -> None:
    assert _refused(_settings(a={}, b={}), A=A, A_PASSWORD=SECRET, B="outbox").place.endswith("MAILWEEKLY_RELAY_B")
    alone = _settings(a={})
    assert complete(alone, _machine(alone, A="outbox"))["a"].address == relay_address("outbox")


def test_an_unknown_variable_near_a_known_one_is_a_slip_of_the_pen() -> None:
    with pytest.raises(SettingsError) as caught:
        _machine(_settings(first={}), FIRST_PASWORD=SECRET)
    assert "MAILWEEKLY_RELAY_FIRST_PASSWORD" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "host", "port", "user", "security"),
    [
        ("AKIA@ses:eu-west-1", "email-smtp.eu-west-1.amazonaws.com", 465, "AKIA", "tls"),
        ("postmaster@mg.mail.test@mailgun:eu", "smtp.eu.mailgun.org", 465, "postmaster@mg.mail.test", "tls"),
        ("sendgrid", "smtp.sendgrid.net", 465, "apikey", "tls"),
        ("me@sendgrid", "smtp.sendgrid.net", 465, "me", "tls"),
        ("resend", "smtp.resend.com", 465, "resend", "tls"),
        ("me%40x.test@microsoft365", "smtp.office365.com", 587, "me@x.test", "starttls"),
        ("postfix", "localhost", 25, "", "none"),
    ],
)
def test_a_preset_fills_in_what_was_left_open(text: str, host: str, port: int, user: str, security: str) -> None:
    found = filled(machine({"MAILWEEKLY_RELAY": text}), place=".env").relay
    assert (found.kind, found.host, found.port, found.user, found.security) == ("smtp", host, port, user, security)
    assert preset_of(found).connections


def test_postmark_logs_in_with_its_token_twice_and_shows_it_nowhere() -> None:
    found = filled(machine({"MAILWEEKLY_RELAY": "postmark", "MAILWEEKLY_RELAY_PASSWORD": SECRET}), place=".env")
    assert found.relay.user_is_password
    assert SECRET not in repr(found)


@pytest.mark.parametrize("name", presets())
def test_every_preset_says_where_how_and_how_much(name: str) -> None:
    one = presets()[name]
    assert one.host
    assert one.port in {25, 465, 587}
    assert one.security in ({"none"} if name == "postfix" else {"tls", "starttls"})
    assert (one.security == "tls") == (one.port == 465)
    assert 0 < one.rate <= 50
    assert 0 < one.connections <= (one.most_connections or 5)
    assert 0 < one.messages <= 100


@pytest.mark.parametrize("written", ["[pace]", '[pace]\nrate = "3/s"\nconnections = 2'])
def test_the_pace_says_what_was_written_so_that_a_preset_fills_in_only_the_rest(written: str) -> None:
    import tomllib

    assert publication(tomllib.loads(written)).pace.given == (
        frozenset({"rate", "connections"}) if "rate" in written else frozenset()
    )
