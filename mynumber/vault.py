"""The only door to My Numbers: what goes in is sealed, what comes out is on record first.

Nothing here returns digits but :func:`reveal`, and nothing here is told whose name goes with a number. ``label`` is
what the record calls the case: a receipt or recipient number.
"""

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import journal
from audit.models import Event, Result
from mynumber import actions, checkdigit, crypto
from mynumber.purposes import Purpose
from mynumber.secret import Secret

logger = logging.getLogger(__name__)

REVEAL_PERMISSION = "mynumber.reveal_number"
TYPE_PERMISSION = "mynumber.type_number"
RETYPE_PERMISSION = "mynumber.retype_number"
DIGITS = 12
#: How many numbers of other people somebody may type within ten minutes before typing stops.
GUESSES_ALLOWED = 5
GUESSING_WINDOW = timedelta(minutes=10)
REASON_LENGTH = 200
#: Hyphens and dashes that people and IMEs put between groups of digits.
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−ー]+")


class Person(journal.Actor, Protocol):
    """Somebody who acts on the vault: Django's own permission check, no import of the accounts app."""

    def has_perm(self, permission: str) -> bool: ...


class State(StrEnum):
    """How far a number has come. Only ``IN_USE`` can be revealed."""

    PROVISIONAL = "PROVISIONAL"
    CONFIRMED = "CONFIRMED"
    IN_USE = "IN_USE"


class Comparison(StrEnum):
    """What a second entry comes to. Where the two differ is not told, nor even known."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    EXHAUSTED = "EXHAUSTED"
    OWN_ENTRY = "OWN_ENTRY"
    SETTLED = "SETTLED"
    ABSENT = "ABSENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may be known of a person's number: that there is one, and who handled it."""

    version: int
    state: State
    typed_by: int
    typed_at: datetime
    confirmed_by: int | None


class InvalidNumberError(ValueError):
    """The digits cannot be a My Number. The text is fit to show the clerk and never repeats them."""


class NotKeptError(Exception):
    """A typed number was not kept. The text is fit to show the clerk and says nothing about anybody else.

    ``record_not_kept`` writes it down, once the transaction it happened in has been undone.
    """

    def __init__(self, message: str, *, code: str, person: UUID, by: "Person") -> None:
        super().__init__(message)
        self.code, self.person, self.by = code, person, by


class KeyBrokenError(Exception):
    """A key does not open what was sealed under it a moment ago."""


class RefusedError(Exception):
    """The number is not shown. The text is fit to show the person who asked."""


def read(text: str) -> str:
    """Return the twelve digits typed as ``text``: any width, spaces and hyphens between groups allowed.

    Raises :class:`InvalidNumberError` naming what is wrong (length, characters, check digit), never the digits.
    """
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if not digits.isascii() or not digits.isdigit():
        raise InvalidNumberError(_("個人番号は数字で入力してください。"))
    if len(digits) != DIGITS:
        raise InvalidNumberError(
            _("個人番号は12桁で入力してください（入力 %(count)d桁）。") % {"count": len(digits)},
        )
    if not checkdigit.is_valid(digits):
        raise InvalidNumberError(_("個人番号の検査数字が合いません。原本と見比べて、もう一度入力してください。"))
    return digits


def keep(person: UUID, text: str, *, by: Person, label: str = "") -> int:
    """Seal the number typed as ``text`` for ``person`` and return its version (1, 2 …).

    It is provisional: nobody can see it until a second person has typed the same and the application is
    approved. An earlier number that is not in use is replaced and erased. Raises
    :class:`InvalidNumberError`, or :class:`NotKeptError` when the number is somebody else's ("taken") or this
    person's is in use already ("in_use").
    """
    _require(by, TYPE_PERMISSION)
    _refuse_if_guessing(person, by=by)
    digits = read(text)
    number_index = crypto.index(digits)
    try:
        with transaction.atomic():
            version: int = _call("next_version", person)
            _call("keep", person, version, crypto.seal(digits, person=person, version=version), number_index, by.pk)
            journal.record(
                actions.TYPED, by=by, subject=_subject(person, label), person_id=person, details={"version": version}
            )
    except IntegrityError as error:
        message = _("この個人番号は、ほかの人の番号として登録されています。原本の氏名と番号を確かめてください。")
        raise NotKeptError(message, code="taken", person=person, by=by) from error
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != "KY001":
            raise
        message = _("この人の個人番号は登録済みです。直すには訂正の手続きが必要です。")
        raise NotKeptError(message, code="in_use", person=person, by=by) from error
    return version


