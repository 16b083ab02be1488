"""A number that came by a file for an applicant stays theirs: whoever the application turns into does not get it.

Called by ``benefits.workflow`` alone, inside its transactions. The database refuses to register anybody else with it
(trigger ``imported_number_is_of_who_is_registered``); here it is taken back before that, and said why.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from benefits import holders, japanese_text
from benefits.models import Application, DeletionHold
from benefits.policies import Refusal
from mynumber import staging


def is_as_matched(application: Application, form: Mapping[str, Any]) -> bool:
    """Say whether nothing came by a file for this applicant while they were called, or born, otherwise.

    ``form`` holds cleaned values. They are compared letter by letter: the database keeps no more than a digest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT benefits_applicant_is_as_matched(%s, %s, %s, %s, %s, %s, %s)",
            [
                application.person_id,
                form["family_name"],
                form["given_name"],
                form["family_kana"],
                form["given_kana"],
                form["birth_on"],
                form["sex"],
            ],
        )
        answer: bool = cursor.fetchone()[0]
    return answer


def follow(
    application: Application, *, before: Mapping[str, Any], after: Mapping[str, Any], by: User
) -> Refusal | None:
    """Take the number back when what is typed is somebody else by now. Another notation of the same is nobody else."""
    if _who(before) == _who(after):
        return None
    return take_back(application, by=by)


def settle(application: Application, form: Mapping[str, Any], *, by: User) -> Refusal | None:
    """Take the number back before an application is submitted that says another letter than what was matched."""
    if is_as_matched(application, form):
        return None
    return take_back(application, by=by)


def take_back(application: Application, *, by: User) -> Refusal | None:
    """Erase what came by a file for somebody not registered, on record; return why it cannot be, or None.

    ``application.has_lost_import`` tells the caller afterwards whether there was anything.
    """
    if application.person.registered_at is not None:
        return None
    if DeletionHold.objects.filter(person=application.person_id, ended_at=None).exists():
        return Refusal(
            "number_on_hold",
            _(
                "住基ネットから取り込んだ個人番号の削除が停止されているため、氏名・生年月日・性別は変更できません。"
                "停止を解除した人に確かめてから変更してください。"
            ),
        )
    application.has_lost_import = staging.give_up(application.person_id, by=by, label=application.receipt_number)
    return None


def _who(form: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return what a person is told from others by, as far as it is typed."""
    patient = next(one for one in holders.needed(form) if one.slot == holders.PATIENT)
    kind_name_birth = patient.who
    return (kind_name_birth[1], japanese_text.kana_key(patient.kana), kind_name_birth[2], str(form.get("sex") or ""))
