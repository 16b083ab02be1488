"""No number reaches anybody without its committed entry, whatever is done in whatever order and whatever breaks (A3).

Hypothesis makes up the office's days: people type, retype, approve, correct, look up, rotate keys, destroy and look,
and at any of these steps the record cannot be written, a COMMIT is lost or its answer is, the connection is cut
between the entry and the number, the vault refuses, the key does not answer, or the page cannot be drawn. What is held
true is read on a connection of the test's own, so that it sees what is committed and nothing else.

A short form runs with every suite; ``KYUFU_TEST_MODEL=full`` runs the long one (docs/security.md).
"""

import itertools
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.conf import settings as office_settings
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from accounts.roles import Role
from audit import keyfiles
from audit.models import Event
from benefits import content, corrections, deletion, workflow
from benefits.models import Application, Correction
from mynumber import crypto, keys, lookup, rotation, vault
from mynumber.purposes import Purpose
from mynumber.secret import Secret
from tests.benefits import letting_go
from tests.factories import approved, compared, fresh_code, my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)

IS_FULL = os.environ.get("KYUFU_TEST_MODEL") == "full"
#: A few made-up days in every run; many on demand. The short ones are the same each time.
DAYS, STEPS = (60, 30) if IS_FULL else (5, 16)
#: How many people there are at a time: few, so that things happen to the same ones.
PEOPLE = 3
SHOWN_STATE = "IN_USE"
WORDS = "情報照会への回答に必要なため、番号を確かめる"

#: Where it breaks. The first ones concern any step, the others one that shows a number.
STEP_FAULTS = ("none", "none", "none", "record", "commit lost", "answer lost")
SHOW_FAULTS = (
    "record",
    "commit lost",
    "answer lost",
    "cut before fetch",
    "ticket used",
    "fetch fails",
    "key silent",
    "key wrong",
    "page fails",
)
SLOTS = st.integers(0, PEOPLE - 1)
#: Which of several things it is, whatever their number: what is drawn must not hang on what has happened.
PLACES = st.integers(0, 20)
#: How many entries or COMMITs still go well before one breaks.
AFTER = st.integers(0, 5)


class Broken(OperationalError):
    """What a test broke on purpose."""


@dataclass
class Office:
    """The people of one made-up day, and what the test alone knows: which digits were typed as which version."""

    superuser: psycopg.Connection[Any]
    makers: list[User] = field(default_factory=lambda: [staff_member(Role.MAKER) for _one in range(2)])
    checkers: list[User] = field(default_factory=lambda: [staff_member(Role.CHECKER) for _one in range(3)])
    viewers: list[User] = field(default_factory=lambda: [staff_member(Role.NUMBER_VIEWER) for _one in range(2)])
    keepers: list[User] = field(default_factory=lambda: [staff_member(Role.RECORDS_KEEPER) for _one in range(2)])
    applications: dict[int, Application] = field(default_factory=dict)
    digits: dict[tuple[uuid.UUID, int], str] = field(default_factory=dict)
    delivered: Counter[tuple[int, uuid.UUID]] = field(default_factory=Counter)

    def states(self, person: uuid.UUID) -> dict[int, str]:
        """Return how each version of a person's number stands in truth."""
        rows = self.superuser.execute("SELECT version, state FROM vault.number WHERE person = %s", [person])
        return dict(rows.fetchall())

    def committed(self, actor: int, person: uuid.UUID) -> int:
        """Count the entries of reveals that a stranger's connection sees."""
        row = self.superuser.execute(
            "SELECT count(*) FROM audit.event WHERE action = 'mynumber.number.revealed' AND result = 'DONE'"
            " AND actor_id = %s AND person_id = %s",
            [actor, person],
        ).fetchone()
        assert row is not None
        return int(row[0])


