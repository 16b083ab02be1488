"""Settings that limit people's rights are read, or the office does not open (A1, A2)."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpRequest
from django.test import RequestFactory

from audit.origin import UNKNOWN, client_of


def complaints() -> set[str]:
    return {str(message.id) for message in run_checks(tags=["security"]) if str(message.id).startswith("config.")}


def test_an_office_with_readable_limits_opens(settings: Any) -> None:
    settings.KYUFU_NUMBER_NETWORKS = ["10.1.2.0/24", "fd00::/8"]
    settings.KYUFU_PASSWORD_DAYS_BY_ROLE = ["NUMBER_VIEWER=90", "AUDITOR=0"]

    assert complaints() == set()


@pytest.mark.parametrize("network", ["10.1.2.3/24", "10.1.2", "everywhere"])
def test_a_number_segment_that_cannot_be_read_keeps_the_office_shut(network: str, settings: Any) -> None:
    settings.KYUFU_NUMBER_NETWORKS = [network]

    assert complaints() == {"config.E014"}


@pytest.mark.parametrize("entry", ["VIEWER=90", "NUMBER_VIEWER", "NUMBER_VIEWER=", "NUMBER_VIEWER=-1"])
def test_a_password_age_that_cannot_be_read_keeps_the_office_shut(entry: str, settings: Any) -> None:
    settings.KYUFU_PASSWORD_DAYS_BY_ROLE = [entry]

    assert complaints() == {"config.E015"}


def asked(forwarded: str, address: str = "127.0.0.1") -> HttpRequest:
    return RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=address)


def test_without_a_proxy_nobody_says_for_themselves_where_they_sit(settings: Any) -> None:
    settings.KYUFU_PROXIES = 0

    assert client_of(asked("10.1.2.3", "192.0.2.7")) == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("10.1.2.3, 192.0.2.9", "192.0.2.9"),
        (" 10.1.2.3 ,192.0.2.9 ", "192.0.2.9"),
        ("", UNKNOWN),
        ("10.1.2.3, nowhere", UNKNOWN),
    ],
)
def test_behind_a_proxy_only_what_the_proxy_added_is_believed(forwarded: str, client: str, settings: Any) -> None:
    settings.KYUFU_PROXIES = 1

    assert client_of(asked(forwarded)) == client


def test_behind_two_proxies_the_outer_ones_word_counts(settings: Any) -> None:
    settings.KYUFU_PROXIES = 2

    assert client_of(asked("10.1.2.3, 192.0.2.9, 192.0.2.1")) == "192.0.2.9"
    assert client_of(asked("192.0.2.9")) == UNKNOWN
