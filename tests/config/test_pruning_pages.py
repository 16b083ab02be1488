"""The pages on which two keepers let a month of the record go: what each may do there, and what the page says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit import actions, pruning
from audit.models import Event, MonthPruning, PruningOutcome, Result
from tests.audit.old_months import LONG_AGO, REASON, asked
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db

#: A month so long ago that no period lasts; nothing was ever written in it here.
MONTH, FIRST = f"{LONG_AGO:%Y-%m}", LONG_AGO
LIST, ASK = "/audit/retention/", f"/audit/retention/{MONTH}/"


@pytest.fixture
def keeper() -> User:
    return staff_member(Role.RECORDS_KEEPER, name="申請 花子")


@pytest.fixture
def other() -> User:
    return staff_member(Role.RECORDS_KEEPER, name="承認 次郎")


@pytest.fixture
def has_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let that month be one of 1,234 entries; what really keeps one is asked in tests/audit/test_pruning.py."""
    monkeypatch.setattr(pruning, "extent", lambda _month: pruning.Extent(50, 1300, 1234))
    monkeypatch.setattr(pruning, "keeps", lambda _month: "")
    found = lambda: [pruning.Month(FIRST, 1234, MonthPruning.objects.filter(outcome__in=["", "APPROVED"]).first())]  # noqa: E731  (one line)
    monkeypatch.setattr(pruning, "over", found)


def at(user: User) -> Client:
    return signed_in(Client(), user)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def page_of(one: MonthPruning) -> str:
    return reverse("pruning-request", args=[one.pk])


def send(client: Client, address: str, **data: object) -> str:
    answer: Any = client.post(address, data, follow=True)
    assert answer.status_code == 200
    return text(answer)


def test_the_list_says_how_long_what_is_over_and_that_the_period_is_to_be_verified(
    keeper: User, has_entries: None
) -> None:
    said = text(at(keeper).get(LIST))
    for words in (
        "操作記録は7年間保存します",
        "要確認",
        "2001年4月",
        "1234",
        "削除を申請する",
        "申請はまだありません",
    ):
        assert words in said
    assert "保存期間" in said.split("操作記録の画面")[1]


def test_nothing_is_listed_that_is_not_over(keeper: User) -> None:
    assert "保存期間を過ぎた月はありません" in text(at(keeper).get(LIST))


def test_the_page_says_what_goes_and_what_stays_before_anybody_asks(keeper: User, has_entries: None) -> None:
    said = text(at(keeper).get(ASK))
    for words in (
        "2001年4月",
        "1234",
        "50",
        "1300",
        "元に戻せません",
        "ほかの月の証明書",
        "export_audit",
        "バックアップ",
    ):
        assert words in said
    assert Event.objects.filter(action=actions.PRUNING_VIEWED, actor_id=keeper.pk, details__month=MONTH).exists()


def test_one_asks_another_approves_and_the_page_says_how_far_it_is(
    keeper: User, other: User, has_entries: None
) -> None:
    client = at(keeper)
    said = send(client, ASK, reason=REASON, is_exported="on")
    one = MonthPruning.objects.get()
    assert "ほかの保存・鍵管理者が承認すると" in said
    assert "自分の申請は、自分では決定できません" in said
    assert "承認して削除する" not in said
    assert "申請を取り下げる" in said
    assert REASON in said
    assert "承認待ち" in text(client.get(LIST))
    assert "もう申請されています" in text(at(other).get(ASK))

    client = at(other)
    assert "承認して削除する" in text(client.get(page_of(one)))
    said = send(client, page_of(one), outcome="APPROVED")
    assert "まもなく削除されます" in said
    for words in ("削除待ち", "申請 花子", "承認 次郎", "数分のうちに削除します"):
        assert words in said


def test_what_stands_in_the_way_is_told_in_words(keeper: User, other: User, monkeypatch: pytest.MonkeyPatch) -> None:
    one = asked(keeper)
    pruning.decide(one.pk, outcome=PruningOutcome.APPROVED, by=other)
    monkeypatch.setattr(pruning, "extent", lambda _month: pruning.Extent(0, 1, 2))
    assert pruning.work()
    said = text(at(other).get(page_of(one)))
    assert "いまは削除できません" in said
    assert "この月の記録はありません" in said
    assert "背後で動く処理" not in said
    MonthPruning.objects.update(tried_at=timezone.now() - timedelta(hours=1))
    assert "背後で動く処理" in text(at(other).get(page_of(one)))