class Days(RuleBasedStateMachine):
    """What an office does with numbers, and what breaks meanwhile. ``superuser`` is set by the test."""

    superuser: psycopg.Connection[Any]
    #: How many entries or COMMITs go well before one breaks.
    after = 0
    #: What has happened on all the days.
    seen: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(self.superuser)

    @initialize()
    def begin_with_two_people(self) -> None:
        """Two people have a number in use, one of them for so long that its time is over."""
        by, decider = self.office.makers[0], self.office.checkers[0]
        for slot in range(PEOPLE - 1):
            number = my_number()
            application = approved(by, decider, number=number, **(letting_go.LONG_AGO if slot else {}))
            self.office.applications[slot] = application
            self.learn(application.person_id, number)

    # What the office does.

    @rule(maker=st.integers(0, 1), is_old=st.booleans(), fault=st.sampled_from(STEP_FAULTS), after=AFTER)
    def type_one(self, maker: int, is_old: bool, fault: str, after: int) -> None:
        """Type an application of a third person with a number and send it; the one before is left as it is."""
        number, by = my_number(), self.office.makers[maker]
        before = set(Application.objects.values_list("pk", flat=True))
        with self.broken(fault, after), suppress(DatabaseError, workflow.Refused):
            submitted(by, number=number, **(letting_go.LONG_AGO if is_old else {}))
        for application in Application.objects.exclude(pk__in=before):
            self.office.applications[PEOPLE - 1] = application
            self.learn(application.person_id, number)

    @rule(
        slot=SLOTS,
        checker=st.integers(0, 2),
        is_right=st.booleans(),
        fault=st.sampled_from(STEP_FAULTS),
        after=AFTER,
    )
    def retype(self, slot: int, checker: int, is_right: bool, fault: str, after: int = 0) -> None:
        application = self.application(slot)
        typed = self.office.digits.get((application.person_id, application.number_version or 0))
        number = typed if is_right and typed else my_number()
        with self.broken(fault, after), suppress(DatabaseError, workflow.Refused):
            compared(application, by=self.office.checkers[checker], number=number)

    @rule(slot=SLOTS, checker=st.integers(0, 2), fault=st.sampled_from(STEP_FAULTS), after=AFTER)
    def approve(self, slot: int, checker: int, fault: str, after: int = 0) -> None:
        application, by = self.application(slot), self.office.checkers[checker]
        with self.broken(fault, after), suppress(DatabaseError, workflow.Refused):
            compared(application, by=by)
            workflow.approve(
                application.pk,
                by=by,
                at=timezone.now(),
                revision=application.revision,
                fingerprint=content.fingerprint(application.content),
            )

    @rule(slot=SLOTS, checker=st.integers(0, 2))
    def take_in(self, slot: int, checker: int) -> None:
        """Retype rightly and approve, so that there is something to look at."""
        self.retype(slot, checker, True, "none")
        self.approve(slot, checker, "none")

    @rule(slot=SLOTS, maker=st.integers(0, 1), fault=st.sampled_from(STEP_FAULTS), after=AFTER)
    def ask_for_a_correction(self, slot: int, maker: int, fault: str, after: int = 0) -> None:
        application, number = self.application(slot), my_number()
        with self.broken(fault, after), suppress(DatabaseError, corrections.Refused, application.person.DoesNotExist):
            corrections.open_request(
                application.person_id,
                by=self.office.makers[maker],
                at=timezone.now(),
                reason="CHANGED",
                words="番号の変更",
                evidence="CARD",
                number=number,
            )
        self.learn(application.person_id, number)

    @rule(
        which=PLACES,
        checker=st.integers(0, 2),
        is_right=st.sampled_from([True, True, False]),
        ends=st.sampled_from(["approve", "approve", "reject", "withdraw"]),
        fault=st.sampled_from(STEP_FAULTS),
        after=AFTER,
    )
    def go_on_with_a_correction(
        self, which: int, checker: int, is_right: bool, ends: str, fault: str, after: int
    ) -> None:
        if waiting := self.open_corrections():
            by = self.office.checkers[checker]
            self.go_on(waiting[which % len(waiting)], by, is_right=is_right, ends=ends, fault=fault, after=after)

    def go_on(
        self, correction: Correction, by: User, *, is_right: bool, ends: str, fault: str = "none", after: int = 0
    ) -> None:
        version = correction.version or 0
        number = self.office.digits[correction.holder_id, version] if is_right else my_number()
        with self.broken(fault, after), suppress(DatabaseError, corrections.Refused):
            corrections.compare(correction.pk, by=by, version=version, number=number)
            if ends == "approve":
                corrections.approve(correction.pk, by=by, at=timezone.now(), version=version)
            elif ends == "reject":
                corrections.reject(correction.pk, by=by, at=timezone.now(), words="書類が古い")
            else:
                corrections.withdraw(correction.pk, by=correction.opened_by, at=timezone.now())

    @rule(steps=st.integers(0, 3), fault=st.sampled_from(STEP_FAULTS), after=AFTER)
    def rotate(self, steps: int, fault: str, after: int = 0) -> None:
        """Let a new key take over, and rewrap as far as it goes: the rest is done another time."""
        one, other = self.office.keepers
        with self.broken(fault, after), suppress(DatabaseError, rotation.Refused):
            rotation.approve(rotation.propose_rotation(by=one, reason="年次の更新"), by=other)
        with self.broken(fault, after), suppress(DatabaseError, rotation.Refused):
            for _step in range(steps):
                rotation.work()

    @rule(fault=st.sampled_from(STEP_FAULTS), after=AFTER)
    def destroy_what_is_over(self, fault: str, after: int = 0) -> None:
        """Destroy this month's numbers whose time is over, by two people."""
        one, other = self.office.keepers
        with self.broken(fault, after), suppress(DatabaseError, deletion.Refused):
            letting_go.destroyed(one, other)

    @rule(which=PLACES, viewer=st.integers(0, 1), fault=st.sampled_from(STEP_FAULTS), after=AFTER)
    def look_up(self, which: int, viewer: int, fault: str, after: int = 0) -> None:
        """Ask whose number one is: only somebody whose number in use it is comes back."""
        typed = list(self.office.digits.items())  # in the order in which they were typed, which is the same each time
        (person, version), number = typed[which % len(typed)]
        with self.broken(fault, after), suppress(DatabaseError, vault.RefusedError):
            found, _entry = lookup.find(number, by=self.office.viewers[viewer], purpose=Purpose.INQUIRY, reason=WORDS)
            assert found in (None, person)
            assert (found is not None) == (self.office.states(person)[version] == SHOWN_STATE)

    # What is shown.

    @rule(slot=SLOTS, viewer=st.integers(0, 1), is_page=st.booleans())
    def reveal(self, slot: int, viewer: int, is_page: bool) -> None:
        """Look at a number while all is well."""
        self.reveal_while_it_breaks(slot, viewer, is_page, "none")

    @rule(
        slot=SLOTS,
        viewer=st.integers(0, 1),
        is_page=st.booleans(),
        fault=st.sampled_from(SHOW_FAULTS),
        after=AFTER,
    )
    def reveal_while_it_breaks(self, slot: int, viewer: int, is_page: bool, fault: str, after: int = 0) -> None:
        """Look at a number, through the service or through the page."""
        person, by = self.application(slot).person_id, self.office.viewers[viewer]
        with self.watched(person, by):
            if is_page or fault == "page fails":
                shown = self.on_the_page(person, by, fault, after)
            else:
                shown = self.by_the_service(person, by, fault, after)
        if shown is None:
            return
        self.office.delivered[by.pk, person] += 1
        self.seen["shown"] += 1
        states = self.office.states(person)
        in_use = {self.office.digits[person, version] for version, state in states.items() if state == SHOWN_STATE}
        assert {shown} == in_use, "what was shown is not the number in use"

    @rule(slot=SLOTS, viewer=st.integers(0, 1), fault=st.sampled_from(SHOW_FAULTS), after=AFTER)
    def reveal_and_correct(self, slot: int, viewer: int, fault: str, after: int = 0) -> None:
        """Look at a number just after another one has taken its place."""
        self.ask_for_a_correction(slot, 0, "none")
        for correction in self.open_corrections():
            if correction.person_id == self.application(slot).person_id:
                self.go_on(correction, self.office.checkers[1], is_right=True, ends="approve")
        self.reveal_while_it_breaks(slot, viewer, False, fault, after)

    def by_the_service(self, person: uuid.UUID, by: User, fault: str, after: int) -> str | None:
        with self.broken(fault, after), suppress(DatabaseError, vault.RefusedError):
            return vault.reveal(person, by=by, purpose=Purpose.INQUIRY, reason=WORDS).digits()
        return None

    def on_the_page(self, person: uuid.UUID, by: User, fault: str, after: int) -> str | None:
        client = signed_in(Client(raise_request_exception=False), by)
        sent = {"purpose": Purpose.INQUIRY.value, "reason": WORDS, "code": fresh_code(by), "has_scripts": "on"}
        with self.broken(fault, after):
            answer = client.post(reverse("benefits:number", args=[person]), sent)
        text = re.sub(r"<[^>]+>|\s", "", answer.content.decode())
        known = {number for (whose, _version), number in self.office.digits.items() if whose == person}
        return next((number for number in known if number in text), None)

    # What is always true.

    @invariant()
    def every_number_that_was_shown_has_its_committed_entry(self) -> None:
        for (actor, person), count in self.office.delivered.items():
            assert count <= self.office.committed(actor, person)

    @invariant()
    def one_number_belongs_to_one_person_and_one_person_has_one(self) -> None:
        live = "state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE')"
        for column, condition in (("number_index", live), ("person", "state = 'IN_USE'")):
            twice = self.superuser.execute(
                f"SELECT {column} FROM vault.number WHERE {condition} GROUP BY 1 HAVING count(*) > 1"
            ).fetchall()
            assert twice == []

    @invariant()
    def what_is_erased_is_gone_and_what_is_kept_can_be_opened(self) -> None:
        odd = self.superuser.execute(
            "SELECT n.person, n.version FROM vault.number n LEFT JOIN vault.wrapped_key w USING (person, version)"
            " WHERE (n.state IN ('REPLACED', 'DESTROYED')) IS DISTINCT FROM (w.wrapped IS NULL)"
            " OR (n.body IS NULL) IS DISTINCT FROM (w.wrapped IS NULL)"
        ).fetchall()
        assert odd == []

    # How it breaks.

    @contextmanager
    def broken(self, fault: str, after: int = 0) -> Iterator[None]:
        """Let one thing break inside the block, and mend the connection afterwards."""
        self.seen[fault] += 1
        self.after = after
        with ExitStack() as stack:
            for target in FAULTS.get(fault, lambda _days: [])(self):
                stack.enter_context(target)
            if fault == "none":
                yield
            else:
                with suppress(Broken):
                    yield
        if fault != "none":
            connection.close()

    @contextmanager
    def watched(self, person: uuid.UUID, by: User) -> Iterator[None]:
        """See to it that no number comes into being before its entry is committed."""
        before, unseal = self.office.committed(by.pk, person), crypto.unseal

        def watching(*arguments: Any, **keywords: Any) -> str:
            assert self.office.committed(by.pk, person) == before + 1, "opened without a committed entry"
            return unseal(*arguments, **keywords)

        with patch.object(crypto, "unseal", watching):
            yield

    def cut(self) -> None:
        """End the connection that serves, as a power cut at the other end would."""
        self.superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])

    def application(self, slot: int) -> Application:
        found = self.office.applications.get(slot) or self.office.applications[0]
        return Application.objects.select_related("person").get(pk=found.pk)

    def open_corrections(self) -> list[Correction]:
        people = [one.person_id for one in self.office.applications.values()]
        return list(
            Correction.objects.open().filter(person_id__in=people, version__isnull=False).select_related("opened_by")
        )

    def learn(self, person: uuid.UUID, number: str) -> None:
        """Note which digits a new version stands for."""
        for version in self.office.states(person):
            self.office.digits.setdefault((person, version), number)

    def teardown(self) -> None:
        for application in self.office.applications.values():
            self.seen.update(self.office.states(application.person_id).values())
        connection.close()


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_arguments: object, **_keywords: object) -> None:
        raise error

    return fail


