"""The only door to My Numbers: what goes in is sealed, what comes out is on record first.

Nothing here returns digits but :func:`reveal`, and nothing here is told whose name goes with a number. ``label`` is
what the record calls the case: a receipt or recipient number.
"""

import hashlib
import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from audit import journal
from audit.models import Event, Result
from audit.sealing import watch
from mynumber import actions, checkdigit, crypto, keys
from mynumber.purposes import Ground, Purpose
from mynumber.secret import Secret

logger = logging.getLogger(__name__)

REVEAL_PERMISSION = "mynumber.reveal_number"
TYPE_PERMISSION = "mynumber.type_number"
RETYPE_PERMISSION = "mynumber.retype_number"
DIGITS = 12
#: How many numbers of other people somebody may type within ten minutes before typing stops.
GUESSES_ALLOWED = 5
GUESSING_WINDOW = timedelta(minutes=10)
#: What a refusal says of the number that was typed.
FOUND_OUT = ("taken", "same", "same_household")
#: How many numbers somebody may type within an hour in place of one that was typed before.
RETYPINGS_ALLOWED = 20
RETYPING_WINDOW = timedelta(hours=1)
REASON_LENGTH = 200
#: On what a number is held when nothing else is said: 支給認定 under 難病法.
DEFAULT_BASIS = "NANBYO"
#: Why the database hands a sealed number out to nobody, in words for who asked; by SQLSTATE.
_NOT_SHOWN = gettext_lazy("個人番号を表示できませんでした。管理者に連絡してください。")
_WHY_NOT_FETCHED: Mapping[str, Promise] = MappingProxyType(
    {
        "KY007": gettext_lazy("表示できる件数の上限に達しました。時間をおいてください。"),
        "KY011": gettext_lazy("この人の個人番号は保護されています。表示には、ほかの人による解除が必要です。"),
    }
)
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


class Kind(StrEnum):
    """Whose number it is, in the case that it is held for."""

    PATIENT = "PATIENT"
    GUARDIAN = "GUARDIAN"
    MEMBER = "MEMBER"


class Source(StrEnum):
    """Where a number was taken from."""

    PAPER = "PAPER"
    JUKI = "JUKI"


