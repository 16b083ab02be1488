"""Whose number is this? Answered to very few, without opening any, on record first and again with its result.

The entry that a look-up will be made is committed before the vault is asked, and the vault answers only against that
entry and the ticket that this process alone knows. What was typed is nowhere but in the request: not in the record,
the session or a log, and the entry says nothing that could be made from it.
"""

import logging
from uuid import UUID, uuid4

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from audit import journal
from audit.models import Event, Result
from audit.sealing import watch
from mynumber import actions, crypto, keys, vault
from mynumber.purposes import Purpose

logger = logging.getLogger(__name__)

PERMISSION = "mynumber.find_number"


@sensitive_variables("digits", "number_index")
def find(digits: str, *, by: vault.Person, purpose: Purpose, reason: str) -> tuple[UUID | None, Event]:
    """Return who holds ``digits`` (from :func:`vault.read`) as their number in use, or None, and the look-up's entry.

    The caller has checked a fresh factor, and records with :func:`record_answer` what the reader was told. Raises
    :class:`vault.RefusedError` (recorded), or ``RuntimeError`` inside another transaction.
    """
    if not by.has_perm(PERMISSION):
        raise _refused(by, "not_permitted", _("個人番号で検索する権限がありません。"))
    try:
        watch.refuse_if_strict()
        number_index = crypto.index(digits)
    except watch.RecordAwayError as away:
        raise _refused(by, away.code, str(away)) from away
    except keys.KeyUnavailableError as error:
        logger.exception("no key makes an index now")
        message = _("鍵を使えないため、個人番号で検索できません。管理者に連絡してください。")
        raise _refused(by, "key_unavailable", message) from error
    ticket = uuid4()
    entry = journal.record_committed(
        actions.SEARCHED,
        by=by,
        purpose=Purpose(purpose).value,
        reason=reason[: vault.REASON_LENGTH],
        details={"ticket": vault.ticket_digest(ticket, bound_to=number_index)},
    )
    try:
        watch.refuse_if_unwitnessed(entry)
        with connection.cursor() as cursor:
            cursor.execute("SELECT vault.find(%s, %s, %s)", [entry.pk, ticket, number_index])
            row = cursor.fetchone()
    except watch.RecordAwayError as away:
        raise _refused(by, away.code, str(away)) from away
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", "") or ""
        if state == "KY007":
            message = _("個人番号で検索できる件数の上限に達しました。時間をおいてください。")
        else:
            message = _("個人番号で検索できませんでした。管理者に連絡してください。")
        raise _refused(by, state, message) from error
    return (row[0] if row else None), entry


def record_answer(entry: Event, *, by: vault.Person, person: UUID | None, answer: str) -> None:
    """Write down what came of a look-up: ``FOUND``, ``NOT_FOUND``, or ``OUT_OF_REACH`` (told as not found)."""
    journal.record(
        actions.SEARCH_ANSWERED,
        by=by,
        subject=journal.Subject(kind="mynumber.search", id=str(entry.pk)),
        person_id=person,
        purpose=entry.purpose,
        details={"answer": answer},
    )


def _refused(by: vault.Person, code: str, message: str) -> vault.RefusedError:
    journal.record(actions.SEARCH_REFUSED, by=by, result=Result.REFUSED, details={"code": code})
    return vault.RefusedError(message)