def _losing(days: Days, *, is_done: bool) -> Any:
    """Lose a COMMIT, or only its answer: the client cannot tell the two apart."""
    commit, made = connection._commit, itertools.count()

    def losing() -> None:
        if next(made) != days.after:
            commit()
            return
        if is_done:
            commit()
        days.cut()
        raise Broken("the connection broke at COMMIT")

    return patch.object(connection, "_commit", losing)


def _record_full(days: Days) -> Any:
    """Let the record take no more after some entries."""
    write, made = Event.objects.bulk_create, itertools.count()

    def writing(*arguments: Any, **keywords: Any) -> Any:
        if next(made) >= days.after:
            raise Broken("the record is full")
        return write(*arguments, **keywords)

    return patch.object(Event.objects, "bulk_create", writing)


def _cut_before_fetch(days: Days) -> Any:
    opened = vault._opened

    def cutting(*arguments: Any) -> str:
        days.cut()
        return opened(*arguments)

    return patch.object(vault, "_opened", cutting)


def _ticket_used(days: Days) -> Any:
    opened = vault._opened

    def using(event: uuid.UUID, *arguments: Any) -> str:
        days.superuser.execute("INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (%s, 0)", [event])
        return opened(event, *arguments)

    return patch.object(vault, "_opened", using)