def test_it_is_rejected_with_a_reason_and_withdrawn_by_who_asked(keeper: User, other: User, has_entries: None) -> None:
    one = asked(keeper)
    assert "理由を10文字以上" in send(at(other), page_of(one), outcome="REJECTED", reason="")
    assert "取り下げられるのは、申請した人だけ" in send(at(other), page_of(one), outcome="WITHDRAWN")
    assert "選んでください" in send(at(other), page_of(one), outcome="LATER")
    too_long = send(at(other), page_of(one), outcome="REJECTED", reason="あ" * 1001)
    assert "エラー: " in too_long
    assert "理由は1000文字以内" in too_long.split("data-error-summary")[1]
    said = send(at(other), page_of(one), outcome="REJECTED", reason="書き出しの保管先が書かれていません")
    assert "却下しました" in said
    assert "書き出しの保管先が書かれていません" in said
    again = asked(keeper)
    assert "取り下げました" in send(at(keeper), page_of(again), outcome="WITHDRAWN")
    assert "取下げ" in text(at(keeper).get(LIST))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": REASON}, "書き出しを保管してから申請してください"),
        ({"is_exported": "on"}, "理由を書いてください"),
        ({"is_exported": "on", "reason": "短い"}, "理由は10文字以上"),
        ({"is_exported": "on", "reason": "あ" * 1001}, "理由は1000文字以内"),
        ({"is_exported": "on", "reason": "個人番号 NUMBER のこと"}, "個人番号らしい"),
    ],
)
def test_what_is_typed_wrongly_is_said_beside_it(
    keeper: User, has_entries: None, typed: dict[str, str], said: str
) -> None:
    number = my_number()
    typed = {key: value.replace("NUMBER", number) for key, value in typed.items()}
    answer = send(at(keeper), ASK, **typed)
    assert said in answer
    assert "エラー: " in answer
    assert number not in answer
    assert not MonthPruning.objects.exists()


@pytest.mark.parametrize("month", ["2001-13", "1999-12", "2999-01", "2001-4", "x", "2001-04-01", "２００１-04"])
def test_an_address_of_no_month_is_not_found(keeper: User, month: str) -> None:
    assert at(keeper).get(f"/audit/retention/{month}/").status_code == 404


def test_a_month_within_its_period_is_refused_also_when_sent(keeper: User) -> None:
    this_month = f"{timezone.localdate():%Y-%m}"
    assert "まだ保存期間の中です" in text(at(keeper).get(f"/audit/retention/{this_month}/"))
    answer = send(at(keeper), f"/audit/retention/{this_month}/", reason=REASON, is_exported="on")
    assert "まだ保存期間の中です" in answer
    refused = Event.objects.get(action=actions.PRUNING_REFUSED)
    assert (refused.result, refused.details, refused.subject_id) == (
        Result.REFUSED,
        {"code": "month_is_over_its_period"},
        this_month,
    )


def test_an_auditor_looks_but_neither_asks_nor_decides(keeper: User, has_entries: None) -> None:
    one = asked(keeper)
    client = at(staff_member(Role.AUDITOR))
    assert "削除を申請する" not in text(client.get(LIST))
    assert client.get(ASK).status_code == 403
    assert "承認して削除する" not in text(client.get(page_of(one)))
    assert "保存・鍵管理者です" in send(client, page_of(one), outcome="APPROVED")
    one.refresh_from_db()
    assert one.outcome == ""


def test_each_step_asks_for_the_factor_again(keeper: User, other: User, has_entries: None) -> None:
    one = asked(keeper)
    client = at(other)
    StaffSession.objects.filter(user=other).update(factor_used_at=timezone.now() - timedelta(hours=2))
    for address in (ASK, page_of(one)):
        assert client.get(address).status_code == 302
        assert client.post(address, {"outcome": "APPROVED"}).status_code == 302
    one.refresh_from_db()
    assert one.outcome == ""