def _refuse_if_guessing(person: UUID, *, by: Person) -> None:
    """Stop somebody whose numbers keep turning out to be other people's: "taken" must not become an oracle."""
    refused = Event.objects.filter(
        action=actions.TYPING_REFUSED,
        actor_id=by.pk,
        at__gte=timezone.now() - GUESSING_WINDOW,
        details__code="taken",  # trying meanwhile does not lengthen the stop
    ).count()
    if refused >= GUESSES_ALLOWED:
        message = _("登録済みの番号が続けて入力されたため、個人番号の入力を止めています。時間をおいてください。")
        raise NotKeptError(message, code="guessing", person=person, by=by)


def record_not_kept(refused: NotKeptError) -> None:
    """Write down that a number was refused, outside the transaction that was undone for it."""
    _record_refused(actions.TYPING_REFUSED, by=refused.by, person=refused.person, code=refused.code)


def compare(person: UUID, version: int, text: str, *, by: Person, label: str = "") -> Comparison:
    """Say whether ``text`` is the number that somebody else typed for ``person``; on a match, confirm it.

    Each person has two tries for a version. Raises :class:`InvalidNumberError` before a try is spent.
    """
    _require(by, RETYPE_PERMISSION)
    number_index = crypto.index(read(text))
    with transaction.atomic():
        outcome = Comparison(_call("compare", person, version, number_index, by.pk))
        journal.record(
            actions.COMPARED,
            by=by,
            subject=_subject(person, label),
            person_id=person,
            result=Result.DONE if outcome is Comparison.MATCH else Result.REFUSED,
            details={"version": version, "answer": outcome.value},
        )
    return outcome


def tries_left(person: UUID, version: int, *, by: Person) -> int:
    """Return how often ``by`` may still retype this version (0-2)."""
    left: int = _call("tries_left", person, version, by.pk)
    return left