FAULTS: dict[str, Callable[[Days], list[Any]]] = {
    "record": lambda days: [_record_full(days)],
    "commit lost": lambda days: [_losing(days, is_done=False)],
    "answer lost": lambda days: [_losing(days, is_done=True)],
    "cut before fetch": lambda days: [_cut_before_fetch(days)],
    "ticket used": lambda days: [_ticket_used(days)],
    "fetch fails": lambda _days: [patch.object(vault, "_opened", _raising(Broken("the vault does not answer")))],
    "key silent": lambda _days: [
        patch.object(type(keys.provider()), "unwrap", _raising(keys.KeyUnavailableError("silent")))
    ],
    "key wrong": lambda _days: [patch.object(type(keys.provider()), "unwrap", _raising(keys.WrongKeyError()))],
    "page fails": lambda _days: [
        patch("benefits.views.showing.render", _raising(RuntimeError("the page cannot be drawn")))
    ],
}


@pytest.fixture
def own_keys(tmp_path: Path, settings: Any) -> Iterator[None]:
    """A copy of the office's keys: those made here are made there."""
    copied = tmp_path / "keys"
    shutil.copytree(office_settings.KYUFU_KEYS_DIR, copied)
    settings.KYUFU_KEYS_DIR = copied
    keyfiles.read.cache_clear()
    yield
    keyfiles.read.cache_clear()


