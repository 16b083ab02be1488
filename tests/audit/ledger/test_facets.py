"""The marks that entries are searched by say what the entry says, no more and no less (A5)."""

from datetime import UTC, date, datetime
from ipaddress import ip_address
from uuid import uuid4

import pytest

from audit.ledger import facets
from tests.audit.ledger.test_body import body


def test_the_hour_and_the_day_are_those_of_japan() -> None:
    marks = facets.of(body(at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC)))

    assert facets.hour(0) in marks
    assert facets.day(date(2026, 11, 23)) in marks
    assert facets.weekday(0) in marks


def test_whoever_had_not_signed_in_has_a_mark_of_their_own() -> None:
    assert facets.actor(None) in facets.of(body())
    assert facets.actor(None) not in facets.of(body(actor_id=7))


def test_each_role_has_its_mark() -> None:
    marks = facets.of(body(actor_roles="MAKER,CHECKER"))

    assert {facets.role("MAKER"), facets.role("CHECKER")} <= set(marks)
    assert facets.role("AUDITOR") not in marks


def test_a_person_is_found_by_their_id_alone() -> None:
    person = uuid4()

    assert facets.person(person) in facets.of(body(person_id=person))
    assert facets.person(person) not in facets.of(body(subject_id=str(person)))


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10.1.2.0/24", "10.1.2.255", "10.1.3.0"),
        ("10.1.2.128/25", "10.1.2.200", "10.1.2.5"),
        ("10.1.0.0/20", "10.1.15.1", "10.1.16.1"),
        ("10.1.0.0/16", "10.1.200.1", "10.2.0.1"),
        ("10.0.0.0/8", "10.200.0.1", "11.0.0.1"),
        ("2001:db8::/48", "2001:db8:0:7::1", "2001:db8:1::1"),
        ("2001:db8::/64", "2001:db8::9", "2001:db8:0:1::9"),
    ],
)
def test_a_network_is_found_by_the_marks_of_its_addresses(network: str, inside: str, outside: str) -> None:
    marks = set(facets.network(network))

    assert marks & set(facets.of(body(client=ip_address(inside))))
    assert not marks & set(facets.of(body(client=ip_address(outside))))


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.1.2.300", "", "abc", "10.1.2.0/33"])
def test_what_is_no_network_or_too_wide_a_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        facets.network(text)


def test_marks_are_sorted_and_fit_the_databases_integers() -> None:
    marks = facets.of(body(client=ip_address("10.1.2.3"), session="a" * 16, request_id=uuid4()))

    assert marks == sorted(set(marks))
    assert all(-(2**63) <= mark < 2**63 for mark in marks)
