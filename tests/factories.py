"""Plain functions that put an office's people and papers where a test needs them."""

import itertools
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import one_time_codes, sign_in
from accounts.models import CodeDevice, StaffSession, User
from accounts.roles import Role
from audit import sealed_text
from benefits import content, holders, household_numbers, workflow
from benefits.forms import EntryForm
from benefits.models import Application
from config.office.databases import Address
from mynumber import checkdigit

PASSWORD = "kawa-yama-sora-hana-1234567"

#: The office's owner role, who alone may add people. Set by tests/conftest.py once there is a database.
owner: Address | None = None
#: The connection that the owner keeps between one test and the next, and who uses it now.
_books: psycopg.Connection[Any] | None = None
_at_the_books = threading.Lock()

_serial = itertools.count(1)
_hired: list[int] = []


def staff_member(
    *roles: Role,
    login_id: str | None = None,
    name: str | None = None,
    seed: bytes | None = None,
    section: str = "",
    office: str = "",
    network: str = "",
) -> User:
    """Return a new member of staff with a code device, committed: the app role may not add people.

    The password is ``PASSWORD``; the device's seed is drawn unless given. They leave when the test is over.
    """
    number = next(_serial)
    login_id = login_id or f"staff{number}"
    with the_owner() as connection, connection.transaction():
        row = connection.execute(
            "INSERT INTO accounts_user (password, login_id, display_name, section, is_active, password_changed_at)"
            " VALUES (%s, %s, %s, %s, true, now()) RETURNING id",
            [make_password(PASSWORD), login_id, name or f"職員{number}", section],
        ).fetchone()
        assert row is not None
        _hired.append(row[0])
        for role in roles:
            connection.execute(
                "INSERT INTO accounts_roleassignment (user_id, role, office, network) VALUES (%s, %s, %s, %s)",
                [row[0], role, office, network],
            )
        sealed = sealed_text.seal(
            (seed or uuid.uuid4().bytes).hex(), key=one_time_codes.SEED_KEY, bound_to=f"seed|{row[0]}"
        )
        connection.execute(
            "INSERT INTO accounts_codedevice (name, confirmed, user_id, sealed_seed, last_step,"
            " throttling_failure_count) VALUES ('authenticator', true, %s, %s, -1, 0)",
            [row[0], sealed],
        )
    return User.objects.get(pk=row[0])


@contextmanager
def the_owner() -> Iterator[psycopg.Connection[Any]]:
    """Give the owner's connection, on which every statement is committed, to one thread at a time."""
    global _books
    assert owner is not None
    with _at_the_books:
        if _books is None or _books.closed:
            _books = psycopg.connect(**owner.as_psycopg(autocommit=True))
            _books.execute("SET lock_timeout = '5s'")
        yield _books


def close_the_books() -> None:
    """Let go of the owner's connection."""
    if _books is not None:
        _books.close()


def everybody_leaves() -> None:
    """Remove the staff of a test that is over. Nothing of the test's holds on to them any more."""
    if not _hired:
        return
    with the_owner() as connection:
        for table in ("staffsession", "keptinput"):
            connection.execute(f"DELETE FROM accounts_{table} WHERE user_id = ANY(%s)", [_hired])
        for table, column in (("codedevice", "user_id"), ("roleassignment", "user_id"), ("user", "id")):
            connection.execute(f"DELETE FROM accounts_{table} WHERE {column} = ANY(%s)", [_hired])
    _hired.clear()


def everybody_stays() -> None:
    """Leave the staff hired until now to whoever hired them for more than one test."""
    _hired.clear()


def fresh_code(user: User) -> str:
    """Return a one-time code that is accepted now, whatever was used or mistyped before."""
    CodeDevice.objects.filter(user=user).update(
        last_step=-1, throttling_failure_count=0, throttling_failure_timestamp=None
    )
    return one_time_codes.next_usable(user)[0]


def signed_in(client: Client, user: User) -> Client:
    """Return ``client`` with a session of ``user`` in which password and code were given a moment ago."""
    client.force_login(user, backend=sign_in.BACKEND)
    session, now = client.session, timezone.now()
    session[DEVICE_ID_SESSION_KEY] = CodeDevice.objects.get(user=user).persistent_id
    session.save()
    StaffSession.objects.create(
        user=user,
        session_key=session.session_key,
        factor="codedevice",
        began_at=now,
        last_used_at=now,
        factor_used_at=now,
    )
    return client


def my_number(payload: int | None = None) -> str:
    """Return an individual number that passes the check digit; a new one at each call without ``payload``."""
    eleven = f"{payload if payload is not None else 12_345_670_000 + next(_serial):011d}"
    return eleven + checkdigit.check_digit(eleven)


