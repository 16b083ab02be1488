"""B: the pages of the custody register: who gets in, what bad input is told, and that nothing personal is on them."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import events
from benefits.models import Box, DestructionList, Paper, Place, Stocktake
from benefits.models.paper import PaperState
from benefits.models.stocktake import Finding, StocktakeOutcome
from benefits.papers import codes, destruction, label_sheet, moving, places, stocktake
from benefits.papers.steps import Refused
from tests.benefits.custody import NUMBER_EVIDENCE, WITHOUT_NUMBER, Store, held, paper_of, received, to
from tests.benefits.pages import text_of
from tests.factories import approved, draft, my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(db: None) -> Store:
    return Store()


@pytest.fixture
def client(maker: User) -> Client:
    return signed_in(Client(), maker)


def act(paper: Paper, name: str) -> str:
    return reverse("benefits:paper-act", args=[paper.pk, name])


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_scanned_label_leads_to_its_paper_box_or_place(client: Client, maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    address = reverse("benefits:papers")

    for thing in (paper, store.box, store.cabinet):
        assert client.get(address, {"code": f"{thing.code.lower()}\n"}).headers["Location"] == thing.get_absolute_url()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("P12", "数字9桁"),
        ("P999999999", "検査数字"),
        ("ほげ", "数字9桁"),
        (codes.code_of("P", 99_999_999), "見つかりません"),
    ],
)
def test_a_label_that_leads_nowhere_is_told_so(typed: str, words: str, client: Client) -> None:
    assert words in text_of(client.get(reverse("benefits:papers"), {"code": typed}))


def test_what_is_no_receipt_number_is_told_so_and_written_down_nowhere(client: Client) -> None:
    page = client.get(reverse("benefits:papers"), {"receipt": "見本太郎", "show": "見本花子", "place": "見本次郎"})

    assert "2026-000123 の形" in text_of(page)
    event = Event.objects.get(action=events.PAPERS_SEARCHED)
    assert event.details["conditions"] == {}


def test_papers_are_listed_by_state_place_box_and_receipt_number_a_page_at_a_time(
    client: Client, maker: User, checker: User, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benefits.views.papers.LIST_LENGTH", 2)
    paper = held(maker, store.box)
    lent = moving.lend(held(maker, store.cabinet).pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())
    address = reverse("benefits:papers")

    def listed(**asked: Any) -> list[str]:
        return [line.paper.code for line in client.get(address, asked).context["lines"]]

    assert listed(show="LENT") == [lent.code]
    assert listed(show="overdue") == []
    assert listed(show="mine") == []
    assert listed(box=str(store.box.pk)) == [paper.code]
    assert listed(place=str(store.cabinet.pk)) == [lent.code]
    assert set(listed(receipt=paper.application.receipt_number)) < {one.code for one in paper.application.papers.all()}
    first = client.get(address)
    second = client.get(address + first.context["older"])
    codes_shown = [line.paper.code for page in (first, second) for line in page.context["lines"]]
    assert codes_shown == sorted(codes_shown, reverse=True)
    assert len(set(codes_shown)) == 4
    assert listed(show="nonsense", place="nonsense", before="zz")


def test_a_list_of_papers_costs_the_same_however_many_there_are(client: Client, maker: User, store: Store) -> None:
    address = reverse("benefits:papers")
    held(maker, store.box)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _each in range(3):
        held(maker, store.box)
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) == len(few)


def test_a_paper_beyond_somebody_s_office_looks_absent_and_the_attempt_is_on_record(maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    elsewhere = signed_in(Client(), staff_member(Role.INTAKE, office="KITA"))

    assert elsewhere.get(paper.get_absolute_url()).status_code == 404
    assert elsewhere.get(act(paper, "lend")).status_code == 404
    assert elsewhere.post(reverse("benefits:paper-confirm", args=[paper.pk]), {"seen": 1}).status_code == 404
    assert paper.code not in text_of(elsewhere.get(reverse("benefits:papers")))
    assert paper.code not in text_of(elsewhere.get(store.box.get_absolute_url()))
    assert "範囲の外" in text_of(elsewhere.get(store.box.get_absolute_url()))
    assert Event.objects.filter(action=events.HIDDEN_REQUESTED, subject_label=paper.code).count() == 3


def test_a_records_keeper_sees_nothing_personal(maker: User, checker: User, store: Store) -> None:
    application = approved(
        maker, checker, documents=["CLINICAL"], family_name="珍名", given_name="花子", **WITHOUT_NUMBER
    )
    paper = received(paper_of(application), store.box, by=maker)
    made = destruction.propose([paper], by=store.keeper, basis="満了")
    keeper = signed_in(Client(), store.other_keeper)

    pages = [
        reverse("benefits:papers"),
        paper.get_absolute_url(),
        store.box.get_absolute_url(),
        made.get_absolute_url(),
    ]
    for address in pages:
        page = text_of(keeper.get(address))
        assert paper.code in page
        assert "珍名" not in page
        assert application.get_absolute_url() not in page
    assert application.receipt_number in text_of(keeper.get(made.get_absolute_url()))
    assert keeper.get(application.get_absolute_url()).status_code == 403
    assert keeper.get(act(paper, "lend")).status_code == 403


# ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_papers_of_an_application_are_received_together(client: Client, maker: User, store: Store) -> None:
    application = submitted(maker)
    address = reverse("benefits:application-papers", args=[application.pk])
    ticked = [str(paper.pk) for paper in application.papers.all()]

    answer = client.post(
        address,
        {"do": "receive", "paper": ticked, "received_on": "R7.9.20", "to_code": store.box.code, "place": ""},
        follow=True,
    )

    assert "3件を受領" in said(answer)
    assert {paper.box for paper in application.papers.all()} == {store.box}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"received_on": "", "place": "CABINET"}, "受領日を入力してください"),
        ({"received_on": "R99.1.1", "place": "CABINET"}, "受領日は今日までの日付にしてください"),
        ({"received_on": "R7.9.20"}, "保管場所を選ぶか"),
        ({"received_on": "R7.9.20", "place": "CABINET", "to_code": "BOX"}, "どちらか1つ"),
        ({"received_on": "R7.9.20", "to_code": "B123"}, "数字9桁"),
        ({"received_on": "R7.9.20", "to_code": codes.code_of("B", 99_999_999)}, "箱も保管場所もありません"),
        ({"received_on": "R7.9.20", "place": "nonsense"}, "保管場所を選び直してください"),
        ({"received_on": "R7.9.20", "place": "CABINET", "paper": []}, "受領する書類を選んでください"),
        ({"received_on": "R7.9.20", "place": "COUNTER"}, "職員専用区域"),
    ],
)
def test_what_is_wrong_with_a_receipt_is_said(
    typed: dict[str, Any], words: str, client: Client, maker: User, store: Store
) -> None:
    application = submitted(maker)
    known = {"CABINET": str(store.cabinet.pk), "COUNTER": str(store.counter.pk), "BOX": store.box.code}
    sent = {
        "do": "receive",
        "paper": [str(paper.pk) for paper in application.papers.all()],
        **{key: known.get(value, value) if isinstance(value, str) else value for key, value in typed.items()},
    }

    answer = client.post(reverse("benefits:application-papers", args=[application.pk]), sent)

    assert words in text_of(answer)
    assert not application.papers.exclude(state=PaperState.EXPECTED).exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "種類を選んでください"),
        ({"kind": "NONSENSE"}, "種類を選び直してください"),
        ({"kind": "TAX", "is_original": "ORIGINAL", "sheets": "0"}, "枚数は1から999まで"),
        ({"kind": "TAX", "is_original": "ORIGINAL", "sheets": "二"}, "枚数は数字で"),
        ({"kind": "TAX", "sheets": "1"}, "原本・写しを選んでください"),
    ],
)
def test_what_is_wrong_with_a_further_paper_is_said(
    typed: dict[str, str], words: str, client: Client, maker: User
) -> None:
    application = submitted(maker)

    answer = client.post(reverse("benefits:application-papers", args=[application.pk]), {"do": "list", **typed})

    assert words in text_of(answer)
    assert application.papers.count() == 3


def test_a_paper_that_is_asked_for_is_put_on_the_list_and_waited_for(client: Client, maker: User) -> None:
    application = submitted(maker)

    client.post(
        reverse("benefits:application-papers", args=[application.pk]),
        {"do": "list", "kind": "TAX", "is_original": "ORIGINAL", "sheets": "1", "is_required": "on"},
    )

    assert paper_of(application, "TAX").is_required
    assert "提出を求めている" in text_of(client.get(application.get_absolute_url()))


def test_a_paper_goes_from_hand_to_hand_through_the_pages(maker: User, checker: User, store: Store) -> None:
    giver, receiver = signed_in(Client(), maker), signed_in(Client(), checker)
    paper = held(maker, store.cabinet)
    form = {"seen": 1, "receiver": checker.pk, "to_code": store.box.code}

    answer = giver.post(act(paper, "hand-over"), form, follow=True)
    assert f"{checker.display_name} さんの受領の確認" in said(answer)
    assert "受け取りました" not in text_of(answer)
    assert paper.code in text_of(receiver.get(reverse("benefits:home")))
    page = receiver.get(paper.get_absolute_url())
    assert "受け取りました" in text_of(page)
    answer = giver.post(reverse("benefits:paper-confirm", args=[paper.pk]), {"seen": 2}, follow=True)
    assert "受け取る人だけ" in said(answer)
    receiver.post(reverse("benefits:paper-confirm", args=[paper.pk]), {"seen": 2})

    paper.refresh_from_db()
    assert paper.box == store.box
    history = text_of(giver.get(paper.get_absolute_url()))
    assert f"{maker.display_name} → {checker.display_name}" in history


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("hand-over", {}, "受け取る人を選んでください"),
        ("hand-over", {"receiver": "0"}, "受け取る人を選び直してください"),
        ("lend", {"borrower": "", "due_on": "R9.1.1"}, "貸出先（審査会委員）を入力してください"),
        ("lend", {"borrower": "委員", "due_on": ""}, "返却期限を入力してください"),
        ("lend", {"borrower": "委員", "due_on": "R5.1.1"}, "今日かそれより後"),
        ("miss", {"reason": ""}, "理由・経緯を入力してください"),
        ("copy", {"sheets": "x"}, "写しの枚数は数字で"),
    ],
)
def test_what_is_wrong_with_a_movement_is_said(
    name: str, typed: dict[str, str], words: str, client: Client, maker: User, store: Store
) -> None:
    paper = held(maker, store.cabinet)

    answer = client.post(act(paper, name), {"seen": 1, **typed})

    assert words in text_of(answer)
    paper.refresh_from_db()
    assert paper.movement_count == 1


def test_a_step_that_somebody_else_has_overtaken_is_refused_in_words(
    client: Client, maker: User, checker: User, store: Store
) -> None:
    paper = held(maker, store.cabinet)
    lent = {"seen": 0, "borrower": "委員", "due_on": timezone.localdate().isoformat()}

    assert "ほかの人が" in text_of(client.post(act(paper, "lend"), lent))
    moving.miss(paper.pk, by=checker, seen=1, reason="ない")
    answer = client.post(act(paper, "lend"), lent, follow=True)
    assert "所在不明" in said(answer)
    assert client.post(reverse("benefits:paper-take-back", args=[paper.pk])).status_code == 400
    assert client.get(act(paper, "nonsense")).status_code == 404


def test_lending_missing_finding_and_copying_through_the_pages(client: Client, maker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    due = (timezone.localdate() + timedelta(days=7)).isoformat()

    client.post(act(paper, "lend"), {"seen": 1, "borrower": "見本委員", "due_on": due})
    assert "見本委員" in text_of(client.get(paper.get_absolute_url()))
    back = client.get(act(paper, "take-in-again"))
    assert back.context["form"]["place"].value() == str(store.cabinet.pk)  # where it was taken from is offered
    client.post(act(paper, "take-in-again"), {"seen": 2, "place": str(store.cabinet.pk)})
    client.post(act(paper, "miss"), {"seen": 3, "reason": "ない"})
    client.post(act(paper, "find"), {"seen": 4, "to_code": store.box.code, "reason": "あった"})
    answer = client.post(act(paper, "copy"), {"seen": 5, "sheets": "2", "to_code": store.box.code}, follow=True)

    paper.refresh_from_db()
    assert (paper.state, paper.box) == (PaperState.HELD, store.box)
    assert "の写し" in text_of(answer)
    assert "ない" not in text_of(client.get(paper.get_absolute_url())).split("経過")[1]
    asked = paper_of(paper.application, "APPLICATION")
    client.post(act(asked, "leave-out"), {"seen": 0, "reason": "提示だけ"})
    client.post(
        act(asked, "receive"),
        {"seen": 1, "received_on": "R7.9.20", "is_original": "COPY", "sheets": "3", "to_code": store.box.code},
    )
    asked.refresh_from_db()
    assert (asked.state, asked.is_original, asked.sheets) == (PaperState.HELD, False, 3)


def test_a_box_goes_from_hand_to_hand_through_the_pages(maker: User, checker: User, store: Store) -> None:
    held(maker, store.box)
    archive = store.place("書庫", "A")
    giver, receiver = signed_in(Client(), maker), signed_in(Client(), checker)
    address = reverse("benefits:box-hand-over", args=[store.box.pk])

    assert "保管場所にしてください" in text_of(
        giver.post(address, {"seen": 0, "receiver": checker.pk, "to_code": store.box.code})
    )
    giver.post(address, {"seen": 0, "receiver": checker.pk, "place": str(archive.pk)})
    assert store.box.code in text_of(receiver.get(reverse("benefits:home")))
    answer = giver.post(reverse("benefits:box-confirm", args=[store.box.pk]), {"seen": 1}, follow=True)
    assert "受け取る人だけ" in said(answer)
    giver.post(reverse("benefits:box-take-back", args=[store.box.pk]), {"seen": 1})
    giver.post(address, {"seen": 2, "receiver": checker.pk, "place": str(archive.pk)})
    receiver.post(reverse("benefits:box-confirm", args=[store.box.pk]), {"seen": 3})

    store.box.refresh_from_db()
    assert store.box.place == archive
    assert "への引渡し" not in text_of(giver.get(store.box.get_absolute_url()))


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_records_keeper_makes_and_closes_places_and_boxes(store: Store) -> None:
    keeper = signed_in(Client(), store.keeper)
    typed = {"site": "北保健所", "room": "書庫", "cabinet": "A-1", "lock": "", "is_staff_only": "YES"}

    made = keeper.post(reverse("benefits:place-new"), typed, follow=True).context["place"]
    box = keeper.post(reverse("benefits:box-new", args=[made.pk]), follow=True).context["box"]
    assert "残っている" in said(keeper.post(reverse("benefits:place-close", args=[made.pk]), follow=True))
    keeper.post(reverse("benefits:box-close", args=[box.pk]))
    keeper.post(reverse("benefits:place-close", args=[made.pk]))

    made.refresh_from_db()
    assert made.closed_by == store.keeper
    assert "閉鎖されています" in text_of(keeper.get(made.get_absolute_url()))
    assert "閉鎖した保管場所" in text_of(keeper.get(reverse("benefits:places")))
    assert "閉鎖" in said(keeper.post(reverse("benefits:box-new", args=[made.pk]), follow=True))
    for page in ("box-close", "place-close"):
        thing = box if page == "box-close" else made
        assert "すでに" in said(keeper.post(reverse(f"benefits:{page}", args=[thing.pk]), follow=True))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"site": ""}, "施設を入力してください"),
        ({"cabinet": "棚" * 41}, "キャビネット・棚は40文字以内"),
        ({"is_staff_only": ""}, "区域を選んでください"),
        ({"room": "文書庫", "cabinet": "3-12"}, "すでにあります"),
    ],
)
def test_what_is_wrong_with_a_place_is_said(typed: dict[str, str], words: str, store: Store) -> None:
    whole = {"site": "本庁舎", "room": "書庫", "cabinet": "A-1", "lock": "", "is_staff_only": "YES"}

    answer = signed_in(Client(), store.keeper).post(reverse("benefits:place-new"), {**whole, **typed})

    assert words in text_of(answer)
    assert Place.objects.count() == 2


# ── destruction ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_keepers_destroy_papers_through_the_pages(maker: User, checker: User, store: Store) -> None:
    paper = received(paper_of(approved(maker, checker, documents=["CLINICAL"], **WITHOUT_NUMBER)), store.box, by=maker)
    one, other = signed_in(Client(), store.keeper), signed_in(Client(), store.other_keeper)

    # as a scanner leaves it: one a line, and one of them twice
    page = one.post(
        reverse("benefits:destruction-new"),
        {"basis": "満了", "codes": f"{paper.code}\r\n{paper.code}\r\n"},
        follow=True,
    )
    made = DestructionList.objects.get()
    decide = reverse("benefits:destruction-decide", args=[made.pk])
    assert made.code in text_of(page)
    assert "ほかの保存・鍵管理者が行います" in text_of(page)
    assert "自分では実施" in said(one.post(decide, {"outcome": "DONE"}, follow=True))
    assert "選んでください" in said(other.post(decide, {"outcome": "NONSENSE"}, follow=True))
    assert "提案した人だけ" in said(other.post(decide, {"outcome": "WITHDRAWN"}, follow=True))
    assert "廃棄済みとして" in said(other.post(decide, {"outcome": "DONE"}, follow=True))

    paper.refresh_from_db()
    assert paper.state == PaperState.DESTROYED
    assert made.code in text_of(other.get(reverse("benefits:destructions")))
    assert f"廃棄一覧 {made.code}" in text_of(other.get(paper.get_absolute_url()))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"basis": "", "codes": "x"}, "廃棄の根拠を入力してください"),
        ({"basis": "満了", "codes": ""}, "廃棄する書類のラベルを入力してください"),
        ({"basis": "満了", "codes": "HELD\nP12"}, "2行目：ラベルの番号は"),
        ({"basis": "満了", "codes": codes.code_of("P", 99_999_999)}, "登録のない番号です"),
        ({"basis": "満了", "codes": "HELD"}, "処理中の申請"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(typed: dict[str, str], words: str, maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    sent = {key: value.replace("HELD", paper.code) for key, value in typed.items()}

    answer = signed_in(Client(), store.keeper).post(reverse("benefits:destruction-new"), sent)

    assert words in text_of(answer)
    assert not DestructionList.objects.exists()


# ── stocktakes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stocktake_finds_what_is_missing_misplaced_and_unknown(client: Client, maker: User, store: Store) -> None:
    there, gone, elsewhere = held(maker, store.box), held(maker, store.box), held(maker, store.cabinet)
    unknown = codes.code_of("P", 99_999_999)
    page = client.post(reverse("benefits:stocktakes"), {"to_code": store.box.code}, follow=True)
    count = page.context["stocktake"]
    address = count.get_absolute_url()

    for typed in (there.code, elsewhere.code, unknown, "123-456", there.code):
        page = client.post(address, {"code": typed}, follow=True)
    assert "すでに読み取って" in said(page)
    assert page.context["result"] == stocktake.Result(expected=2, present=1, missing=1, misplaced=1, unknown=2)
    assert gone.code in text_of(page)
    page = client.post(reverse("benefits:stocktake-finish", args=[count.pk]), follow=True)

    found = {line.code: line.finding for line in count.lines.all()}
    assert found == {
        there.code: Finding.PRESENT,
        gone.code: Finding.MISSING,
        elsewhere.code: Finding.MISPLACED,
        unknown: Finding.UNKNOWN,
        "123-456": Finding.UNKNOWN,
    }
    assert page.context["result"] == stocktake.Result(expected=2, present=1, missing=1, misplaced=1, unknown=2)
    event = Event.objects.get(action=events.STOCKTAKE_FINISHED)
    assert event.details["count"] == {"present": 1, "missing": 1, "misplaced": 1, "unknown": 2}
    assert "すでに終わって" in said(client.post(reverse("benefits:stocktake-finish", args=[count.pk]), follow=True))


def test_a_place_is_counted_by_its_loose_papers_and_its_boxes(maker: User, store: Store) -> None:
    loose, inside = held(maker, store.cabinet), held(maker, store.box)
    far = places.open_box(store.counter, by=store.keeper)
    count = stocktake.begin(store.cabinet, by=maker)

    assert {thing.code for thing in stocktake.expected(count)} == {loose.code, store.box.code}
    findings = [stocktake.scan(count.pk, one.code, by=maker)[0].finding for one in (store.box, inside, far)]
    stocktake.finish(count.pk, by=store.keeper)

    assert findings == [Finding.PRESENT, Finding.PRESENT, Finding.MISPLACED]
    assert count.lines.get(finding=Finding.MISSING).paper == loose


def test_a_stocktake_is_left_continued_by_another_and_cancelled(
    client: Client, maker: User, checker: User, store: Store
) -> None:
    held(maker, store.box)
    client.post(reverse("benefits:stocktakes"), {"to_code": store.box.code})
    count = Stocktake.objects.get()
    other = signed_in(Client(), checker)

    again = other.post(reverse("benefits:stocktakes"), {"to_code": store.box.code}, follow=True)
    assert "続きから" in said(again)
    assert again.context["stocktake"] == count
    with pytest.raises(Refused, match="すでに始まって"):
        stocktake.begin(store.box, by=checker)
    other.post(reverse("benefits:stocktake-cancel", args=[count.pk]))
    other.post(reverse("benefits:stocktakes"), {"to_code": store.box.code})

    outcomes = set(Stocktake.objects.values_list("outcome", flat=True))
    assert outcomes == {StocktakeOutcome.CANCELLED.value, ""}
    assert "すでに終わって" in said(client.post(reverse("benefits:stocktake-cancel", args=[count.pk]), follow=True))
    assert "途中" in text_of(client.get(reverse("benefits:stocktakes")))


def test_a_scan_by_script_is_answered_by_its_line(client: Client, maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    address = stocktake.begin(store.box, by=maker).get_absolute_url()
    asking = {"HTTP_ACCEPT": "application/json"}

    answer = client.post(address, {"code": paper.code}, **asking).json()
    again = client.post(address, {"code": paper.code}, **asking).json()
    empty = client.post(address, {"code": " "}, **asking)

    assert (answer["code"], answer["finding"], answer["isNew"], answer["counts"]["present"]) == (
        paper.code,
        "あり",
        True,
        1,
    )
    assert not again["isNew"]
    assert (empty.status_code, empty.json()["problem"]) == (422, "ラベルを読み取るか、番号を入力してください。")


def test_a_my_number_that_is_typed_into_the_scan_field_is_kept_nowhere(
    client: Client, maker: User, store: Store
) -> None:
    count = stocktake.begin(store.box, by=maker)

    answer = client.post(count.get_absolute_url(), {"code": my_number()}, follow=True)
    assert "個人番号と同じ形" in said(answer)
    for text in ("見本 太郎", "1" * 12, "x" * 21):
        answer = client.post(count.get_absolute_url(), {"code": text}, follow=True)
        assert "数字9桁です" in said(answer)

    assert not count.lines.exists()


def test_a_clerk_of_one_office_does_not_count_what_they_may_not_see(maker: User, store: Store) -> None:
    held(maker, store.box)
    elsewhere = staff_member(Role.INTAKE, office="KITA")
    mine = places.open_box(store.counter, by=store.keeper)
    client = signed_in(Client(), elsewhere)

    assert "範囲の外" in text_of(client.post(reverse("benefits:stocktakes"), {"to_code": store.box.code}))
    count = stocktake.begin(mine, by=elsewhere)
    strange = Paper.objects.get(state="HELD")
    page = text_of(client.post(count.get_absolute_url(), {"code": strange.code}, follow=True))

    assert "ほかの保健所の書類" in page
    assert strange.application.receipt_number not in page


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_labels_of_an_application_s_papers_read_back(client: Client, maker: User) -> None:
    application = submitted(maker)
    answer = client.get(reverse("benefits:paper-labels"), {"application": str(application.pk), "skip": "24"})

    pdf = PdfReader(BytesIO(answer.content))
    text = "".join(page.extract_text() for page in pdf.pages)

    assert answer["Content-Type"] == "application/pdf"
    assert len(pdf.pages) == 2  # one label on what is left of the first sheet
    for paper in application.papers.all():
        assert paper.code in text
        assert paper.kind_label in text
    assert "職員専用区域から出さない" in text
    assert application.receipt_number not in text
    assert application.patient_name not in text
    assert Event.objects.filter(action=events.LABELS_PRINTED).exists()


def test_labels_of_boxes_and_places_are_printed_and_nobody_else_s(maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    keeper = signed_in(Client(), store.keeper)
    elsewhere = signed_in(Client(), staff_member(Role.INTAKE, office="KITA"))
    address = reverse("benefits:paper-labels")

    place = PdfReader(BytesIO(keeper.get(address, {"place": str(store.cabinet.pk)}).content)).pages[0].extract_text()

    assert store.cabinet.code in place
    assert store.box.code in place
    assert keeper.get(address, {"box": str(store.box.pk)}).status_code == 200
    assert elsewhere.get(address, {"paper": str(paper.pk)}).status_code == 404
    assert keeper.get(address).status_code == 404
    assert keeper.get(address, {"paper": "nonsense", "skip": "x"}).status_code == 404


@pytest.mark.parametrize("sheet", label_sheet.SHEETS, ids=lambda sheet: sheet.code)
def test_a_full_sheet_of_labels_is_one_page(sheet: label_sheet.Sheet) -> None:
    labels = [
        label_sheet.Label(codes.code_of("P", number + 1), "課税（非課税）証明書", "原本", "職員専用区域から出さない")
        for number in range(sheet.size)
    ]

    pdf = PdfReader(BytesIO(label_sheet.render(labels, sheet=sheet)))

    assert len(pdf.pages) == 1
    text = pdf.pages[0].extract_text()
    assert all(label.code in text for label in labels)


def test_the_picture_on_a_label_is_the_code_of_the_label() -> None:
    one, other = (label_sheet.picture(codes.code_of("P", serial)) for serial in (1, 2))

    assert one.startswith("<svg")
    assert one != other
    assert label_sheet.sheet_called("12").size == 12
    assert label_sheet.sheet_called("?") == label_sheet.SHEETS[0]


def test_an_application_page_shows_its_papers_to_whom_they_concern(client: Client, maker: User, store: Store) -> None:
    contractor = staff_member(Role.CONTRACT_MAKER)
    typed = draft(contractor, **WITHOUT_NUMBER)

    assert typed.papers.earliest("code").code in text_of(client.get(typed.get_absolute_url()))
    page = text_of(signed_in(Client(), contractor).get(typed.get_absolute_url()))
    assert typed.papers.earliest("code").code not in page


def test_the_head_of_today_s_work_names_what_is_overdue(client: Client, maker: User, store: Store) -> None:
    assert "書類の所在" not in text_of(client.get(reverse("benefits:home")))
    moving.miss(held(maker, store.cabinet, kind=NUMBER_EVIDENCE).pk, by=maker, seen=1, reason="ない")

    assert "書類の所在" in text_of(client.get(reverse("benefits:home")))
    assert Box.objects.count() == 1
    assert to(store.box).box == store.box