class Comparison(StrEnum):
    """What a second entry comes to. Where the two differ is not told, nor even known."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    EXHAUSTED = "EXHAUSTED"
    STOPPED = "STOPPED"
    OWN_ENTRY = "OWN_ENTRY"
    SETTLED = "SETTLED"
    ABSENT = "ABSENT"
    #: No key can be used now. Nothing was compared, and no try is spent.
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may be known of a person's number: that there is one, and who handled it."""

    version: int
    state: State
    typed_by: int
    typed_at: datetime
    confirmed_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retyping:
    """How one person fared with retyping one version of a number."""

    person: UUID
    version: int
    typed_by: int
    tries: int
    agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One number that the vault holds: for whom, how far it has come, on what basis and since when."""

    person: UUID
    version: int
    state: str
    kind: Kind
    basis: str
    source: Source
    typed_at: datetime
    confirmed_at: datetime | None


class InvalidNumberError(ValueError):
    """The digits cannot be a My Number. The text is fit to show the clerk and never repeats them."""


class NotKeptError(Exception):
    """A typed number was not kept. The text is fit to show the clerk and says nothing about anybody else.

    ``record_not_kept`` writes it down, once the transaction it happened in has been undone.
    """

    def __init__(self, message: str, *, code: str, person: UUID, by: "Person", other: UUID | None = None) -> None:
        super().__init__(message)
        self.code, self.person, self.by = code, person, by
        #: whose number it is, when that is somebody of the same household ("same_household")
        self.other = other


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


def keep(
    person: UUID,
    text: str,
    *,
    by: Person,
    label: str = "",
    kind: Kind = Kind.PATIENT,
    basis: str = DEFAULT_BASIS,
    household: Sequence[UUID] = (),
) -> int:
    """Seal the number typed as ``text`` for ``person`` and return its version (1, 2 …).

    It is provisional: nobody can see it until a second person has typed the same and the application is
    approved. An earlier number that is not in use is replaced and erased. Raises
    :class:`InvalidNumberError`, or :class:`NotKeptError` when the number is somebody else's ("taken"), somebody's
    of ``household`` ("same_household", which names that person), this person's is in use already ("in_use"), or no
    key can be used now ("key_unavailable"): then nothing of it is anywhere.
    """
    _require(by, TYPE_PERMISSION)
    refuse_if_guessing(person, by=by)
    digits = read(text)
    try:
        number_index = crypto.index(digits)
        with transaction.atomic():
            version: int = _call("next_version", person)
            # held until the end of the transaction: no key stops sealing while something is sealed under it
            sealed = crypto.seal(digits, person=person, version=version, kek_id=_call("hold_current_kek"))
            _call(
                "keep",
                person,
                version,
                sealed.kek_id,
                sealed.wrapped,
                sealed.body,
                number_index,
                by.pk,
                kind.value,
                basis,
                Source.PAPER.value,
            )
            journal.record(
                actions.TYPED, by=by, subject=_subject(person, label), person_id=person, details={"version": version}
            )
    except keys.KeyUnavailableError as error:
        logger.exception("no key seals a number now")
        message = _(
            "鍵を使えないため、個人番号を保存できませんでした。番号はどこにも残っていません。"
            "時間をおいてもう一度入力し、続くときは管理者に連絡してください。"
        )
        raise NotKeptError(message, code="key_unavailable", person=person, by=by) from error
    except IntegrityError as error:
        others = [one for one in household if one != person]
        if others and (other := _call("whose_among", number_index, others)):
            message = _(
                "この個人番号は、同じ申請のほかの人の欄に入力されています。原本の氏名と番号を確かめてください。"
            )
            raise NotKeptError(message, code="same_household", person=person, by=by, other=other) from error
        message = _("この個人番号は、ほかの人の番号として登録されています。原本の氏名と番号を確かめてください。")
        raise NotKeptError(message, code="taken", person=person, by=by) from error
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != "KY001":
            raise
        message = _("この人の個人番号は登録済みです。直すには訂正の手続きが必要です。")
        raise NotKeptError(message, code="in_use", person=person, by=by) from error
    return version


def refuse_if_guessing(person: UUID, *, by: Person) -> None:
    """Stop somebody who tries numbers out: what a box answers must not become an oracle.

    Counted are numbers that turned out to be somebody's already, and numbers typed in place of one typed before: of
    many guesses most are nobody's, and only their number gives them away. Raises :class:`NotKeptError`.
    """
    now = timezone.now()
    of_theirs = Event.objects.filter(actor_id=by.pk)
    found = of_theirs.filter(
        action=actions.TYPING_REFUSED,
        at__gte=now - GUESSING_WINDOW,
        details__code__in=FOUND_OUT,  # trying meanwhile does not lengthen the stop
    ).count()
    typed_anew = (
        of_theirs.filter(action=actions.TYPED, at__gte=now - RETYPING_WINDOW).exclude(details__version=1).count()
    )
    if found >= GUESSES_ALLOWED or typed_anew >= RETYPINGS_ALLOWED:
        message = _("個人番号の入力し直しが続いたため、入力を止めています。時間をおいてください。")
        raise NotKeptError(message, code="guessing", person=person, by=by)


def record_not_kept(refused: NotKeptError) -> None:
    """Write down that a number was refused, outside the transaction that was undone for it."""
    _record_refused(actions.TYPING_REFUSED, by=refused.by, person=refused.person, code=refused.code)


def compare(person: UUID, version: int, text: str, *, by: Person, label: str = "") -> Comparison:
    """Say whether ``text`` is the number that somebody else typed for ``person``; on a match, confirm it.

    Each person has two tries for a version, and whoever disagrees too often over all numbers is stopped for a while.
    Raises :class:`InvalidNumberError` before a try is spent.
    """
    _require(by, RETYPE_PERMISSION)
    digits = read(text)
    try:
        number_index = crypto.index(digits)
    except keys.KeyUnavailableError:
        logger.exception("no key compares numbers now")
        journal.record(
            actions.COMPARED,
            by=by,
            subject=_subject(person, label),
            person_id=person,
            result=Result.FAILED,
            details={"version": version, "answer": Comparison.UNAVAILABLE.value},
        )
        return Comparison.UNAVAILABLE
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
    return standings([person]).get(person)


def standings(people: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return what may be known of these people's numbers, in one question; whoever has none is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, version, state, typed_by, typed_at, confirmed_by FROM vault.standings(%s)", [list(people)]
        )
        rows = cursor.fetchall()
    return {
        person: Standing(
            version=version, state=State(state), typed_by=typed_by, typed_at=typed_at, confirmed_by=confirmed_by
        )
        for person, version, state, typed_by, typed_at, confirmed_by in rows
    }


def retyped(people: Sequence[UUID]) -> list[Retyping]:
    """Return who has retyped these people's numbers, every version, and whether they agreed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person, version, typed_by, tries, agreed FROM vault.retyped(%s)", [list(people)])
        return [
            Retyping(person=person, version=version, typed_by=typed_by, tries=tries, agreed=agreed)
            for person, version, typed_by, tries, agreed in cursor.fetchall()
        ]


