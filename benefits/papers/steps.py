"""One step in the register: in a transaction of its own, refused in words, and a refusal is on record."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from django.db import IntegrityError, connection, models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import journal
from audit.models import Result
from benefits import events
from benefits.policies import Refusal


class Refused(Exception):
    """The step was not taken. ``str(refused)`` is fit to show the clerk."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message)


STALE = _("表示した後に、ほかの人がこの書類（箱）を動かしました。今の状態を確かめて、もう一度行ってください。")

#: A paper with a number stays in staff-only places, and a borrower's desk is none.
NOT_LENT = _("番号確認書類など、個人番号が記載された書類は貸し出せません。番号のない写しを貸し出してください。")

#: What the database's guards say, in words for the person who ran into one (two people at the same moment, mostly).
GUARDS: Mapping[str, Promise] = MappingProxyType(
    {
        "paper_moves_one_step_at_a_time": STALE,
        "box_moves_one_step_at_a_time": STALE,
        "movement_follows_the_last_one": STALE,
        "paper_moves_by_the_table": STALE,
        "box_moves_by_the_table": STALE,
        "movement_is_given_and_received_by_two": _("自分への引渡しはできません。受け取る人を選んでください。"),
        "movement_is_received_by_somebody_who_may": _("受け取る人に、書類を扱う役割がありません。"),
        "movement_is_made_by_somebody_who_may": _("この操作を行う役割がありません。"),
        "hand_over_is_confirmed_by_its_receiver": _("受領を確認できるのは、受け取る人だけです。"),
        "hand_over_is_taken_back_by_its_people": _("引渡しを取りやめられるのは、渡した人と受け取る人だけです。"),
        "number_evidence_stays_in_staff_only_places": _(
            "個人番号が記載された書類は、職員専用区域の場所にしか置けません。"
        ),
        "number_evidence_is_not_lent": NOT_LENT,
        "place_is_closed": _("この保管場所は閉鎖されています。ほかの場所を選んでください。"),
        "place_is_empty_when_closed": _("書類か箱が残っている（または向かっている）ため、閉じられません。"),
        "place_is_closed_and_never_changed": _("この保管場所は、すでに閉鎖されています。"),
        "place_is_there_once": _("同じ施設・部屋・キャビネットの保管場所が、すでにあります。"),
        "place_is_kept_by_a_records_keeper": _("保管場所と箱は、保存・鍵管理者が登録します。"),
        "box_is_closed": _("この箱は使い終わっています。ほかの箱を選んでください。"),
        "box_is_empty_when_closed": _(
            "書類が残っている（または向かっている）か、引渡しの途中のため、閉じられません。"
        ),
        "box_is_on_its_way": _("箱が引渡しの途中です。受領が確認されてから行ってください。"),
        "loan_is_due_in_the_future": _("返却期限は、今日かそれより後の日にしてください。"),
        "paper_is_kept_while_its_application_is_open": _("処理中の申請の書類は廃棄できません。"),
        "paper_is_asked_for_while_its_application_is_open": _(
            "処理の終わった申請に、提出を求める書類は加えられません。"
        ),
        "destruction_takes_two": _("自分が提案した廃棄は、自分では実施も却下もできません。"),
        "destruction_is_withdrawn_by_its_proposer": _("取り下げられるのは、提案した人だけです。"),
        "destruction_is_by_records_keepers": _("書類の廃棄は、保存・鍵管理者が行います。"),
        "destruction_is_decided_once": _("この廃棄一覧は、すでに処理されています。"),
        "place_is_counted_once_at_a_time": _("この場所の棚卸しは、すでに始まっています。続きから行ってください。"),
        "box_is_counted_once_at_a_time": _("この箱の棚卸しは、すでに始まっています。続きから行ってください。"),
        "stocktake_ends_once": _("この棚卸しは、すでに終わっています。"),
        "stocktake_is_made_by_somebody_who_may": _("棚卸しを行う役割がありません。"),
    },
)


@contextmanager
def step(method: str, *, by: User, subject: models.Model | journal.Subject | None = None) -> Iterator[None]:
    """Hold one step in a transaction; put a refusal on record once it is undone, whoever refused: code or database."""
    try:
        with transaction.atomic():
            try:
                yield
                _ask_the_guards()
            except IntegrityError as error:
                raise Refused(*_in_words(error)) from error
    except Refused as refused:
        journal.record(
            events.CUSTODY_REFUSED,
            by=by,
            subject=subject,
            result=Result.REFUSED,
            details={"method": method, "code": refused.refusal.code},
        )
        raise


def _ask_the_guards() -> None:
    """Let the guards that wait for COMMIT speak now, while the step can still be refused in words."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _in_words(error: IntegrityError) -> tuple[str, str]:
    """Return what the guard that raised ``error`` says; one that has no words here is a fault and raised on."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = (diagnosis and (diagnosis.constraint_name or diagnosis.message_primary)) or ""
    if name not in GUARDS:
        raise error
    return name, str(GUARDS[name])
