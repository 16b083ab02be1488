"""B: what papers came, where each is, who gave it to whom, and that an application is not closed while one is out."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import Event, Result
from benefits import content, events, workflow
from benefits.choices import Status
from benefits.models import Application, Movement, Paper, Place
from benefits.models.paper import MovementKind, PaperState
from benefits.models.place import BoxState
from benefits.papers import checklist, codes, destruction, duties, moving, places, waiting
from benefits.papers.steps import Refused
from benefits.registers import paper_kinds
from tests.benefits.custody import NUMBER_EVIDENCE, WITHOUT_NUMBER, Store, held, paper_of, received, to
from tests.factories import approved, compared, draft, staff_member, submit, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(db: None) -> Store:
    return Store()


# ── the checklist ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_application_begins_with_the_list_of_papers_that_the_form_names(maker: User) -> None:
    application = draft(maker, documents=["APPLICATION", "TAX"], number_evidence="CARD", identity_evidence="LICENCE")

    papers = {paper.kind: paper for paper in application.papers.all()}

    assert set(papers) == {"APPLICATION", "TAX", paper_kinds.NUMBER, paper_kinds.IDENTITY}
    assert {paper.state for paper in papers.values()} == {PaperState.EXPECTED}
    assert papers["APPLICATION"].holds_number
    assert papers[paper_kinds.NUMBER].holds_number
    assert not papers["TAX"].holds_number
    assert not papers[paper_kinds.NUMBER].is_original
    assert papers["TAX"].is_original


def test_the_list_grows_at_submission_by_what_was_ticked_since_and_by_nothing_twice(maker: User) -> None:
    application = draft(maker, documents=[], **WITHOUT_NUMBER)
    assert [paper.kind for paper in application.papers.all()] == ["APPLICATION", "NUMBER", "IDENTITY"]

    application = workflow.save(
        application.pk,
        by=maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "documents": ["APPLICATION", "CLINICAL"]},
    )
    submit(application, by=maker)

    kinds = [paper.kind for paper in application.papers.order_by("code")]
    assert kinds == ["APPLICATION", "NUMBER", "IDENTITY", "CLINICAL"]
    assert Event.objects.filter(action=events.PAPER_LISTED, subject_id=str(application.pk)).count() == 2


def test_what_no_kind_of_paper_is_called_is_not_listed(maker: User) -> None:
    assert checklist.expected({"documents": ["APPLICATION", "NONSENSE"]}) == ["APPLICATION"]
    assert checklist.expected({"documents": "APPLICATION"}) == ["APPLICATION"]
    assert checklist.expected({}) == ["APPLICATION"]


def test_the_kinds_of_paper_are_those_of_the_day() -> None:
    before, since = date(2015, 12, 31), date(2016, 1, 1)

    assert NUMBER_EVIDENCE not in {kind.code for kind in paper_kinds.kinds_on(before)}
    assert NUMBER_EVIDENCE in {kind.code for kind in paper_kinds.kinds_on(since)}
    assert paper_kinds.label("GONE") == "GONE"


def test_a_label_number_says_nothing_and_is_checked(maker: User) -> None:
    code = draft(maker, **WITHOUT_NUMBER).papers.earliest("code").code

    assert codes.read(f" {code[0].lower()}-{code[1:]} ") == code
    assert codes.read("Ｐ" + code[1:]) == code
    for wrong, words in ((code[:-1] + str((int(code[-1]) + 1) % 10), "検査数字"), ("", "読み取る"), ("X1", "数字9桁")):
        with pytest.raises(codes.NotACode, match=words):
            codes.read(wrong)


# ── movements ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_paper_is_where_its_movements_have_brought_it(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    assert (paper.state, paper.place, paper.sheets) == (PaperState.HELD, store.cabinet, 2)

    paper = moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=checker)
    assert (paper.state, paper.place, paper.receiver) == (PaperState.HANDED_OVER, store.cabinet, checker)

    paper = moving.confirm(paper.pk, by=checker, seen=2)
    assert (paper.state, paper.place, paper.box, paper.receiver) == (PaperState.HELD, None, store.box, None)

    due = timezone.localdate() + timedelta(days=14)
    paper = moving.lend(paper.pk, by=checker, seen=3, borrower="見本病院 見本委員", due_on=due)
    assert (paper.state, paper.borrower, paper.due_on) == (PaperState.LENT, "見本病院 見本委員", due)

    paper = moving.take_in_again(paper.pk, by=maker, seen=4, to=to(store.box))
    assert (paper.state, paper.borrower, paper.due_on) == (PaperState.HELD, "", None)

    paper = moving.miss(paper.pk, by=maker, seen=5, reason="箱に見当たらない")
    assert (paper.state, paper.box) == (PaperState.MISSING, store.box)
    paper = moving.find(paper.pk, by=maker, seen=6, to=to(store.cabinet), reason="隣の棚にあった")
    assert (paper.state, paper.place, paper.box) == (PaperState.HELD, store.cabinet, None)

    kinds = [one.kind for one in Movement.objects.filter(paper=paper).order_by("number")]
    assert kinds == ["RECEIVED", "MOVED", "CONFIRMED", "LENT", "RETURNED", "MISSING", "FOUND"]


def test_every_movement_is_on_record_with_the_words_sealed(maker: User, store: Store) -> None:
    paper = moving.miss(held(maker, store.cabinet).pk, by=maker, seen=1, reason="棚にない")

    event = Event.objects.get(action=events.PAPER_MISSING)

    assert (event.actor_id, event.subject_label, event.person_id) == (
        maker.pk,
        paper.code,
        paper.application.person_id,
    )
    assert event.sealed_reason is not None
    assert "棚にない" not in str(event.details)


def test_a_hand_over_that_did_not_happen_is_taken_back_by_either_of_the_two(
    maker: User, checker: User, store: Store
) -> None:
    for by in (maker, checker):
        paper = held(maker, store.cabinet)
        moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=checker)
        with pytest.raises(Refused, match="渡した人と受け取る人だけ"):
            moving.take_back(paper.pk, by=store.keeper, seen=2)

        paper = moving.take_back(paper.pk, by=by, seen=2)

        assert (paper.state, paper.place, paper.box) == (PaperState.HELD, store.cabinet, None)


@pytest.mark.parametrize("by", ["giver", "somebody else"])
def test_only_the_receiver_confirms(by: str, maker: User, checker: User, other_checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=checker)

    with pytest.raises(Refused, match="受け取る人だけ"):
        moving.confirm(paper.pk, by=maker if by == "giver" else other_checker, seen=2)

    assert Event.objects.filter(action=events.CUSTODY_REFUSED, result=Result.REFUSED).exists()
    paper.refresh_from_db()
    assert paper.state == PaperState.HANDED_OVER


def test_nobody_hands_over_to_themselves_or_to_somebody_without_the_duty(maker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)

    with pytest.raises(Refused, match="自分への引渡し"):
        moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=maker)
    with pytest.raises(Refused, match="役割がありません"):
        moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=staff_member(Role.ISSUER))
    with pytest.raises(Refused, match="役割がありません"):
        moving.hand_over(
            paper.pk, by=maker, seen=1, to=to(store.box), receiver=staff_member(Role.INTAKE, office="KITA")
        )


def test_the_people_to_choose_from_are_those_who_may_receive_it(maker: User, checker: User, store: Store) -> None:
    here, elsewhere = staff_member(Role.INTAKE, office="CHUO"), staff_member(Role.INTAKE, office="KITA")
    staff_member(Role.ISSUER)

    found = duties.receivers(held(maker, store.cabinet).application, giver=maker)

    assert {checker, here, store.keeper, store.other_keeper} <= set(found)
    assert not {maker, elsewhere} & set(found)
    assert all(duties.may_receive(one, None) for one in found)


def test_a_copy_is_a_paper_of_its_own_with_its_own_label(maker: User, store: Store) -> None:
    original = held(maker, store.cabinet, kind=NUMBER_EVIDENCE, number_evidence="CARD")

    copy = moving.copy(original.pk, by=maker, seen=1, to=to(store.box), on=timezone.localdate(), sheets=1)

    assert copy.code != original.code
    assert (copy.copied_from, copy.is_original, copy.holds_number, copy.box) == (original, False, True, store.box)
    assert Movement.objects.get(kind=MovementKind.COPIED).copy == copy


def test_what_was_seen_before_somebody_else_moved_it_is_refused(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    moving.lend(paper.pk, by=checker, seen=1, borrower="委員", due_on=timezone.localdate())

    with pytest.raises(Refused, match="ほかの人が"):
        moving.miss(paper.pk, by=maker, seen=1, reason="ない")


def test_a_paper_does_not_skip_a_step(maker: User, store: Store) -> None:
    paper = paper_of(submitted(maker, documents=["CLINICAL"], **WITHOUT_NUMBER))

    with pytest.raises(Refused, match="未受領"):
        moving.lend(paper.pk, by=maker, seen=0, borrower="委員", due_on=timezone.localdate())
    with pytest.raises(Refused, match="未受領"):
        moving.confirm(paper.pk, by=maker, seen=0)


def test_number_evidence_is_refused_at_a_place_that_is_not_for_staff_only(maker: User, store: Store) -> None:
    application = submitted(maker)
    evidence = paper_of(application, NUMBER_EVIDENCE)

    with pytest.raises(Refused, match="職員専用区域"):
        received(evidence, store.counter, by=maker)
    open_box = places.open_box(store.counter, by=store.keeper)
    with pytest.raises(Refused, match="職員専用区域"):
        received(evidence, open_box, by=maker)
    received(evidence, store.box, by=maker)

    assert received(paper_of(application, paper_kinds.IDENTITY), store.counter, by=maker).place == store.counter


def test_a_box_with_number_evidence_does_not_go_to_an_open_place(maker: User, checker: User, store: Store) -> None:
    held(maker, store.box, kind=NUMBER_EVIDENCE)

    with pytest.raises(Refused, match="職員専用区域"):
        moving.hand_over_box(store.box.pk, by=maker, seen=0, to=store.counter, receiver=checker)


def test_a_box_moves_as_one_and_its_papers_with_it(maker: User, checker: User, store: Store) -> None:
    paper, archive = held(maker, store.box), store.place("書庫", "A")

    box = moving.hand_over_box(store.box.pk, by=maker, seen=0, to=archive, receiver=store.keeper)
    assert (box.state, box.place) == (BoxState.HANDED_OVER, store.cabinet)
    with pytest.raises(Refused, match="箱が引渡しの途中"):
        moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())
    with pytest.raises(Refused, match="受け取る人だけ"):
        moving.confirm_box(box.pk, by=checker, seen=1)
    box = moving.confirm_box(box.pk, by=store.keeper, seen=1)

    assert (box.state, box.place) == (BoxState.HELD, archive)
    assert list(Paper.objects.at(archive)) == [paper]


def test_somebody_of_another_office_does_not_move_a_box_with_papers_they_may_not_see(
    maker: User, store: Store
) -> None:
    held(maker, store.box)
    elsewhere, here = staff_member(Role.INTAKE, office="KITA"), staff_member(Role.INTAKE, office="CHUO")

    with pytest.raises(Refused, match="範囲の外"):
        moving.hand_over_box(store.box.pk, by=elsewhere, seen=0, to=store.cabinet, receiver=maker)
    with pytest.raises(Refused, match="範囲の外"):
        moving.hand_over_box(store.box.pk, by=maker, seen=0, to=store.cabinet, receiver=elsewhere)
    moving.hand_over_box(store.box.pk, by=here, seen=0, to=store.cabinet, receiver=maker)


def test_an_office_sees_and_moves_its_own_papers_only(maker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    elsewhere, here = staff_member(Role.INTAKE, office="KITA"), staff_member(Role.INTAKE, office="CHUO")

    assert not Paper.objects.visible_to(elsewhere).exists()
    assert paper in Paper.objects.visible_to(here)
    assert paper in Paper.objects.visible_to(store.keeper)
    with pytest.raises(Refused, match="範囲の外"):
        moving.miss(paper.pk, by=elsewhere, seen=1, reason="ない")
    with pytest.raises(Refused, match="権限"):
        moving.miss(paper.pk, by=store.keeper, seen=1, reason="ない")


def test_several_papers_are_received_together_or_none(maker: User, store: Store) -> None:
    papers = list(submitted(maker).papers.order_by("code"))

    with pytest.raises(Refused, match="職員専用区域"):
        moving.receive_all(papers, by=maker, to=to(store.counter), on=timezone.localdate())
    assert not Movement.objects.exists()
    moving.receive_all(papers, by=maker, to=to(store.box), on=timezone.localdate())
    with pytest.raises(Refused, match="選んでください"):
        moving.receive_all([], by=maker, to=to(store.box), on=timezone.localdate())

    assert {paper.box for paper in Paper.objects.all()} == {store.box}


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_place_is_closed_when_it_is_empty_and_takes_nothing_afterwards(
    maker: User, checker: User, store: Store
) -> None:
    shelf = store.place("書庫", "B")
    paper = held(maker, shelf)
    with pytest.raises(Refused, match="残っている"):
        places.close_place(shelf.pk, by=store.keeper)
    with pytest.raises(Refused, match="残っている"):
        places.close_place(store.cabinet.pk, by=store.keeper)  # a box stands there
    moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.cabinet), receiver=checker)
    moving.confirm(paper.pk, by=checker, seen=2)

    places.close_place(shelf.pk, by=store.keeper)

    with pytest.raises(Refused, match="閉鎖"):
        moving.hand_over(paper.pk, by=maker, seen=3, to=to(shelf), receiver=checker)
    with pytest.raises(Refused, match="すでに閉鎖"):
        places.close_place(shelf.pk, by=store.keeper)
    assert shelf in Place.objects.all()
    store.place("書庫", "B")  # the same shelf again, as a new place


def test_a_place_that_something_is_on_its_way_to_is_not_closed(maker: User, checker: User, store: Store) -> None:
    shelf = store.place("書庫", "B")
    moving.hand_over(held(maker, store.cabinet).pk, by=maker, seen=1, to=to(shelf), receiver=checker)

    with pytest.raises(Refused, match="向かっている"):
        places.close_place(shelf.pk, by=store.keeper)


def test_a_box_is_taken_out_of_use_when_it_is_empty(maker: User, store: Store) -> None:
    held(maker, store.box)
    empty = places.open_box(store.cabinet, by=store.keeper)
    with pytest.raises(Refused, match="残っている"):
        places.close_box(store.box.pk, by=store.keeper)

    places.close_box(empty.pk, by=store.keeper)

    with pytest.raises(Refused, match="使い終わって"):
        held(maker, empty)


def test_only_a_records_keeper_keeps_places(maker: User, store: Store) -> None:
    with pytest.raises(Refused, match="保存・鍵管理者"):
        places.open_place(by=maker, site="a", room="b", cabinet="c", lock="", is_staff_only=True)
    with pytest.raises(Refused, match="保存・鍵管理者"):
        places.close_box(store.box.pk, by=maker)
    with pytest.raises(Refused, match="すでにあります"):
        store.place("文書庫", "3-12")


# ── closing an application ───────────────────────────────────────────────────────────────────────────────────────────


def approve(application: Application, *, by: User) -> None:
    workflow.approve(
        application.pk,
        by=by,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
    )


@pytest.mark.parametrize("how", ["lent", "handed over", "missing", "in a box on its way", "asked for"])
def test_an_application_is_not_closed_while_a_paper_is_out(how: str, maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.box)
    application = compared(paper.application, by=checker)
    if how == "lent":
        moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())
    elif how == "handed over":
        moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.cabinet), receiver=checker)
    elif how == "missing":
        moving.miss(paper.pk, by=maker, seen=1, reason="ない")
    elif how == "in a box on its way":
        moving.hand_over_box(store.box.pk, by=maker, seen=0, to=store.place("書庫", "C"), receiver=checker)
    else:
        moving.enlist(
            application, by=maker, kind="TAX", is_original=True, sheets=1, holds_number=False, is_required=True
        )

    with pytest.raises(workflow.Refused, match="所在の確定しない書類") as refused:
        approve(application, by=checker)

    assert refused.value.refusal.code == "paper_is_out"
    application.refresh_from_db()
    assert application.status == Status.SUBMITTED


def test_once_everything_is_back_the_application_is_closed(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.box)
    application = compared(paper.application, by=checker)
    moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())
    asked = moving.enlist(
        application, by=maker, kind="TAX", is_original=True, sheets=1, holds_number=False, is_required=True
    )

    moving.take_in_again(paper.pk, by=maker, seen=2, to=to(store.box))
    moving.leave_out(asked.pk, by=maker, seen=0, reason="情報連携で確認できた")
    approve(application, by=checker)

    application.refresh_from_db()
    assert application.status == Status.APPROVED


def test_papers_that_were_never_received_keep_no_application_open(maker: User, checker: User) -> None:
    assert approved(maker, checker).papers.filter(state=PaperState.EXPECTED).count() == 3


def test_an_application_is_not_withdrawn_while_a_paper_is_out(maker: User, store: Store) -> None:
    application = draft(maker, documents=["CLINICAL"], **WITHOUT_NUMBER)
    paper = received(paper_of(application), store.box, by=maker)
    moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())

    with pytest.raises(workflow.Refused, match="所在の確定しない書類"):
        workflow.withdraw(application.pk, by=maker, revision=application.revision)
    moving.take_in_again(paper.pk, by=maker, seen=2, to=to(store.box))
    workflow.withdraw(application.pk, by=maker, revision=application.revision)


# ── destruction ──────────────────────────────────────────────────────────────────────────────────────────────────────


def closed(maker: User, checker: User, store: Store) -> Paper:
    """Return a paper, in the box, of an application that is decided."""
    application = approved(maker, checker, documents=["APPLICATION", "CLINICAL"], **WITHOUT_NUMBER)
    return received(paper_of(application), store.box, by=maker)


def test_papers_are_destroyed_by_two_with_a_list(maker: User, checker: User, store: Store) -> None:
    papers = [closed(maker, checker, store) for _each in range(2)]
    made = destruction.propose(papers, by=store.keeper, basis="保存期間の満了")
    with pytest.raises(Refused, match="自分では実施"):
        destruction.carry_out(made.pk, by=store.keeper)

    destruction.carry_out(made.pk, by=store.other_keeper)

    assert {paper.state for paper in Paper.objects.filter(destruction_items__destruction=made)} == {"DESTROYED"}
    assert Event.objects.filter(action=events.PAPER_DESTROYED, actor_id=store.other_keeper.pk).count() == 2
    with pytest.raises(Refused, match="すでに処理"):
        destruction.reject(made.pk, by=store.other_keeper)


def test_a_list_is_turned_down_by_the_other_or_withdrawn_by_its_proposer(
    maker: User, checker: User, store: Store
) -> None:
    paper = closed(maker, checker, store)
    first = destruction.propose([paper], by=store.keeper, basis="満了")
    with pytest.raises(Refused, match="提案した人だけ"):
        destruction.withdraw(first.pk, by=store.other_keeper)
    destruction.withdraw(first.pk, by=store.keeper)
    second = destruction.propose([paper], by=store.keeper, basis="満了")
    destruction.reject(second.pk, by=store.other_keeper)

    paper.refresh_from_db()
    assert paper.state == PaperState.HELD


def test_what_is_still_needed_or_not_there_is_not_put_on_a_list(maker: User, checker: User, store: Store) -> None:
    open_paper = held(maker, store.box)
    lent = closed(maker, checker, store)
    lent = moving.lend(lent.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())

    with pytest.raises(Refused, match="処理中の申請"):
        destruction.propose([open_paper], by=store.keeper, basis="満了")
    with pytest.raises(Refused, match="貸出中"):
        destruction.propose([lent], by=store.keeper, basis="満了")
    with pytest.raises(Refused, match="ラベルを読み取って"):
        destruction.propose([], by=store.keeper, basis="満了")
    with pytest.raises(Refused, match="保存・鍵管理者"):
        destruction.propose([open_paper], by=maker, basis="満了")


def test_what_was_lent_after_the_proposal_stops_the_whole_list(maker: User, checker: User, store: Store) -> None:
    papers = [closed(maker, checker, store) for _each in range(2)]
    made = destruction.propose(papers, by=store.keeper, basis="満了")
    moving.lend(papers[1].pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())

    with pytest.raises(Refused, match="状態が変わった"):
        destruction.carry_out(made.pk, by=store.other_keeper)

    papers[0].refresh_from_db()
    assert papers[0].state == PaperState.HELD


def test_two_put_a_loss_on_record_and_the_application_can_be_closed(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.box)
    moving.miss(paper.pk, by=maker, seen=1, reason="ない")
    paper.refresh_from_db()
    made = destruction.propose([paper], by=store.keeper, basis="捜索の打切り")

    destruction.carry_out(made.pk, by=store.other_keeper)

    paper.refresh_from_db()
    assert paper.state == PaperState.LOST
    approve(compared(paper.application, by=checker), by=checker)
    assert moving.find(paper.pk, by=maker, seen=3, to=to(store.box), reason="出てきた").state == PaperState.HELD


# ── what waits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_waits_is_shown_to_whom_it_waits_for(maker: User, checker: User, store: Store) -> None:
    today = timezone.localdate()
    moving.hand_over(held(maker, store.cabinet).pk, by=maker, seen=1, to=to(store.box), receiver=checker)
    lent = moving.lend(held(maker, store.cabinet).pk, by=maker, seen=1, borrower="委員", due_on=today)
    moving.miss(held(maker, store.cabinet).pk, by=maker, seen=1, reason="ない")

    to_the_checker = waiting.of(checker, today=today + timedelta(days=1))
    to_the_maker = waiting.of(maker, today=today)

    assert to_the_checker is not None
    assert to_the_maker is not None
    assert (to_the_checker.own_count, to_the_checker.overdue, to_the_checker.missing) == (1, [lent], 1)
    assert (to_the_maker.own_count, to_the_maker.unconfirmed, to_the_maker.overdue_count) == (0, 1, 0)
    assert waiting.of(staff_member(Role.ISSUER), today=today) is None
    elsewhere = waiting.of(staff_member(Role.INTAKE, office="KITA"), today=today)
    assert elsewhere is not None
    assert not elsewhere.is_anything