def holdings(after: UUID | None = None, limit: int = 100) -> list[Holding]:
    """Return what is held of the next ``limit`` people after one, by their ids; a person's versions stay together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, version, state, kind, basis, source, typed_at, confirmed_at FROM vault.holdings(%s, %s)",
            [after, limit],
        )
        return [
            Holding(
                person=person,
                version=version,
                state=state,
                kind=Kind(kind),
                basis=basis,
                source=Source(source),
                typed_at=typed_at,
                confirmed_at=confirmed_at,
            )
            for person, version, state, kind, basis, source, typed_at, confirmed_at in cursor.fetchall()
        ]


def put_in_use(person: UUID, version: int, *, by: Person, approved: journal.Subject | None = None) -> None:
    """Let the confirmed number be used, inside the transaction that approves the application it came with.

    ``approved`` names the application when its approval is on record for somebody else, its patient.
    """
    if not _call("put_in_use", person, version):
        raise RefusedError(_("個人番号の照合が済んでいません。"))
    journal.record(actions.PUT_IN_USE, by=by, subject=approved, person_id=person, details={"version": version})


def remove(person: UUID, *, by: Person) -> None:
    """Erase a number that is not in use and not needed any more; without one, do nothing."""
    with transaction.atomic():
        if _call("remove", person):
            journal.record(actions.REMOVED, by=by, person_id=person)


def reveal(
    person: UUID,
    *,
    by: Person,
    purpose: Purpose,
    reason: str,
    label: str = "",
    ground: Ground = Ground.NONE,
    again: int = 0,
    explanation: str = "",
) -> Secret:
    """Return the person's number for the one page that shows it.

    The entry in the record is committed before the number is fetched, and the database hands the sealed number
    out only against that entry and the ticket drawn for it, which is known to this call alone: if the entry cannot be
    written, nothing is shown. The caller has checked a fresh one-time code, and found out the ``ground``: what of this
    person is on somebody's desk; without any, the reveal is put on the list of those that are reviewed. ``again``
    counts how often the same page was asked for another minute, ``explanation`` is why the office's work explains the
    look. A protected person's number comes only after somebody
    else's release, which the database asks for. In the strict mode nothing is shown while the record is not sealed and
    witnessed. Raises :class:`RefusedError` (recorded), or ``RuntimeError`` inside
    another transaction.
    """
    if not by.has_perm(REVEAL_PERMISSION):
        raise _refused(by, person, "not_permitted", _("個人番号を表示する権限がありません。"))
    held = standing(person)
    if held is None or held.state is not State.IN_USE:
        raise _refused(by, person, "not_in_use", _("表示できる個人番号がありません（未登録、または未確定です）。"))
    if by.pk in (held.typed_by, held.confirmed_by):
        raise _refused(by, person, "own_entry", _("自分が入力した個人番号は表示できません。"))
    try:
        watch.refuse_if_strict()
    except watch.RecordAwayError as away:
        raise _refused(by, person, away.code, str(away)) from away
    ticket = uuid4()
    entry = journal.record_committed(
        actions.REVEALED,
        by=by,
        subject=_subject(person, label),
        person_id=person,
        purpose=Purpose(purpose).value,
        explanation=explanation,
        reason=reason[:REASON_LENGTH],
        details={
            "version": held.version,
            "ground": Ground(ground).value,
            "ticket": ticket_digest(ticket),
            **({"again": again} if again else {}),
        },
    )
    try:
        watch.refuse_if_unwitnessed(entry)
        return Secret(_opened(entry.pk, ticket, person))
    except watch.RecordAwayError as away:
        raise _refused(by, person, away.code, str(away)) from away
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", "") or ""
        journal.record(actions.REVEAL_FAILED, by=by, person_id=person, result=Result.FAILED, details={"code": state})
        raise RefusedError(str(_WHY_NOT_FETCHED.get(state, _NOT_SHOWN))) from error
    except (crypto.SealBrokenError, keys.KeyUnavailableError) as error:
        is_broken = isinstance(error, crypto.SealBrokenError)
        logger.exception("a sealed number did not open" if is_broken else "no key opens a sealed number now")
        journal.record(
            actions.REVEAL_FAILED,
            by=by,
            person_id=person,
            result=Result.FAILED,
            details={"code": "seal_broken" if is_broken else "key_unavailable"},
        )
        if is_broken:
            raise RefusedError(_("個人番号を復号できませんでした。管理者に連絡してください。")) from error
        raise RefusedError(
            _("鍵を使えないため、個人番号を表示できません。番号は失われていません。管理者に連絡してください。")
        ) from error


def ticket_digest(ticket: UUID, *, bound_to: bytes = b"") -> str:
    """Return what an entry says of its ticket: enough to recognise it, nothing to use.

    ``bound_to`` is what else the ticket is for, so that an entry whose use was rolled back serves for the same again
    and for nothing else.
    """
    return hashlib.sha256(str(ticket).encode() + bound_to).hexdigest()


def shown_today(by: Person) -> int:
    """Return how many reveals ``by`` has on record since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Event.objects.filter(action=actions.REVEALED, result=Result.DONE, actor_id=by.pk, at__gte=midnight).count()


