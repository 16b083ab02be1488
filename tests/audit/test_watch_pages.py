"""気になる操作: who sees which findings, and that an answer is asked for and kept as it should be."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal
from audit.models import Event, Hit, HitAnswer, HitState, Result, SampledView
from tests import findings
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db

HITS = "/audit/watch/"
WORDS = "本人に電話で聞き、来庁した受給者の住所の確認だったと確かめた"


@pytest.fixture
def auditors_client(client: Client) -> Client:
    return signed_in(client, staff_member(Role.AUDITOR, name="監査 一子"))


@pytest.fixture
def head() -> User:
    return staff_member(Role.SECTION_HEAD, section="健康課", name="課長 太郎")


@pytest.fixture
def misaki() -> User:
    return staff_member(Role.MAKER, section="健康課", name="山田 美咲")


def text(response: Any) -> str:
    return str(response.content.decode())


def address(hit: Hit) -> str:
    return reverse("audit:hit", args=[hit.pk])


def answer(client: Client, hit: Hit, **changes: str) -> Any:
    return client.post(address(hit), {"state": "EXPLAINED", "code": "WORK", "words": WORDS, **changes})


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_begins_with_what_nobody_has_looked_at(auditors_client: Client, misaki: User) -> None:
    open_one, settled = findings.found(about=misaki), findings.found(about=misaki)
    answer(auditors_client, settled)

    response = auditors_client.get(HITS)

    assert [row.hit.pk for row in response.context["page"].rows] == [open_one.pk]
    assert {state["label"]: state["count"] for state in response.context["states"]} == {
        "未確認": 1,
        "説明済み": 1,
        "要調査": 0,
        "すべて": 2,
    }
    for part in ("W8 くり返す閲覧", "山田 美咲", "健康課", "同じ受給者の記録を開きました"):
        assert part in text(response)
    assert len(auditors_client.get(HITS, {"state": "ALL"}).context["page"].rows) == 2


def test_the_list_is_narrowed_by_rule_severity_section_and_days(auditors_client: Client, misaki: User) -> None:
    other = staff_member(section="保険課")
    now = timezone.now()
    wanted = findings.found(
        "W5", about=other, severity="HIGH", at=now - timedelta(days=3), kind="DAY", people=40, limit=20
    )
    findings.found("W5", about=misaki, kind="DAY", people=40, limit=20)
    findings.found("W8", about=other, severity="HIGH", at=now - timedelta(days=30))
    day = timezone.localdate(now - timedelta(days=3)).isoformat()

    response = auditors_client.get(
        HITS, {"rule": "W5", "severity": "HIGH", "section": "保険課", "from_on": day, "to_on": day}
    )

    assert [row.hit.pk for row in response.context["page"].rows] == [wanted.pk]
    assert "1日に40人の記録を開きました" in text(response)


@pytest.mark.parametrize(
    "typed",
    [
        {"state": "NONSENSE"},
        {"rule": "W99' OR 1=1"},
        {"severity": "x" * 500},
        {"before": "nonsense"},
        {"before": "2026-11-25T00:00:00+00:00_1"},
        {"from_on": "2026-12-01", "to_on": "2026-01-01"},
        {"from_on": "きのう"},
    ],
)
def test_conditions_that_make_no_sense_break_nothing(
    auditors_client: Client, misaki: User, typed: dict[str, str]
) -> None:
    findings.found(about=misaki)

    response = auditors_client.get(HITS, typed)

    assert response.status_code == 200


def test_an_empty_list_says_so(auditors_client: Client) -> None:
    assert "この条件の気になる操作はありません。" in text(auditors_client.get(HITS))


def test_pages_go_by_key_and_keep_the_conditions(
    auditors_client: Client, misaki: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    made = [findings.found(about=misaki, at=now - timedelta(minutes=step)) for step in range(5)]
    from audit.watching import review

    page, seen, query = review.page, [], "rule=W8"
    monkeypatch.setattr(review, "page", lambda **asked: page(**asked, size=2))
    for _page in range(3):
        response = auditors_client.get(f"{HITS}?{query}")
        seen += [row.hit.pk for row in response.context["page"].rows]
        query = response.context["older_page"]

    assert seen == [hit.pk for hit in made]
    assert query == ""


def test_the_list_costs_as_much_however_long_it_is(auditors_client: Client, misaki: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            auditors_client.get(HITS)
        return len(asked)

    findings.found(about=misaki)
    auditors_client.get(HITS)
    few = cost()
    for _hit in range(10):
        findings.found(about=misaki)

    assert cost() == few


# ── one finding ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finding_shows_what_it_is_about_and_where_to_look(auditors_client: Client, misaki: User) -> None:
    person = uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    events = [findings.viewed(misaki, person_id=person) for _day in range(3)]
    hit = findings.found(about=misaki, person_id=person, events=events)
    findings.found("W5", about=misaki, kind="DAY", people=40, limit=20)

    response = auditors_client.get(address(hit))

    page = text(response)
    for part in (
        "30日間に4日、自分が処理していない同じ受給者の記録を開きました。",
        "渡邉　花子",
        "業務からは説明できない",
        "直近90日に1件",
        "説明を記録",
    ):
        assert part in page
    for event in events:
        assert reverse("audit:entry", args=[event.pk]) in page
    assert response.context["search"].startswith("/audit/?")
    assert "渡邉" not in response.context["search"]
    opened = Event.objects.filter(action=actions.HIT_VIEWED).latest("at")
    assert (opened.subject_id, opened.person_id) == (str(hit.pk), person)


def test_an_answer_is_kept_sealed_with_who_and_when(auditors_client: Client, misaki: User) -> None:
    hit = findings.found(about=misaki)

    response = answer(auditors_client, hit)

    assert response.status_code == 302
    hit.refresh_from_db()
    assert hit.state == HitState.EXPLAINED
    shown = text(auditors_client.get(address(hit)))
    for part in ("説明済み", "業務上の必要を確かめた", WORDS, "監査 一子", "確認は終わっています。"):
        assert part in shown
    with connection.cursor() as cursor:
        cursor.execute("SELECT a::text FROM audit.hit_answer a")
        assert WORDS not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"words": "短い"}, "10文字以上"),
        ({"words": ""}, "確かめたことを書いてください"),
        ({"code": ""}, "理由の区分を選んでください"),
        ({"code": "IMPROPER"}, "組合せ"),
        ({"state": "OPEN"}, "一覧にありません"),
        ({"state": ""}, "確かめた結果を選んでください"),
        ({"words": "あ" * 1001}, "1000文字以内"),
    ],
)
def test_an_answer_that_says_too_little_or_too_much_settles_nothing(
    auditors_client: Client, misaki: User, typed: dict[str, str], said: str
) -> None:
    hit = findings.found(about=misaki)

    response = answer(auditors_client, hit, **typed)

    assert response.status_code == 200
    assert "エラー: " in text(response)
    if said != "一覧にありません":
        assert said in text(response)
    assert not HitAnswer.objects.exists()


def test_a_my_number_in_the_words_is_refused_and_not_drawn_back(auditors_client: Client, misaki: User) -> None:
    hit, number = findings.found(about=misaki), my_number()

    response = answer(auditors_client, hit, words=f"番号 {number} の人の照会と確かめた")

    assert "個人番号らしい" in text(response)
    assert number not in text(response)
    assert not HitAnswer.objects.exists()


def test_what_is_typed_is_text_and_never_markup(auditors_client: Client, misaki: User) -> None:
    hit = findings.found(about=misaki)

    answer(auditors_client, hit, words="<script>alert(1)</script> と書いた理由を確かめた")

    assert "<script>alert" not in text(auditors_client.get(address(hit)))


# ── who sees what ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_section_head_sees_and_answers_for_their_section_alone(client: Client, head: User, misaki: User) -> None:
    own = findings.found(about=misaki)
    others = findings.found(about=staff_member(section="保険課", name="保険 二郎"))
    nobodys = findings.found(about=staff_member(section="", name="無所 属子"))
    signed_in(client, head)

    listed = client.get(HITS, {"state": "ALL", "section": "保険課"})
    answers = [answer(client, hit).status_code for hit in (own, others, nobodys)]
    looked = [client.get(address(hit)).status_code for hit in (own, others, nobodys)]

    assert [row.hit.pk for row in listed.context["page"].rows] == [own.pk]
    assert "保険 二郎" not in text(listed)
    assert "section" not in listed.context["form"].fields
    assert (answers, looked) == ([302, 404, 404], [200, 404, 404])
    assert HitAnswer.objects.count() == 1
    assert Event.objects.filter(action=actions.HIT_VIEWED, result=Result.REFUSED).count() == 4


def test_nobody_answers_for_themselves_or_even_sees_it(client: Client) -> None:
    auditor = staff_member(Role.AUDITOR, section="監査課")
    hit = findings.found("W13", about=auditor, is_of_watchers=True, kind="SEARCH", count=3)
    signed_in(client, auditor)

    listed = client.get(HITS, {"state": "ALL"})
    assert listed.context["page"].rows == []
    assert "あなた自身に関する1件は、ほかの担当者が確認します。" in text(listed)
    assert answer(client, hit).status_code == 404
    assert not HitAnswer.objects.exists()


@pytest.mark.parametrize("role", [Role.MAKER, Role.CHECKER, Role.RECORDS_KEEPER, Role.USER_ADMINISTRATOR])
def test_nobody_else_gets_in(client: Client, misaki: User, role: Role) -> None:
    hit, sample = findings.found(about=misaki), findings.drawn(misaki)
    signed_in(client, staff_member(role, section="健康課"))

    for place in (HITS, address(hit), reverse("audit:samples"), reverse("audit:sample", args=[sample.pk])):
        assert client.get(place).status_code == 403
    assert answer(client, hit).status_code == 403


def test_a_finding_that_is_not_there_is_not_found(auditors_client: Client) -> None:
    assert auditors_client.get(reverse("audit:hit", args=[UUID(int=1)])).status_code == 404
    assert auditors_client.get(f"{HITS}nonsense/").status_code == 404


def test_the_tab_counts_what_waits(auditors_client: Client, misaki: User) -> None:
    findings.found(about=misaki)
    findings.found(about=misaki)

    tabs = auditors_client.get(HITS).context["record_tabs"]

    assert [(tab.count, tab.is_current) for tab in tabs if tab.label == "気になる操作"] == [(2, True)]


# ── the weekly sample ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sample_is_gone_through_view_by_view(client: Client, head: User, misaki: User) -> None:
    jiro = staff_member(Role.MAKER, section="健康課", name="佐藤 次郎")
    sample = findings.drawn(misaki, jiro)
    signed_in(client, head)
    place = reverse("audit:sample", args=[sample.pk])

    first = client.get(place)
    client.post(place, {"view": first.context["at_hand"].view.pk, "verdict": "PROPER", "words": ""})
    second = client.get(place)
    client.post(place, {"view": second.context["at_hand"].view.pk, "verdict": "DOUBTFUL", "words": WORDS})
    last = client.get(place)

    assert (first.context["at_hand"].actor, second.context["at_hand"].actor) == ("山田 美咲", "佐藤 次郎")
    assert last.context["at_hand"] is None
    assert (last.context["left"], first.context["left"]) == (0, 2)
    assert WORDS in text(last)
    assert [view.verdict for view in SampledView.objects.order_by("rank")] == ["PROPER", "DOUBTFUL"]
    assert client.get(reverse("audit:samples")).context["waiting"] == 0


def test_another_sections_sample_is_hidden(client: Client, head: User) -> None:
    sample = findings.drawn(staff_member(section="保険課"), section="保険課")
    signed_in(client, head)

    assert client.get(reverse("audit:samples")).context["rows"] == []
    assert client.get(reverse("audit:sample", args=[sample.pk])).status_code == 404
    assert Event.objects.filter(action=actions.SAMPLE_VIEWED, result=Result.REFUSED).count() == 1