def form_data(**changes: Any) -> dict[str, Any]:
    """Return a complete entry as it is typed, without the individual number; None takes a box away."""
    data: dict[str, Any] = {
        "accepted_on": "R7.9.20",
        "accepted_office": "CHUO",
        "family_kana": "ミホン",
        "given_kana": "タロウ",
        "family_name": "見本",
        "given_name": "太郎",
        "birth_on": "S45.4.1",
        "sex": "1",
        "postal_code": "1000001",
        "prefecture": "見本県",
        "city": "架空市",
        "street": "本町1-2-3",
        "phone": "090-0000-0000",
        "number_given": "GIVEN",
        "number_evidence": "CARD",
        "identity_evidence": "CARD",
        "applicant_kind": "SELF",
        "insurance_kind": "KUMIAI",
        "insurer_number": "06131239",
        "insurer_name": "見本健康保険組合",
        "insured_symbol": "12",
        "insured_number": "345678",
        "insured_branch": "00",
        "insured_kind": "SELF",
        "disease_number": "6",
        "diagnosed_on": "R7.9.1",
        "certification_basis": "SEVERITY",
        "late_reason": "NONE",
        "ventilator": "NO",
        "public_assistance": "NO",
        "patient_tax": "TAXED",
        "patient_income_levy": "70,999",
        "documents": ["APPLICATION"],
    }
    data.update(changes)
    return {key: value for key, value in data.items() if value is not None}


def household(*, kana: str = "ミホン ハナコ", **members: Any) -> dict[str, Any]:
    """Return what a form says of an insured person whom the patient belongs to: their number is needed too."""
    return {
        "insured_kind": "FAMILY",
        "member_0_name": "見本　花子",
        "member_0_relation": "母",
        "member_0_birth_on": "S20.5.5",
        "member_0_insurance": "SAME",
        "member_0_insured": "YES",
        "member_0_tax": "TAXED",
        "member_0_income_levy": "70,999",
        "member_0_kana": kana,
        "member_0_number_given": "GIVEN",
        "patient_tax": "EXEMPT",
        "patient_income_levy": None,
        **members,
    }


def draft(
    by: User, *, number: str | None = None, numbers: Mapping[str, str] | None = None, **changes: Any
) -> Application:
    """Return a draft typed by ``by``, with an individual number unless ``number_given`` says that there is none.

    ``numbers`` are those of the others whose number is needed, by where they stand on the form.
    """
    now = timezone.now()
    entry = form_data(**changes)
    application = workflow.begin(uuid.uuid4(), by=by, at=now, entry=entry)
    if entry.get("number_given") == "GIVEN":
        application = workflow.type_number(
            application.pk, by=by, at=now, revision=application.revision, number=number or my_number()
        )
    for slot, one in (numbers or {}).items():
        application = workflow.type_number(
            application.pk, by=by, at=now, revision=application.revision, number=one, slot=slot
        )
    return application


def submitted(
    by: User, *, number: str | None = None, numbers: Mapping[str, str] | None = None, **changes: Any
) -> Application:
    """Return an application that ``by`` has typed and sent to the checkers."""
    return submit(draft(by, number=number, numbers=numbers, **changes), by=by)


def submit(application: Application, *, by: User) -> Application:
    """Send a draft to the checkers, through the form's own rules."""
    sealed = household_numbers.sealed_slots(application)
    form = EntryForm(
        _posted(application.entry),
        today=timezone.localdate(),
        has_number=holders.PATIENT in sealed,
        sealed=sealed,
    )
    assert form.is_valid(), form.errors.as_json()
    return workflow.submit(
        application.pk, by=by, at=timezone.now(), revision=application.revision, form=form.document()
    )


def compared(
    application: Application, *, by: User, number: str | None = None, numbers: Mapping[str, str] | None = None
) -> Application:
    """Let ``by`` tick every box, and retype ``number`` when there is one, and those of the others."""
    workflow.check(
        application.pk,
        by=by,
        at=timezone.now(),
        revision=application.revision,
        ticked=frozenset(content.to_be_ticked(application.content)),
    )
    if number is not None:
        workflow.compare_number(application.pk, by=by, at=timezone.now(), revision=application.revision, number=number)
    for slot, one in (numbers or {}).items():
        workflow.compare_number(
            application.pk, by=by, at=timezone.now(), revision=application.revision, number=one, slot=slot
        )
    return application


def approved(
    maker: User, checker: User, *, number: str | None = None, numbers: Mapping[str, str] | None = None, **changes: Any
) -> Application:
    """Return an application typed by ``maker`` and approved by ``checker``."""
    number = number or my_number()
    application = submitted(maker, number=number, numbers=numbers, **changes)
    compared(application, by=checker, number=number if application.number_version else None, numbers=numbers)
    workflow.approve(
        application.pk,
        by=checker,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
        same_person_words="試験のための別の人",
    )
    return Application.objects.get(pk=application.pk)


def _posted(entry: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    for key, value in entry.items():
        data.setlist(key, value if isinstance(value, list) else [value])
    return data
