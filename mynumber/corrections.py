"""A number in use gives way to another one: typed blind twice, approved, and the old version kept sealed.

What is here moves numbers; who may, and on whose request, is for ``benefits.corrections`` to know. The database holds
that a correction takes the place of a number only in the transaction that approves it (migration 0005).
"""

import logging
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from audit import journal
from mynumber import actions, crypto, keys, vault

logger = logging.getLogger(__name__)

PERMISSION = "mynumber.correct_number"


def keep(person: UUID, text: str, *, by: vault.Person, label: str = "") -> tuple[int, int]:
    """Seal ``text`` as the number that shall take the place of the one in use; return its version, and that one's.

    It is provisional as every typed number is, and what was typed for the same correction before is erased. Raises
    :class:`vault.InvalidNumberError`, or :class:`vault.NotKeptError` when the number is somebody else's ("taken"), is
    the one in use already ("same"), there is none in use ("not_in_use"), or no key can be used now
    ("key_unavailable"); several of the first two in a row stop
    the typist ("guessing"), since both tell something about numbers that are held.
    """
    if not by.has_perm(PERMISSION):
        raise vault.RefusedError(_("個人番号の訂正を入力する権限がありません。"))
    vault.refuse_if_guessing(person, by=by)
    digits = vault.read(text)
    try:
        number_index = crypto.index(digits)
        with transaction.atomic():
            version: int = _call("next_version", person)
            sealed = crypto.seal(digits, person=person, version=version, kek_id=_call("hold_current_kek"))
            corrected: int = _call(
                "keep_correction",
                person,
                version,
                sealed.kek_id,
                sealed.wrapped,
                sealed.body,
                number_index,
                by.pk,
            )
            journal.record(
                actions.TYPED,
                by=by,
                subject=_subject(person, label),
                person_id=person,
                details={"version": version, "kind": "CORRECTION"},
            )
    except keys.KeyUnavailableError as error:
        logger.exception("no key seals a number now")
        message = _(
            "鍵を使えないため、個人番号を保存できませんでした。番号はどこにも残っていません。"
            "時間をおいてもう一度入力し、続くときは管理者に連絡してください。"
        )
        raise vault.NotKeptError(message, code="key_unavailable", person=person, by=by) from error
    except IntegrityError as error:
        if "number_belongs_to_one_person" not in str(error):
            raise
        message = _("この個人番号は、ほかの人の番号として登録されています。原本の氏名と番号を確かめてください。")
        raise vault.NotKeptError(message, code="taken", person=person, by=by) from error
    except DatabaseError as error:
        refusal = {
            "KY005": ("not_in_use", _("この人には、訂正できる確定した個人番号がありません。")),
            "KY021": (
                "same",
                _("入力した番号は、いま登録されている番号と同じです。訂正の要否を、原本と見比べて確かめてください。"),
            ),
        }.get(getattr(error.__cause__, "sqlstate", "") or "")
        if refusal is None:
            raise
        code, message = refusal
        raise vault.NotKeptError(message, code=code, person=person, by=by) from error
    return version, corrected


def standing(person: UUID) -> vault.Standing | None:
    """Return what may be known of the number that waits to take the place of the one in use, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, state, typed_by, typed_at, confirmed_by FROM vault.correction_standing(%s)", [person]
        )
        row = cursor.fetchone()
    if row is None:
        return None
    version, state, typed_by, typed_at, confirmed_by = row
    return vault.Standing(
        version=version, state=vault.State(state), typed_by=typed_by, typed_at=typed_at, confirmed_by=confirmed_by
    )


def apply(person: UUID, version: int, *, corrects: int, by: vault.Person, label: str = "") -> None:
    """Let the confirmed ``version`` take the place of ``corrects``, inside the transaction that approves it."""
    if not _call("apply_correction", person, version):
        raise vault.RefusedError(_("新しい個人番号の照合が済んでいないか、訂正する番号がすでに変わっています。"))
    for action, which in ((actions.SUPERSEDED, corrects), (actions.PUT_IN_USE, version)):
        journal.record(action, by=by, subject=_subject(person, label), person_id=person, details={"version": which})


def remove(person: UUID, version: int, *, by: vault.Person, label: str = "") -> None:
    """Erase what was typed for a correction that is not made, inside the transaction that ends it."""
    if _call("remove_correction", person, version):
        journal.record(
            actions.REMOVED,
            by=by,
            subject=_subject(person, label),
            person_id=person,
            details={"version": version, "kind": "CORRECTION"},
        )


def _call(function: str, *arguments: Any) -> Any:
    """Call one of the vault's functions (names from this module only, never from outside)."""
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT vault.{function}({marks})", arguments)
        return cursor.fetchone()[0]


def _subject(person: UUID, label: str) -> journal.Subject:
    return journal.Subject(kind="mynumber.number", id=str(person), label=label)