def most_in_a_day() -> int:
    """Return how many reveals one person may have within a day."""
    most: int = _call("reveal_limit_of", "PERSON_DAY")
    return most


def _opened(event: UUID, ticket: UUID, person: UUID) -> str:
    """Return the digits that the vault hands out against ``event``, an entry of the record, and its ticket."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, kek_id, wrapped, body FROM vault.fetch(%s, %s)", [event, ticket])
        row = cursor.fetchone()
    if row is None:  # the wrapped key is gone, and the number with it
        raise crypto.SealBrokenError
    version, kek_id, wrapped, body = row
    return crypto.unseal(crypto.Sealed(kek_id, bytes(wrapped), bytes(body)), person=person, version=version)


def keep_confirmed(people: Sequence[tuple[UUID, str, Person, Person]]) -> None:
    """Seal many numbers, each typed alike by two people (person, digits, first, second). For the demo office."""
    if any(first.pk == second.pk for _person, _digits, first, second in people):
        raise ValueError("a number is confirmed by somebody else than who typed it")
    indexes = [crypto.index(read(digits)) for _person, digits, _first, _second in people]
    persons = [person for person, _digits, _first, _second in people]
    with transaction.atomic():
        _keep_all([(person, digits) for person, digits, _f, _s in people], indexes, [f.pk for _p, _d, f, _s in people])
        _call("confirm_all", persons, indexes, [second.pk for _p, _d, _f, second in people])
        journal.record_all(
            journal.Entry(action=action, by=actor, person_id=person, details={"version": 1})
            for person, _digits, first, second in people
            for action, actor in ((actions.TYPED, first), (actions.COMPARED, second))
        )


def keep_provisional(people: Sequence[tuple[UUID, str, Person]]) -> None:
    """Seal many numbers that one person has typed. For the demo office."""
    indexes = [crypto.index(read(digits)) for _person, digits, _by in people]
    with transaction.atomic():
        _keep_all([(person, digits) for person, digits, _by in people], indexes, [by.pk for _p, _d, by in people])
        journal.record_all(
            journal.Entry(action=actions.TYPED, by=by, person_id=person, details={"version": 1})
            for person, _digits, by in people
        )


def _keep_all(people: Sequence[tuple[UUID, str]], indexes: Sequence[bytes], typed_by: Sequence[int | None]) -> None:
    kek_id: int = _call("hold_current_kek")
    sealed = [crypto.seal(digits, person=person, version=1, kek_id=kek_id) for person, digits in people]
    _call(
        "keep_all",
        [person for person, _digits in people],
        kek_id,
        [one.wrapped for one in sealed],
        [one.body for one in sealed],
        list(indexes),
        list(typed_by),
    )


def put_all_in_use(people: Sequence[tuple[UUID, Person]]) -> None:
    """Let many confirmed numbers be used, inside the transaction that approves them. For the demo office."""
    if _call("put_all_in_use", [person for person, _by in people]) != len(people):
        raise RefusedError(_("個人番号の照合が済んでいません。"))
    journal.record_all(
        journal.Entry(action=actions.PUT_IN_USE, by=by, person_id=person, details={"version": 1})
        for person, by in people
    )


def sealing_key() -> int:
    """Return the id of the key-encryption key under which numbers are sealed now."""
    kek_id: int = _call("current_kek")
    return kek_id


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