def standing(person: UUID) -> Standing | None:
    """Return what may be known of the person's number, or None when none is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, state, typed_by, typed_at, confirmed_by FROM vault.standing(%s)", [person])
        row = cursor.fetchone()
    if row is None:
        return None
    version, state, typed_by, typed_at, confirmed_by = row
    return Standing(
        version=version, state=State(state), typed_by=typed_by, typed_at=typed_at, confirmed_by=confirmed_by
    )


def put_in_use(person: UUID, version: int, *, by: Person) -> None:
    """Let the confirmed number be used, inside the transaction that approves the application it came with."""
    if not _call("put_in_use", person, version):
        raise RefusedError(_("個人番号の照合が済んでいません。"))
    journal.record(actions.PUT_IN_USE, by=by, person_id=person, details={"version": version})


def remove(person: UUID, *, by: Person) -> None:
    """Erase a number that is not in use and not needed any more; without one, do nothing."""
    with transaction.atomic():
        if _call("remove", person):
            journal.record(actions.REMOVED, by=by, person_id=person)


def reveal(person: UUID, *, by: Person, purpose: Purpose, reason: str, label: str = "") -> Secret:
    """Return the person's number for the one page that shows it.

    The entry in the record is committed before the number is fetched, and the database hands the sealed number
    out only against that entry: if it cannot be written, nothing is shown. The caller has checked a fresh
    one-time code. Raises :class:`RefusedError` (recorded), or ``RuntimeError`` inside another transaction.
    """
    if not by.has_perm(REVEAL_PERMISSION):
        raise _refused(by, person, "not_permitted", _("個人番号を表示する権限がありません。"))
    held = standing(person)
    if held is None or held.state is not State.IN_USE:
        raise _refused(by, person, "not_in_use", _("表示できる個人番号がありません（未登録、または未確定です）。"))
    if by.pk in (held.typed_by, held.confirmed_by):
        raise _refused(by, person, "own_entry", _("自分が入力した個人番号は表示できません。"))
    entry = journal.record_committed(
        actions.REVEALED,
        by=by,
        subject=_subject(person, label),
        person_id=person,
        purpose=Purpose(purpose).value,
        reason=reason[:REASON_LENGTH],
        details={"version": held.version},
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version, blob FROM vault.fetch(%s)", [entry.pk])
            version, blob = cursor.fetchone()
        return Secret(crypto.unseal(bytes(blob), person=person, version=version))
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", "") or ""
        journal.record(actions.REVEAL_FAILED, by=by, person_id=person, result=Result.FAILED, details={"code": state})
        if state == "KY007":
            raise RefusedError(_("表示できる件数の上限に達しました。時間をおいてください。")) from error
        raise RefusedError(_("個人番号を表示できませんでした。管理者に連絡してください。")) from error
    except crypto.SealBrokenError as error:
        logger.exception("a sealed number did not open")
        journal.record(
            actions.REVEAL_FAILED, by=by, person_id=person, result=Result.FAILED, details={"code": "seal_broken"}
        )
        raise RefusedError(_("個人番号を復号できませんでした。管理者に連絡してください。")) from error


def keep_confirmed(people: Sequence[tuple[UUID, str, Person, Person]]) -> None:
    """Seal many numbers, each typed alike by two people (person, digits, first, second). For the demo office."""
    if any(first.pk == second.pk for _person, _digits, first, second in people):
        raise ValueError("a number is confirmed by somebody else than who typed it")
    indexes = [crypto.index(read(digits)) for _person, digits, _first, _second in people]
    persons = [person for person, _digits, _first, _second in people]
    blobs = [crypto.seal(digits, person=person, version=1) for person, digits, _first, _second in people]
    with transaction.atomic():
        _call("keep_all", persons, blobs, indexes, [first.pk for _p, _d, first, _s in people])
        _call("confirm_all", persons, indexes, [second.pk for _p, _d, _f, second in people])
        journal.record_all(
            journal.Entry(action=action, by=actor, person_id=person, details={"version": 1})
            for person, _digits, first, second in people
            for action, actor in ((actions.TYPED, first), (actions.COMPARED, second))
        )


def keep_provisional(people: Sequence[tuple[UUID, str, Person]]) -> None:
    """Seal many numbers that one person has typed. For the demo office."""
    with transaction.atomic():
        _call(
            "keep_all",
            [person for person, _digits, _by in people],
            [crypto.seal(digits, person=person, version=1) for person, digits, _by in people],
            [crypto.index(read(digits)) for _person, digits, _by in people],
            [by.pk for _person, _digits, by in people],
        )
        journal.record_all(
            journal.Entry(action=actions.TYPED, by=by, person_id=person, details={"version": 1})
            for person, _digits, by in people
        )


def put_all_in_use(people: Sequence[tuple[UUID, Person]]) -> None:
    """Let many confirmed numbers be used, inside the transaction that approves them. For the demo office."""
    if _call("put_all_in_use", [person for person, _by in people]) != len(people):
        raise RefusedError(_("個人番号の照合が済んでいません。"))
    journal.record_all(
        journal.Entry(action=actions.PUT_IN_USE, by=by, person_id=person, details={"version": 1})
        for person, by in people
    )


def try_key(name: str) -> None:
    """Try out a key file on random bytes: no number is touched.

    Raises :class:`audit.keyfiles.KeyUnavailableError` or :class:`KeyBrokenError`.
    """
    try:
        crypto.try_out(name)
    except crypto.SealBrokenError as error:
        raise KeyBrokenError from error


def _call(function: str, *arguments: Any) -> Any:
    """Call one of the vault's functions (names from this module only, never from outside)."""
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT vault.{function}({marks})", arguments)
        return cursor.fetchone()[0]


def _subject(person: UUID, label: str) -> journal.Subject:
    """Return what the record calls the person: by ``label``, a receipt or recipient number, never by name."""
    return journal.Subject(kind="mynumber.number", id=str(person), label=label)


def _require(by: Person, permission: str) -> None:
    if not by.has_perm(permission):
        raise RefusedError(_("個人番号を扱う権限がありません。"))


def _record_refused(action: str, *, by: Person, person: UUID, code: str) -> None:
    journal.record(action, by=by, person_id=person, result=Result.REFUSED, details={"code": code})


def _refused(by: Person, person: UUID, code: str, message: str) -> RefusedError:
    _record_refused(actions.REVEAL_REFUSED, by=by, person=person, code=code)
    return RefusedError(message)