def test_no_number_reaches_anybody_without_its_committed_entry(
    superuser_connection: psycopg.Connection[Any], own_keys: None
) -> None:
    letting_go.no_file()
    Days.superuser = superuser_connection
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=DAYS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=not IS_FULL,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # a test in which nothing is shown, and nothing breaks, shows nothing
    happened = {"shown", "record", "commit lost", "answer lost", "IN_USE"}
    if IS_FULL:
        happened |= {*SHOW_FAULTS, "PROVISIONAL", "CONFIRMED", "SUPERSEDED", "DESTROYED", "REPLACED"}
    assert happened <= set(Days.seen), happened - set(Days.seen)


def test_the_model_notices_a_number_that_comes_without_its_entry(
    superuser_connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Days.superuser = superuser_connection
    days = Days()
    days.begin_with_two_people()
    person, by = days.application(0).person_id, days.office.viewers[0]

    def leaking(*_arguments: object, **_keywords: object) -> Secret:
        row = superuser_connection.execute(
            "SELECT kek_id, wrapped, body FROM vault.number JOIN vault.wrapped_key USING (person, version)"
            " WHERE person = %s",
            [person],
        ).fetchone()
        assert row is not None
        return Secret(crypto.unseal(crypto.Sealed(*row), person=person, version=1))

    monkeypatch.setattr(vault, "reveal", leaking)
    with pytest.raises(AssertionError, match="opened without a committed entry"):
        days.reveal(slot=0, viewer=0, is_page=False)
    days.office.delivered[by.pk, person] += 1
    with pytest.raises(AssertionError):
        days.every_number_that_was_shown_has_its_committed_entry()
