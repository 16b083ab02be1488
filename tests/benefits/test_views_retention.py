"""The pages of letting go: who sees what, what the steps do, and what the certificates print (V3)."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit.models import Event
from benefits import deletion, events
from benefits.models import DeletionCertificate, DeletionHold, DeletionList, RetentionPeriod
from benefits.models.retention import ListState, PeriodOutcome, RowOutcome
from mynumber import vault
from tests import factories
from tests.benefits import letting_go
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file() -> Iterator[None]:
    letting_go.no_file()
    yield
    letting_go.no_file()


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def other_keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


def page(user: User, name: str, *arguments: object) -> str:
    answer = signed_in(Client(), user).get(reverse(f"benefits:{name}", args=arguments))
    assert answer.status_code == 200, answer.headers
    return answer.content.decode()


def post(user: User, name: str, *arguments: object, **data: object) -> str:
    client = signed_in(Client(), user)
    answer = client.post(reverse(f"benefits:{name}", args=arguments), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_office_without_anything_to_let_go_says_so(keeper: User) -> None:
    shown = page(keeper, "retention")

    assert "この月の一覧は、まだ作られていません" in shown
    assert "出荷時の値です" in shown
    assert "停止しているものはありません" in page(keeper, "deletion-holds")
    assert Event.objects.filter(action=events.RETENTION_VIEWED, actor_id=keeper.pk).exists()


def test_a_keepers_day_begins_with_what_is_to_be_let_go(keeper: User) -> None:
    answer = signed_in(Client(), keeper).get(reverse("benefits:home"))

    assert answer["Location"] == reverse("benefits:retention")


def test_a_list_shows_recipient_numbers_and_reasons_and_no_names(maker: User, checker: User, keeper: User) -> None:
    application = letting_go.over(maker, checker, family_name="秘密", given_name="花子")
    post(keeper, "deletion-list-make")
    while deletion.list_due():
        pass
    held = DeletionList.objects.get()

    shown = page(keeper, "deletion-list", held.pk)

    assert str(application.person.recipient_number) in shown
    assert "最後の支給認定は" in shown
    assert "秘密" not in shown
    assert "花子" not in shown


def test_a_row_is_left_out_with_a_reason_and_the_rest_is_proposed_and_approved_by_another(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    letting_go.over(maker, checker)
    letting_go.over(maker, checker)
    held = letting_go.made(keeper)
    row = held.rows.order_by("pk").first()
    assert row is not None

    assert "理由を入力してください" in post(keeper, "deletion-row-exclude", held.pk, row.pk, words="")
    post(keeper, "deletion-row-exclude", held.pk, row.pk, words="照会中のため")
    revision = DeletionList.objects.get().revision
    assert "1件の削除を申請する" in page(keeper, "deletion-list", held.pk)
    post(keeper, "deletion-list-propose", held.pk, revision=revision)
    own = page(keeper, "deletion-list", held.pk)
    assert "自分が申請した一覧は、自分では承認も却下もできません" in own
    assert "承認して" not in own
    assert "自分が申請した一覧" in post(keeper, "deletion-list-approve", held.pk, revision=revision)
    assert "承認しました" in post(other_keeper, "deletion-list-approve", held.pk, revision=revision)

    assert DeletionList.objects.get().state == ListState.APPROVED
    row.refresh_from_db()
    assert (row.outcome, row.outcome_words, row.excluded_by) == (RowOutcome.EXCLUDED, "照会中のため", keeper)
    progress = signed_in(Client(), keeper).get(reverse("benefits:deletion-list-progress", args=[held.pk])).json()
    assert (progress["state"], progress["total"], progress["left"], progress["percent"]) == ("APPROVED", 1, 1, 0)


def test_a_list_is_withdrawn_by_whoever_proposed_it_and_rejected_with_a_reason(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    letting_go.over(maker, checker)
    held = letting_go.proposed(keeper)

    assert "取り下げられるのは" in post(other_keeper, "deletion-list-withdraw", held.pk)
    assert "申請を取り下げました" in post(keeper, "deletion-list-withdraw", held.pk)
    post(keeper, "deletion-list-propose", held.pk, revision=held.revision + 1)
    assert "却下の理由を入力してください" in post(other_keeper, "deletion-list-reject", held.pk, words=" ")
    assert "却下しました" in post(other_keeper, "deletion-list-reject", held.pk, words="期間の根拠を確認")

    assert "期間の根拠を確認" in page(keeper, "deletion-list", held.pk)
    assert "今日の時点で一覧を作る" in page(keeper, "retention")


@pytest.mark.parametrize("step", ["deletion-list-propose", "deletion-list-approve", "deletion-list-reject"])
def test_a_step_towards_deletion_asks_for_the_factor_again(
    maker: User, checker: User, keeper: User, other_keeper: User, step: str
) -> None:
    letting_go.over(maker, checker)
    held = letting_go.made(keeper) if step.endswith("propose") else letting_go.proposed(keeper)
    by = keeper if step.endswith("propose") else other_keeper
    client = signed_in(Client(), by)
    StaffSession.objects.filter(user=by).update(factor_used_at=timezone.now() - timedelta(hours=1))

    answer = client.post(reverse(f"benefits:{step}", args=[held.pk]), {"revision": held.revision, "words": "理由"})

    assert answer["Location"].startswith(reverse("accounts:confirm"))
    assert DeletionList.objects.get().state == held.state


def test_a_hold_is_set_by_a_checker_by_recipient_number_and_ended_by_somebody_else(
    maker: User, checker: User, keeper: User
) -> None:
    application = factories.approved(maker, checker)
    number = application.person.recipient_number

    wrong = post(checker, "deletion-holds", label="9999999", reason="APPEAL", words="審査請求")
    assert "この番号の受給者・申請はありません" in wrong
    shown = post(checker, "deletion-holds", label=number, reason="APPEAL", words="審査請求 第3号")
    assert "削除を停止しました" in shown
    hold = DeletionHold.objects.get()
    assert "自分が行った停止は、自分では解除できません" in page(checker, "deletion-hold-end", hold.pk)
    assert "削除を停止しています" in page(checker, "person", application.person_id)
    post(keeper, "deletion-hold-end", hold.pk, words="裁決が確定")

    hold.refresh_from_db()
    assert (hold.ended_by, hold.ended_words) == (keeper, "裁決が確定")
    assert application.patient_name not in page(keeper, "deletion-holds")


def test_a_hold_reaches_only_as_far_as_its_setters_duty(maker: User, checker: User) -> None:
    application = factories.approved(maker, checker)
    elsewhere = staff_member(Role.CHECKER, office="KITA")

    shown = post(elsewhere, "deletion-holds", label=application.receipt_number, reason="AUDIT", words="検査")

    assert "この番号の受給者・申請はありません" in shown
    assert not DeletionHold.objects.exists()


def test_a_period_is_proposed_on_a_page_and_decided_by_another_keeper(keeper: User, other_keeper: User) -> None:
    typed = {
        "programme": "",
        "holding": "SUPERSEDED",
        "years": "1",
        "months": "6",
        "counted_from": "DAY",
        "basis": "府文書管理規程 別表第2",
        "valid_from": "R8.4.1",
    }
    assert "過ぎた日" in post(keeper, "retention-period-new", **typed)
    assert "1か月以上" in post(keeper, "retention-period-new", **typed | {"years": "0", "months": "0"})
    post(keeper, "retention-period-new", **typed | {"valid_from": timezone.localdate().isoformat()})
    period = RetentionPeriod.objects.get(proposed_by=keeper)

    assert "自分では決定できません" in post(keeper, "retention-period-decide", period.pk, outcome="APPROVED")
    post(other_keeper, "retention-period-decide", period.pk, outcome="APPROVED")

    period.refresh_from_db()
    assert (period.outcome, period.decided_by) == (PeriodOutcome.APPROVED, other_keeper)
    assert "1年6か月" in page(keeper, "retention")
    client = signed_in(Client(), keeper)
    address = reverse("benefits:retention-period-decide", args=[period.pk])
    assert client.post(address, {"outcome": "DONE"}).status_code == 400


def test_the_page_of_a_person_says_until_when_their_number_is_kept(maker: User, checker: User) -> None:
    application = factories.approved(maker, checker)

    shown = page(checker, "person", application.person_id)

    assert "保存期限" in shown
    assert "最後の支給認定は" in shown


def words_of(pdf: bytes) -> str:
    text = "".join(piece.extract_text() for piece in PdfReader(io.BytesIO(pdf)).pages)
    return "".join(text.replace("\u200b", "").split())


@pytest.mark.django_db(transaction=True)
def test_certificates_print_alone_and_for_a_whole_list_without_name_or_number(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    numbers = [factories.my_number(), factories.my_number()]
    for number in numbers:
        letting_go.over(maker, checker, number=number, family_name="秘密")
    held = letting_go.destroyed(keeper, other_keeper)
    one, other = DeletionCertificate.objects.order_by("serial")
    client = signed_in(Client(), keeper)

    whole = client.get(reverse("benefits:deletion-list-certificates", args=[held.pk]))
    alone = client.get(reverse("benefits:deletion-certificate", args=[one.pk]))

    assert whole["Content-Type"] == alone["Content-Type"] == "application/pdf"
    printed, single = words_of(whole.content), words_of(alone.content)
    for text in (one.label, other.label, str(one.person_id), str(other.person_id), keeper.display_name):
        assert "".join(text.split()) in printed
    assert other_keeper.display_name.replace(" ", "") in printed
    assert "府文書管理規程" in printed
    assert one.label in single
    assert other.label not in single
    for secret in (*numbers, "秘密"):
        assert secret not in printed
    assert vault.standing(one.person_id) is None
    shown = page(keeper, "deletion-list", held.pk)
    assert one.label in shown
    assert "削除証明書（PDF）をまとめて開く" in shown
    assert Event.objects.filter(action=events.DELETION_CERTIFICATE_OPENED).count() == 2


def test_a_list_without_certificates_has_none_to_print(maker: User, checker: User, keeper: User) -> None:
    letting_go.over(maker, checker)
    held = letting_go.made(keeper)

    answer = signed_in(Client(), keeper).get(reverse("benefits:deletion-list-certificates", args=[held.pk]))

    assert answer.status_code == 404
