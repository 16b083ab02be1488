"""B: a demo office is made through the same guards, holds every state, and is the same for the same seed."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.conf import settings as the_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.roles import Role
from audit.models import Event, Result
from benefits import content, events
from benefits.choices import Status
from benefits.demo import office as demo_office, people
from benefits.demo.office import fill
from benefits.models import Application, Certification, Paper, Person, ReturnComment
from benefits.rules import check_digits
from config.management.commands.make_demo_office import Command
from mynumber import actions, checkdigit, vault
from tests.conftest import Office, point_django_at
from tests.factories import staff_member
from tests.sweeping import Sweeper

pytestmark = pytest.mark.django_db(transaction=True)

RECIPIENTS = 20
SEED = 54


@contextmanager
def as_owner(office: Office) -> Iterator[None]:
    """Let Django speak as the owner: the vault's functions for many numbers are closed to the app."""
    before = dict(connection.settings_dict)
    point_django_at(office.owner)
    try:
        yield
    finally:
        connection.close()
        the_settings.DATABASES["default"].update(before)
        connection.settings_dict.update(before)


def made(office: Office, recipients: int = RECIPIENTS) -> int:
    staff = {role: staff_member(role) for role in Role}
    with as_owner(office):
        return fill(recipients=recipients, seed=SEED, staff=staff)


def summary() -> list[tuple[Any, ...]]:
    rows = Application.objects.order_by("receipt_number")
    return list(rows.values_list("receipt_number", "id", "person_id", "patient_name", "status", "entry", "content"))


def test_a_demo_office_has_applications_in_every_state_and_certificates_for_everybody(office: Office) -> None:
    count = made(office)

    statuses = list(Application.objects.values_list("status", flat=True))
    assert count == len(statuses)
    assert set(statuses) == set(Status)
    assert statuses.count(Status.APPROVED) == RECIPIENTS
    assert Certification.objects.count() == Person.objects.registered().count() == RECIPIENTS
    assert ReturnComment.objects.count() == statuses.count(Status.RETURNED)
    assert all(
        check_digits.is_valid_recipient_number(one.recipient_number or "") for one in Person.objects.registered()
    )


def test_the_same_seed_makes_the_same_office(office: Office) -> None:
    with closing(Sweeper(office.superuser)) as emptied:
        emptied.remember()
        made(office)
        first = summary()
        connection.close()
        emptied.sweep()
    assert not Application.objects.exists()

    made(office)

    assert summary() == first


def test_every_step_of_the_demo_office_is_on_record(office: Office) -> None:
    made(office)

    for status, action in (
        (Status.APPROVED, events.APPLICATION_APPROVED),
        (Status.RETURNED, events.APPLICATION_RETURNED),
        (Status.WITHDRAWN, events.APPLICATION_WITHDRAWN),
    ):
        subjects = set(Event.objects.filter(action=action).values_list("subject_id", flat=True))
        assert subjects == {str(key) for key in Application.objects.filter(status=status).values_list("pk", flat=True)}
    assert not Event.objects.exclude(result=Result.DONE).exists()
    approved = Application.objects.filter(status=Status.APPROVED)
    assert all(one.approved_sha256 == content.fingerprint(one.content) for one in approved)
    assert all(one.decided_by_id not in one.editor_ids for one in approved)


def test_the_numbers_are_right_sealed_and_nowhere_else(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    count = made(office)
    numbers = list(people.my_numbers(count, SEED))

    assert all(checkdigit.is_valid(number) for number in numbers)
    for application in Application.objects.filter(status=Status.APPROVED):
        held = vault.standing(application.person_id)
        assert (held is not None) is (application.number_version is not None)
        assert held is None or held.state is vault.State.IN_USE
    assert Event.objects.filter(action=actions.TYPED).count() >= RECIPIENTS // 2
    tables = superuser_connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'audit', 'vault')"
    ).fetchall()
    for (table,) in tables:
        with superuser_connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
            dump = b"".join(bytes(part) for part in copy).decode()
        found = set(re.findall(r"(?<!\d)\d{12}(?!\d)", dump)) & set(numbers)
        assert not found, table


def test_an_office_is_made_larger_by_who_would_have_been_there_at_once(office: Office) -> None:
    made(office, recipients=5)
    before = set(Person.objects.registered().values_list("pk", flat=True))

    made(office, recipients=8)

    after = set(Person.objects.registered().values_list("pk", flat=True))
    assert before < after
    assert len(after) == 8


def test_an_office_that_cannot_be_recorded_is_not_made(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_parts: object) -> None:
        raise OSError("the record cannot be written")

    monkeypatch.setattr(demo_office.journal, "record_all", broken)
    with pytest.raises(OSError, match="cannot be written"):
        made(office)

    assert not Application.objects.exists()
    assert not Person.objects.exists()


def test_outside_a_demo_nothing_is_made(office: Office, settings: Settings) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="デモ環境ではない"):
        call_command("make_demo_office", recipients=1, verbosity=0)

    assert not Application.objects.exists()


@pytest.mark.parametrize("recipients", [-1, 500_001])
def test_an_office_of_an_absurd_size_is_refused(recipients: int) -> None:
    with pytest.raises(CommandError, match="--recipients"):
        call_command("make_demo_office", recipients=recipients, verbosity=0)


def test_the_command_makes_the_staff_and_the_office_and_a_second_run_adds_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Command, "_speak_as_owner", staticmethod(lambda: None))
    said = StringIO()

    with as_owner(office):
        call_command("make_demo_office", recipients=3, stdout=said)
        count = Application.objects.count()
        papers = Paper.objects.count()
        call_command("make_demo_office", recipients=3, stdout=said)

    assert "申請" in said.getvalue()
    # the custody register has something of everything, once
    assert Paper.objects.count() == papers
    assert {"HELD", "HANDED_OVER", "LENT", "EXPECTED"} <= set(Paper.objects.values_list("state", flat=True))
    assert Paper.objects.overdue(timezone.localdate()).exists()
    assert Person.objects.registered().count() == 3
    assert Application.objects.count() == count
