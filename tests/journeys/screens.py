"""Every screen of the product in each of its states, and how somebody who may see it gets there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import access_review, batches, rights, staff_file
from accounts.models import User
from accounts.models.rights import ProposalKind
from accounts.roles import Role
from audit import journal
from audit.models import Rule
from audit.watching import changes as rule_changes
from benefits import corrections, deletion, holdings, protection, workflow
from benefits.models import Application
from benefits.models.juki import BatchState
from benefits.models.showing import ProtectionKind
from benefits.papers import destruction, moving, stocktake
from mynumber import rotation
from mynumber.actions import REVEALED
from mynumber.purposes import Purpose
from tests import factories, findings
from tests.audit import old_months
from tests.benefits import custody as papers_held, letting_go
from tests.benefits.custody import Store
from tests.journeys import juki_files
from tests.journeys.desk import Desk, fill, tick_everything

#: Addresses that are no screens: programs ask them, they only take what a screen sends, or they answer with a PDF.
NOT_SCREENS = frozenset(
    {
        "healthz",
        "accounts:sign-out",
        "benefits:contact-record",
        # the way from a chart to the search
        "audit:trend-rows",
        "audit:columns",
        "audit:search-open",
        "audit:search-done",
        "audit:search-remove",
        "audit:export-progress",
        "audit:export-cancel",
        "audit:export-file",
        "audit:ledger-verify",
        "audit:ledger-progress",
        "audit:ledger-sheet",
        "audit:proof",
        "watch-report-document",
        "accounts:sign-in-key",
        "accounts:unlock",
        "accounts:unlock-key",
        "accounts:session-state",
        "accounts:session-use",
        "accounts:session-end",
        "accounts:confirm-key",
        "accounts:person-let-in",
        "accounts:person-compromised",
        "accounts:person-sessions-end",
        "accounts:proposal-approve",
        "accounts:proposal-reject",
        "accounts:proposal-withdraw",
        "accounts:proposal-slip",
        "accounts:batch-template",
        "accounts:batch-apply",
        "accounts:batch-reject",
        "accounts:batch-slips",
        "accounts:roles-csv",
        "accounts:access-review-close",
        "accounts:access-review-result",
        # drawn where tests/journeys/test_factors.py gets to: after a password, for whoever has that factor
        "accounts:sign-in-recovery",
        "accounts:sign-in-enrol",
        "accounts:factor-key-remove",
        "keys-operation-progress",
        "keys-operation-approve",
        "keys-operation-reject",
        "keys-operation-withdraw",
        "keys-operation-pause",
        "keys-operation-resume",
        "benefits:diseases",
        "benefits:holdings-export",
        "benefits:application-autosave",
        "benefits:application-holders",
        "benefits:application-submit",
        "benefits:application-pull-back",
        "benefits:certificate",
        "benefits:paper-labels",
        "benefits:paper-confirm",
        "benefits:paper-take-back",
        "benefits:place-close",
        "benefits:box-new",
        "benefits:box-confirm",
        "benefits:box-take-back",
        "benefits:box-close",
        "benefits:stocktake-finish",
        "benefits:stocktake-cancel",
        "benefits:destruction-decide",
        "benefits:juki-progress",
        "benefits:juki-start",
        "benefits:juki-skip-errors",
        "benefits:juki-cancel",
        "benefits:juki-errors",
        "benefits:juki-reject-nobodys",
        "benefits:juki-link",
        "benefits:juki-reject",
        "benefits:juki-apply",
        "benefits:juki-undo",
        "benefits:juki-undo-approve",
        "benefits:juki-layout-decide",
        "benefits:number-release",
        # the page of benefits:number for somebody of the household
        "benefits:household-number",
        "benefits:retention-period-decide",
        "benefits:deletion-list-make",
        "benefits:deletion-list-progress",
        "benefits:deletion-list-propose",
        "benefits:deletion-list-withdraw",
        "benefits:deletion-list-approve",
        "benefits:deletion-list-reject",
        "benefits:deletion-list-certificates",
        "benefits:deletion-certificate",
    }
)


class CustodyInUse(Store):
    """Papers held, lent, overdue, on their way and missing; a count that goes on and one that is over; a list."""

    def __init__(self, maker: User, checker: User) -> None:
        super().__init__()
        today = timezone.localdate()
        self.expected = papers_held.paper_of(factories.submitted(maker, **papers_held.WITHOUT_NUMBER), "APPLICATION")
        self.held = papers_held.held(maker, self.box)
        self.lent = moving.lend(
            papers_held.held(maker, self.cabinet).pk, by=maker, seen=1, borrower="見本委員", due_on=today
        )
        self.handed_over = moving.hand_over(
            papers_held.held(maker, self.cabinet).pk,
            by=maker,
            seen=1,
            to=papers_held.to(self.box),
            receiver=checker,
        )
        lost = moving.miss(papers_held.held(maker, self.cabinet).pk, by=maker, seen=1, reason="棚にない")
        self.list = destruction.propose([lost], by=self.keeper, basis="捜索の打切り")
        self.finished = stocktake.begin(self.box, by=maker)
        stocktake.scan(self.finished.pk, self.lent.code, by=maker)
        stocktake.finish(self.finished.pk, by=maker)
        self.going_on = stocktake.begin(self.cabinet, by=maker)
        stocktake.scan(self.going_on.pk, self.box.code, by=maker)


class Papers:
    """One application in each state, so that no screen is empty that can be full."""

    def __init__(self, maker: User, checker: User) -> None:
        self.maker, self.checker = maker, checker
        self.number = factories.my_number()
        self.correct_number = factories.my_number()
        self.draft = factories.draft(maker, given_name="下書")
        self.submitted = factories.submitted(maker, given_name="提出")
        self.comparable = factories.submitted(maker, number=self.number, given_name="照合")
        factories.compared(self.comparable, by=checker, number=self.number)
        self.family = factories.draft(maker, given_name="世帯", **factories.household())
        self.disputed = factories.submitted(
            maker, given_name="不一致", numbers={"member_0": factories.my_number()}, **factories.household()
        )
        colleague = factories.staff_member(Role.CHECKER)
        for _try in range(2):
            factories.compared(self.disputed, by=colleague, numbers={"member_0": factories.my_number()})
        self.number_in_use = factories.my_number()
        self.approved = factories.approved(maker, checker, number=self.number_in_use, given_name="承認")
        self.returned = factories.submitted(maker, given_name="差戻")
        self.correction = corrections.open_request(
            factories.approved(maker, checker, given_name="訂正").person_id,
            by=maker,
            at=timezone.now(),
            reason="MISTYPED",
            words="カードの番号と違う",
            evidence="CARD",
            number=self.correct_number,
        )
        self.reported = corrections.open_request(
            factories.approved(maker, checker, given_name="報告").person_id,
            by=checker,
            at=timezone.now(),
            reason="OTHER_PERSON",
            words="家族の番号だった",
        )
        while holdings.review():
            pass
        workflow.return_to_maker(
            self.returned.pk,
            by=checker,
            at=timezone.now(),
            revision=self.returned.revision,
            comments={"street": "原本と違います", "number": "原本を確かめてください", "": "2か所直してください"},
        )
        workflow.withdraw(factories.draft(maker).pk, by=maker, revision=2)
        now, today = timezone.now(), timezone.localdate()
        administrator = factories.staff_member(Role.USER_ADMINISTRATOR)
        self.custody = CustodyInUse(maker, checker)
        self.colleague = factories.staff_member(Role.ISSUER, name="同僚 一郎")
        self.right = self.colleague.role_assignments.get()
        self.stopped = factories.staff_member()
        rights.stop_now(self.stopped, by=administrator, at=now, reason="退職のため")
        self.proposal = rights.propose(
            ProposalKind.GRANT,
            user=self.colleague,
            role=Role.AUDITOR,
            starts_on=today,
            reason="人事異動のため",
            decision_number="総第12号",
            by=administrator,
            at=now,
        )
        joiner = [
            "採用",
            "shinjin",
            "新人 花子",
            "健康課",
            "発行担当者",
            "",
            "",
            "",
            today.isoformat(),
            "",
            "",
            "新規採用",
        ]
        self.batch = batches.upload(staff_file.template() + ",".join(joiner).encode(), by=administrator, at=now)
        viewer = factories.staff_member(Role.NUMBER_VIEWER, name="番号 花子")
        self.protected = factories.approved(maker, checker, given_name="保護")
        self.protection = protection.propose(
            self.protected.person,
            kind=ProtectionKind.VIOLENCE,
            starts_on=today,
            ends_on=None,
            reason="支援措置の決定通知",
            by=maker,
        )
        self.release = protection.ask(
            self.protected.person, purpose=Purpose.INQUIRY, reason="照会への回答のため" * 3, by=viewer
        )
        self.reveal = journal.record_committed(
            REVEALED,
            by=viewer,
            subject=self.approved.person,
            person_id=self.approved.person_id,
            purpose=Purpose.INQUIRY.value,
            reason="照会への回答のため",
        )
        self.review = access_review.begin("棚卸し", due_on=today + timedelta(days=14), by=administrator, at=now)
        self.answer = self.review.answers.get(assignment=self.right)
        self.key_operation = rotation.propose_rotation(
            by=factories.staff_member(Role.RECORDS_KEEPER, name="鍵 一郎"), reason="年次の更新"
        )
        keeper = factories.staff_member(Role.RECORDS_KEEPER, name="保存 太郎")
        self.pruning = old_months.asked(keeper)
        letting_go.over(maker, checker, given_name="満了")
        self.deletion_list = letting_go.proposed(keeper)
        self.hold = deletion.set_hold(self.approved.person, by=checker, reason="APPEAL", words="審査請求 令和8年第3号")
        self.hit = findings.found(about=maker, person_id=self.approved.person_id)
        findings.found("W5", about=maker, severity="HIGH", kind="DAY", people=40, limit=20)
        self.sample = findings.drawn(maker)
        self.rule_change = rule_changes.propose(
            Rule.objects.get(pk="W8"),
            thresholds={"days": 3, "within_days": 30},
            is_on=False,
            words="試算で週に10件を超え、確かめきれないため",
            by=factories.staff_member(Role.AUDITOR, name="監査 二郎"),
        )
        deletion.propose_period(
            by=keeper,
            values={
                "holding": "SUPERSEDED",
                "years": 1,
                "months": 6,
                "counted_from": "DAY",
                "basis": "府文書管理規程 別表第2",
                "valid_from": today,
            },
        )


@dataclass(frozen=True, slots=True)
class Screen:
    """An address by its name, a state of it, who may see it, and what to do there."""

    address: str
    state: str
    role: Role | None
    show: Callable[[Desk, Papers], object]

    def __str__(self) -> str:
        return f"{self.address} ({self.state})"


def named_addresses() -> set[str]:
    """Return the name of every address of the site."""

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
                yield from walk(pattern.url_patterns, inner)
            else:
                yield f"{prefix}{pattern.name}"

    return set(walk(get_resolver().url_patterns, ""))


def _at(address: str, find: Callable[[Papers], list[Any]] | None = None) -> Callable[[Desk, Papers], object]:
    return lambda desk, papers: desk.page.goto(reverse(address, args=find(papers) if find else []))


def _then(
    arrive: Callable[[Desk, Papers], object], act: Callable[[Page], object], *, until: str = ".error-summary"
) -> Callable[[Desk, Papers], object]:
    """Go somewhere, do something, and wait until the answer is there."""

    def show(desk: Desk, papers: Papers) -> None:
        arrive(desk, papers)
        act(desk.page)
        expect(desk.page.locator(until).first).to_be_visible()

    return show


def _press(name: str, *, exact: bool = False) -> Callable[[Page], object]:
    return lambda page: page.get_by_role("button", name=name, exact=exact).click()


def _fill_and_press(entry: dict[str, Any], name: str) -> Callable[[Page], object]:
    def act(page: Page) -> None:
        fill(page, entry)
        page.get_by_role("button", name=name).click()

    return act


def _password(desk: Desk, papers: Papers) -> None:
    desk.page.goto("/sign-in/")
    desk.page.get_by_label("利用者ID").fill(desk.user.login_id)
    desk.page.get_by_label("パスワード").fill(factories.PASSWORD)
    desk.page.get_by_role("button", name="次へ").click()
    expect(desk.page.get_by_label("確認コード")).to_be_visible()


def _reveal(desk: Desk, papers: Papers) -> None:
    desk.page.goto(reverse("benefits:number", args=[papers.approved.person_id]))
    fill(
        desk.page,
        {
            "purpose": Purpose.COMPARISON,
            "reason": "写しとの照合のため（窓口で本人の申出を受けた）",
            "code": desk.code(),
        },
    )
    desk.page.get_by_role("button", name="60秒間表示する").click()
    expect(desk.page.locator("[data-reveal-digits]")).to_be_visible()


def _by_number(desk: Desk, papers: Papers) -> None:
    desk.page.goto(reverse("benefits:person-by-number"))
    sent = {"number": papers.number_in_use, "purpose": Purpose.INQUIRY, "reason": "照会のため", "code": desk.code()}
    _fill_and_press(sent, "探す")(desk.page)
    expect(desk.page.get_by_role("status", name="結果")).to_contain_text("1人見つかりました")


def _correction(state: str) -> Callable[[Papers], list[Any]]:
    return lambda papers: [getattr(papers, state).pk]


def _search_to_save(desk: Desk, papers: Papers) -> None:
    desk.page.goto("/audit/")
    _fill_and_press({"result": "DONE"}, "検索")(desk.page)
    desk.page.get_by_role("link", name="条件を保存…").click()
    expect(desk.page.get_by_role("heading", name="検索条件の保存")).to_be_visible()


def _an_export(desk: Desk, papers: Papers) -> None:
    desk.page.goto("/audit/exports/new/recent/")
    _fill_and_press({"reason": "月次点検のため"}, "書き出す")(desk.page)
    expect(desk.page.get_by_role("link", name="受け取る（zip）")).to_be_visible()


def _go_to(address: str) -> Callable[[Page], object]:
    return lambda page: page.goto(reverse(address))


def _an_entry(desk: Desk, papers: Papers) -> None:
    desk.page.goto("/audit/")
    desk.page.locator("tbody tr a").first.click()
    expect(desk.page.get_by_role("heading", name="記録", exact=True)).to_be_visible()


def _application(state: str) -> Callable[[Papers], list[Any]]:
    def find(papers: Papers) -> list[Any]:
        application: Application = getattr(papers, state)
        return [application.pk]

    return find


def _person(papers: Papers) -> list[Any]:
    return [papers.approved.person_id]


def _protected(papers: Papers) -> list[Any]:
    return [papers.protected.person_id]


def _colleague(papers: Papers) -> list[Any]:
    return [papers.colleague.pk]


def _kept(desk: Desk, papers: Papers) -> None:
    desk.page.goto(reverse("accounts:kept-input"))


def _juki(
    state: BatchState, address: str = "juki-batch", *, line: int | None = None
) -> Callable[[Desk, Papers], object]:
    def show(desk: Desk, papers: Papers) -> None:
        batch = juki_files.in_state(papers, state)
        desk.page.goto(reverse(f"benefits:{address}", args=[batch.pk] if line is None else [batch.pk, line]))

    return show


def _juki_layout(address: str) -> Callable[[Desk, Papers], object]:
    return lambda desk, _papers: desk.page.goto(reverse(f"benefits:{address}", args=[juki_files.layout().pk]))


NEW, EDIT, REVIEW = "benefits:application-new", "benefits:application-edit", "benefits:review"


def _custody(part: str) -> Callable[[Papers], list[Any]]:
    return lambda papers: [getattr(papers.custody, part).pk]


def _paper_act(part: str, name: str) -> Callable[[Desk, Papers], object]:
    return _at("benefits:paper-act", lambda papers: [getattr(papers.custody, part).pk, name])


#: The custody register, for whoever moves papers and for whoever keeps their places.
CUSTODY_SCREENS: tuple[Screen, ...] = (
    Screen("benefits:papers", "full", Role.MAKER, _at("benefits:papers")),
    Screen(
        "benefits:papers",
        "wrong label",
        Role.MAKER,
        _then(_at("benefits:papers"), _fill_and_press({"code": "P1"}, "探す"), until=".banner--error"),
    ),
    Screen("benefits:paper", "held", Role.MAKER, _at("benefits:paper", _custody("held"))),
    Screen("benefits:paper", "lent", Role.MAKER, _at("benefits:paper", _custody("lent"))),
    Screen("benefits:paper", "to be confirmed", Role.CHECKER, _at("benefits:paper", _custody("handed_over"))),
    Screen("benefits:paper-act", "hand over", Role.MAKER, _paper_act("held", "hand-over")),
    Screen(
        "benefits:paper-act",
        "hand over, nothing typed",
        Role.MAKER,
        _then(_paper_act("held", "hand-over"), _press("引渡しを登録する")),
    ),
    Screen("benefits:paper-act", "lend", Role.MAKER, _paper_act("held", "lend")),
    Screen("benefits:paper-act", "take in again", Role.MAKER, _paper_act("lent", "take-in-again")),
    Screen("benefits:paper-act", "miss", Role.MAKER, _paper_act("held", "miss")),
    Screen("benefits:paper-act", "receive", Role.MAKER, _paper_act("expected", "receive")),
    Screen(
        "benefits:application-papers",
        "some expected",
        Role.MAKER,
        _at("benefits:application-papers", _application("submitted")),
    ),
    Screen(
        "benefits:application-papers",
        "nothing typed",
        Role.MAKER,
        _then(_at("benefits:application-papers", _application("submitted")), _press("加える", exact=True)),
    ),
    Screen("benefits:box", "full", Role.MAKER, _at("benefits:box", _custody("box"))),
    Screen("benefits:box-hand-over", "empty", Role.MAKER, _at("benefits:box-hand-over", _custody("box"))),
    Screen("benefits:stocktakes", "some", Role.MAKER, _at("benefits:stocktakes")),
    Screen("benefits:stocktakes", "nothing typed", Role.MAKER, _then(_at("benefits:stocktakes"), _press("始める"))),
    Screen("benefits:stocktake", "going on", Role.MAKER, _at("benefits:stocktake", _custody("going_on"))),
    Screen("benefits:stocktake", "finished", Role.MAKER, _at("benefits:stocktake", _custody("finished"))),
    Screen("benefits:places", "of a keeper", Role.RECORDS_KEEPER, _at("benefits:places")),
    Screen("benefits:place", "of a keeper", Role.RECORDS_KEEPER, _at("benefits:place", _custody("cabinet"))),
    Screen("benefits:place-new", "empty", Role.RECORDS_KEEPER, _at("benefits:place-new")),
    Screen(
        "benefits:place-new",
        "nothing typed",
        Role.RECORDS_KEEPER,
        _then(_at("benefits:place-new"), _press("登録する")),
    ),
    Screen("benefits:destructions", "one waiting", Role.RECORDS_KEEPER, _at("benefits:destructions")),
    Screen("benefits:destruction-new", "empty", Role.RECORDS_KEEPER, _at("benefits:destruction-new")),
    Screen(
        "benefits:destruction", "to be decided", Role.RECORDS_KEEPER, _at("benefits:destruction", _custody("list"))
    ),
)

_ANSWER = {"state": "EXPLAINED", "code": "IMPROPER", "words": "本人に聞いて確かめた"}
WATCH_SCREENS: tuple[Screen, ...] = (
    Screen("audit:trends", "eight weeks", Role.AUDITOR, _at("audit:trends")),
    Screen("audit:trends", "own section", Role.SECTION_HEAD, _at("audit:trends")),
    Screen("audit:hits", "some", Role.AUDITOR, _at("audit:hits")),
    Screen("audit:hits", "none", Role.SECTION_HEAD, _at("audit:hits")),
    Screen("audit:hit", "open", Role.AUDITOR, _at("audit:hit", lambda papers: [papers.hit.pk])),
    Screen(
        "audit:hit",
        "contradicting",
        Role.AUDITOR,
        _then(
            _at("audit:hit", lambda papers: [papers.hit.pk]),
            _fill_and_press(_ANSWER, "説明を記録"),
        ),
    ),
    Screen("audit:samples", "some", Role.AUDITOR, _at("audit:samples")),
    Screen("audit:sample", "one view", Role.AUDITOR, _at("audit:sample", lambda papers: [papers.sample.pk])),
    Screen("watch-rules", "all", Role.RECORDS_KEEPER, _at("watch-rules")),
    Screen("watch-rule", "as it is", Role.RECORDS_KEEPER, _at("watch-rule", lambda _papers: ["W5"])),
    Screen("watch-rule-change", "new", Role.RECORDS_KEEPER, _at("watch-rule-change", lambda _papers: ["W5"])),
    Screen(
        "watch-rule-change",
        "nothing changed",
        Role.RECORDS_KEEPER,
        _then(_at("watch-rule-change", lambda _papers: ["W5"]), _press("変更を申請する")),
    ),
    Screen(
        "watch-change", "waiting", Role.RECORDS_KEEPER, _at("watch-change", lambda papers: [papers.rule_change.pk])
    ),
    # the month's form: tests/config/test_pruning_pages.py; nothing is so old in an office of today
    Screen("pruning", "one waits", Role.RECORDS_KEEPER, _at("pruning")),
    Screen(
        "pruning-ask",
        "not over",
        Role.RECORDS_KEEPER,
        _at("pruning-ask", lambda _papers: [f"{timezone.localdate():%Y-%m}"]),
    ),
    Screen(
        "pruning-request", "waiting", Role.RECORDS_KEEPER, _at("pruning-request", lambda papers: [papers.pruning.pk])
    ),
    Screen("watch-reports", "the last months", Role.AUDITOR, _at("watch-reports")),
    Screen(
        "watch-report",
        "this month",
        Role.AUDITOR,
        _at("watch-report", lambda _papers: [f"{timezone.localdate():%Y-%m}"]),
    ),
    Screen("benefits:relations", "not yet", Role.MAKER, _at("benefits:relations")),
    Screen("benefits:relations", "nothing typed", Role.MAKER, _then(_at("benefits:relations"), _press("申告する"))),
    Screen("benefits:made-up", "nobody", Role.RECORDS_KEEPER, _at("benefits:made-up")),
    Screen("benefits:made-up", "nothing typed", Role.AUDITOR, _then(_at("benefits:made-up"), _press("申請する"))),
    Screen("benefits:overtime", "none", Role.SECTION_HEAD, _at("benefits:overtime")),
    Screen(
        "benefits:overtime", "nothing typed", Role.SECTION_HEAD, _then(_at("benefits:overtime"), _press("登録する"))
    ),
)

SCREENS: tuple[Screen, ...] = (
    Screen("accounts:sign-in", "empty", None, _at("accounts:sign-in")),
    Screen("accounts:sign-in", "nothing typed", None, _then(_at("accounts:sign-in"), _press("次へ"))),
    Screen(
        "accounts:sign-in",
        "refused",
        None,
        _then(_at("accounts:sign-in"), _fill_and_press({"login_id": "nobody", "password": "wrong"}, "次へ")),
    ),
    Screen("accounts:code", "empty", None, _password),
    Screen("accounts:code", "nothing typed", None, _then(_password, _press("サインイン"))),
    Screen("accounts:code", "refused", None, _then(_password, _fill_and_press({"code": "000000"}, "サインイン"))),
    Screen("benefits:home", "of a maker", Role.MAKER, _at("benefits:home")),
    Screen(NEW, "empty", Role.MAKER, _at(NEW)),
    Screen(
        NEW,
        "nothing typed",
        Role.MAKER,
        _then(_at(NEW), _press("内容を確認する")),
    ),
    Screen(
        NEW,
        "everything wrong",
        Role.MAKER,
        _then(
            _at(NEW),
            _fill_and_press(
                {
                    "accepted_on": "R99.1.1",
                    "family_kana": "漢字",
                    "family_name": "<b>",
                    "birth_on": "R7.2.30",
                    "postal_code": "12",
                    "phone": "1",
                    "number_given": "GIVEN",
                    "number": "12",
                    "insurer_number": "1",
                    "disease_number": "999",
                    "patient_tax": "TAXED",
                    "patient_income_levy": "1,2",
                    "member_0_relation": "妻",
                    "member_0_birth_on": "S99.1.1",
                    "member_0_income_levy": "x",
                },
                "内容を確認する",
            ),
        ),
    ),
    Screen(EDIT, "draft", Role.MAKER, _at(EDIT, _application("draft"))),
    Screen(EDIT, "returned", Role.MAKER, _at(EDIT, _application("returned"))),
    Screen(
        EDIT,
        "saved",
        Role.MAKER,
        _then(_at(EDIT, _application("draft")), _press("下書き保存"), until=".messages .banner"),
    ),
    Screen(
        "benefits:application-confirm",
        "ready",
        Role.MAKER,
        _at("benefits:application-confirm", _application("draft")),
    ),
    Screen(
        "benefits:application-withdraw",
        "asking",
        Role.MAKER,
        _at("benefits:application-withdraw", _application("draft")),
    ),
    Screen("benefits:application", "draft", Role.MAKER, _at("benefits:application", _application("draft"))),
    Screen("benefits:application", "submitted", Role.MAKER, _at("benefits:application", _application("submitted"))),
    Screen("benefits:application", "returned", Role.MAKER, _at("benefits:application", _application("returned"))),
    Screen("benefits:application", "approved", Role.MAKER, _at("benefits:application", _application("approved"))),
    Screen("benefits:applications", "all", Role.MAKER, _at("benefits:applications")),
    Screen("benefits:applications", "none", Role.CONTRACT_MAKER, _at("benefits:applications")),
    Screen(NEW, "without a number", Role.CONTRACT_MAKER, _at(NEW)),
    Screen("benefits:home", "of a contract maker", Role.CONTRACT_MAKER, _at("benefits:home")),
    Screen("benefits:figures", "all", Role.MAKER, _at("benefits:figures")),
    Screen("benefits:home", "of a checker", Role.CHECKER, _at("benefits:home")),
    Screen("benefits:review-queue", "full", Role.CHECKER, _at("benefits:review-queue")),
    Screen(REVIEW, "begun", Role.CHECKER, _at(REVIEW, _application("submitted"))),
    Screen(
        REVIEW,
        "ticked, number missing",
        Role.CHECKER,
        _then(
            _at(REVIEW, _application("submitted")),
            lambda page: (tick_everything(page), page.get_by_role("button", name="照合する").click()),
        ),
    ),
    Screen(
        REVIEW,
        "number disagrees",
        Role.CHECKER,
        _then(
            _at(REVIEW, _application("submitted")),
            lambda page: _fill_and_press({"number": factories.my_number()}, "照合する")(page),
            until=".messages .banner",
        ),
    ),
    Screen(REVIEW, "number agrees", Role.CHECKER, _at(REVIEW, _application("comparable"))),
    Screen(REVIEW, "a number for a third person", Role.CHECKER, _at(REVIEW, _application("disputed"))),
    Screen(
        "benefits:third-comparison",
        "waiting",
        Role.CHECKER,
        _at("benefits:third-comparison", _application("disputed")),
    ),
    Screen(
        "benefits:third-comparison",
        "nothing typed",
        Role.CHECKER,
        _then(_at("benefits:third-comparison", _application("disputed")), _press("照合する")),
    ),
    Screen(EDIT, "numbers of a household", Role.MAKER, _at(EDIT, _application("family"))),
    Screen("benefits:approve", "ready", Role.CHECKER, _at("benefits:approve", _application("comparable"))),
    Screen("benefits:people", "empty", Role.NUMBER_VIEWER, _at("benefits:people")),
    Screen("benefits:people", "too broad", Role.NUMBER_VIEWER, _then(_at("benefits:people"), _press("検索"))),
    Screen(
        "benefits:people",
        "found",
        Role.NUMBER_VIEWER,
        _then(_at("benefits:people"), _fill_and_press({"kana": "ミホン"}, "検索"), until="table"),
    ),
    Screen(
        "benefits:people",
        "nobody",
        Role.NUMBER_VIEWER,
        _then(_at("benefits:people"), _fill_and_press({"kana": "イナイ"}, "検索"), until=".empty-state"),
    ),
    Screen("benefits:person", "to a viewer", Role.NUMBER_VIEWER, _at("benefits:person", _person)),
    Screen("benefits:person", "to a checker", Role.CHECKER, _at("benefits:person", _person)),
    Screen("benefits:number", "asking", Role.NUMBER_VIEWER, _at("benefits:number", _person)),
    Screen(
        "benefits:number",
        "nothing typed",
        Role.NUMBER_VIEWER,
        _then(_at("benefits:number", _person), _press("60秒間表示する")),
    ),
    Screen("benefits:number", "shown", Role.NUMBER_VIEWER, _reveal),
    Screen(
        "benefits:number", "hidden", Role.NUMBER_VIEWER, _then(_reveal, _press("隠す"), until="[data-reveal-digits]")
    ),
    Screen("benefits:number", "of a protected person", Role.NUMBER_VIEWER, _at("benefits:number", _protected)),
    Screen(
        "benefits:number",
        "release asked for",
        Role.NUMBER_VIEWER,
        _then(
            _at("benefits:number", _protected),
            _fill_and_press(
                {"purpose": Purpose.INQUIRY, "reason": "照会への回答のため、本日中に番号の確認が必要"},
                "解除を依頼する",
            ),
            until=".messages .banner, .error-summary",
        ),
    ),
    Screen("benefits:person", "protected", Role.ISSUER, _at("benefits:person", _protected)),
    Screen("benefits:person-accesses", "full", Role.CHECKER, _at("benefits:person-accesses", _person)),
    Screen("benefits:access-statement", "asking", Role.CHECKER, _at("benefits:access-statement", _protected)),
    Screen(
        "benefits:access-statement",
        "wrong period",
        Role.CHECKER,
        _then(
            _at("benefits:access-statement", _person),
            _fill_and_press({"from_on": "R7.2.30"}, "書面（PDF）を作る"),
        ),
    ),
    Screen("benefits:person-protection", "empty", Role.CHECKER, _at("benefits:person-protection", _person)),
    Screen(
        "benefits:person-protection",
        "nothing typed",
        Role.CHECKER,
        _then(_at("benefits:person-protection", _person), _press("保護を申請する")),
    ),
    Screen("benefits:protections", "one waiting", Role.SECTION_HEAD, _at("benefits:protections")),
    Screen(
        "benefits:protection",
        "waiting",
        Role.SECTION_HEAD,
        _at("benefits:protection", lambda papers: [papers.protection.pk]),
    ),
    Screen("benefits:home", "of a section head", Role.SECTION_HEAD, _at("benefits:home")),
    Screen("benefits:releases", "one waiting", Role.SECTION_HEAD, _at("benefits:releases")),
    Screen(
        "benefits:release", "waiting", Role.SECTION_HEAD, _at("benefits:release", lambda papers: [papers.release.pk])
    ),
    Screen("benefits:reveal-reviews", "one waiting", Role.AUDITOR, _at("benefits:reveal-reviews")),
    Screen(
        "benefits:reveal-review",
        "nothing typed",
        Role.AUDITOR,
        _then(_at("benefits:reveal-review", lambda papers: [papers.reveal.pk]), _press("結果を記録する")),
    ),
    Screen("benefits:correction-new", "empty", Role.MAKER, _at("benefits:correction-new", _person)),
    Screen(
        "benefits:correction-new",
        "nothing typed",
        Role.MAKER,
        _then(_at("benefits:correction-new", _person), _press("訂正を申請する")),
    ),
    Screen(
        "benefits:correction-new",
        "already asked for",
        Role.CHECKER,
        _at("benefits:correction-new", lambda papers: [papers.correction.person_id]),
    ),
    Screen("benefits:corrections", "two waiting", Role.CHECKER, _at("benefits:corrections")),
    Screen("benefits:correction", "to be typed", Role.MAKER, _at("benefits:correction", _correction("reported"))),
    Screen(
        "benefits:correction",
        "to be retyped",
        Role.CHECKER,
        _at("benefits:correction", _correction("correction")),
    ),
    Screen(
        "benefits:correction",
        "retyped wrongly",
        Role.CHECKER,
        _then(
            _at("benefits:correction", _correction("correction")),
            lambda page: _fill_and_press({"number": factories.my_number()}, "照合する")(page),
            until=".messages .banner",
        ),
    ),
    Screen(
        "benefits:correction",
        "rejected without a reason",
        Role.CHECKER,
        _then(_at("benefits:correction", _correction("correction")), _press("却下する")),
    ),
    Screen("benefits:person-by-number", "asking", Role.NUMBER_VIEWER, _at("benefits:person-by-number")),
    Screen(
        "benefits:person-by-number",
        "nothing typed",
        Role.NUMBER_VIEWER,
        _then(_at("benefits:person-by-number"), _press("探す", exact=True)),
    ),
    Screen("benefits:person-by-number", "found", Role.NUMBER_VIEWER, _by_number),
    Screen("benefits:holdings", "reviewed", Role.RECORDS_KEEPER, _at("benefits:holdings")),
    Screen("benefits:holdings", "to an auditor", Role.AUDITOR, _at("benefits:holdings")),
    Screen(
        "benefits:holdings",
        "nothing held",
        Role.RECORDS_KEEPER,
        _then(
            _at("benefits:holdings"),
            lambda page: page.goto(f"{reverse('benefits:holdings')}?source=JUKI&state=SUPERSEDED"),
            until=".empty-state",
        ),
    ),
    Screen("audit:log", "lately", Role.AUDITOR, _at("audit:log")),
    Screen("audit:log", "own section", Role.SECTION_HEAD, _at("audit:log")),
    Screen("audit:own", "lately", Role.MAKER, _at("audit:own")),
    Screen("audit:searches", "all", Role.AUDITOR, _at("audit:searches")),
    Screen("audit:search-save", "new", Role.AUDITOR, _search_to_save),
    Screen("audit:search-save", "no name", Role.AUDITOR, _then(_search_to_save, _press("保存する"))),
    Screen("audit:export-new", "new", Role.AUDITOR, _at("audit:export-new", lambda _papers: ["recent"])),
    Screen(
        "audit:export-new",
        "no reason",
        Role.AUDITOR,
        _then(_at("audit:export-new", lambda _papers: ["recent"]), _press("書き出す")),
    ),
    Screen("audit:export", "ready", Role.AUDITOR, _an_export),
    Screen("audit:exports", "one", Role.AUDITOR, _then(_an_export, _go_to("audit:exports"), until="tbody tr")),
    Screen(
        "audit:log",
        "wrong period",
        Role.AUDITOR,
        _then(_at("audit:log"), _fill_and_press({"from_on": "2026-02-02", "to_on": "2026-01-01"}, "検索")),
    ),
    Screen(
        "audit:log",
        "nothing found",
        Role.AUDITOR,
        _then(_at("audit:log"), _fill_and_press({"person": "だれでもない"}, "検索"), until=".empty-state"),
    ),
    Screen("audit:entry", "one", Role.AUDITOR, _an_entry),
    Screen("audit:ledger", "nothing verified yet", Role.AUDITOR, _at("audit:ledger")),
    Screen(
        "audit:ledger",
        "asked for a verification",
        Role.RECORDS_KEEPER,
        _then(_at("audit:ledger"), _press("全件を検証する"), until=".panel progress"),
    ),
    *WATCH_SCREENS,
    Screen("accounts:staff", "all", Role.USER_ADMINISTRATOR, _at("accounts:staff")),
    Screen("accounts:staff-new", "empty", Role.USER_ADMINISTRATOR, _at("accounts:staff-new")),
    Screen("accounts:person", "of a colleague", Role.USER_ADMINISTRATOR, _at("accounts:person", _colleague)),
    Screen("accounts:person-grant", "empty", Role.USER_ADMINISTRATOR, _at("accounts:person-grant", _colleague)),
    Screen(
        "accounts:person-right-end",
        "empty",
        Role.USER_ADMINISTRATOR,
        _at("accounts:person-right-end", lambda papers: [papers.colleague.pk, papers.right.pk]),
    ),
    Screen("accounts:person-move", "empty", Role.USER_ADMINISTRATOR, _at("accounts:person-move", _colleague)),
    Screen("accounts:person-stop", "empty", Role.USER_ADMINISTRATOR, _at("accounts:person-stop", _colleague)),
    Screen("accounts:person-stop-now", "asking", Role.USER_ADMINISTRATOR, _at("accounts:person-stop-now", _colleague)),
    Screen(
        "accounts:person-resume",
        "empty",
        Role.USER_ADMINISTRATOR,
        _at("accounts:person-resume", lambda papers: [papers.stopped.pk]),
    ),
    Screen("accounts:person-reset", "empty", Role.USER_ADMINISTRATOR, _at("accounts:person-reset", _colleague)),
    Screen("accounts:proposals", "one waiting", Role.USER_ADMINISTRATOR, _at("accounts:proposals")),
    Screen(
        "accounts:proposal",
        "waiting",
        Role.USER_ADMINISTRATOR,
        _at("accounts:proposal", lambda papers: [papers.proposal.pk]),
    ),
    Screen("accounts:batches", "one", Role.USER_ADMINISTRATOR, _at("accounts:batches")),
    Screen(
        "accounts:batch", "previewed", Role.USER_ADMINISTRATOR, _at("accounts:batch", lambda papers: [papers.batch.pk])
    ),
    Screen("accounts:roles", "all", Role.RECORDS_KEEPER, _at("accounts:roles")),
    Screen("accounts:access-reviews", "one going", Role.USER_ADMINISTRATOR, _at("accounts:access-reviews")),
    Screen(
        "accounts:access-review",
        "of all sections",
        Role.USER_ADMINISTRATOR,
        _at("accounts:access-review", lambda papers: [papers.review.pk]),
    ),
    Screen(
        "accounts:access-review-answer",
        "asking",
        Role.SECTION_HEAD,
        _at("accounts:access-review-answer", lambda papers: [papers.review.pk, papers.answer.pk]),
    ),
    Screen("benefits:retention", "full", Role.RECORDS_KEEPER, _at("benefits:retention")),
    Screen("benefits:retention-period-new", "empty", Role.RECORDS_KEEPER, _at("benefits:retention-period-new")),
    Screen(
        "benefits:retention-period-new",
        "everything wrong",
        Role.RECORDS_KEEPER,
        _then(
            _at("benefits:retention-period-new"),
            _fill_and_press({"years": "0", "months": "0", "valid_from": "x"}, "申請する"),
        ),
    ),
    Screen("benefits:deletion-holds", "one in force", Role.RECORDS_KEEPER, _at("benefits:deletion-holds")),
    Screen(
        "benefits:deletion-holds",
        "nothing typed",
        Role.CHECKER,
        _then(_at("benefits:deletion-holds"), _press("削除を停止する")),
    ),
    Screen(
        "benefits:deletion-hold-end",
        "asking",
        Role.RECORDS_KEEPER,
        _at("benefits:deletion-hold-end", lambda papers: [papers.hold.pk]),
    ),
    Screen(
        "benefits:deletion-list",
        "proposed",
        Role.RECORDS_KEEPER,
        _at("benefits:deletion-list", lambda papers: [papers.deletion_list.pk]),
    ),
    Screen(
        "benefits:deletion-row-exclude",
        "asking",
        Role.RECORDS_KEEPER,
        _at(
            "benefits:deletion-row-exclude",
            lambda papers: [papers.deletion_list.pk, papers.deletion_list.rows.get().pk],
        ),
    ),
    Screen("keys", "all", Role.RECORDS_KEEPER, _at("keys")),
    Screen("keys-rotate", "empty", Role.RECORDS_KEEPER, _at("keys-rotate")),
    Screen("keys-rotate", "nothing typed", Role.RECORDS_KEEPER, _then(_at("keys-rotate"), _press("申請する"))),
    Screen("keys-retire", "none", Role.RECORDS_KEEPER, _at("keys-retire")),
    # running and done: tests/journeys/test_key_rotation.py
    Screen(
        "keys-operation",
        "waiting",
        Role.RECORDS_KEEPER,
        _at("keys-operation", lambda papers: [papers.key_operation]),
    ),
    Screen("accounts:account", "own", Role.ISSUER, _at("accounts:account")),
    Screen("accounts:change-password", "empty", Role.ISSUER, _at("accounts:change-password")),
    Screen("accounts:factor-code", "empty", Role.ISSUER, _at("accounts:factor-code")),
    Screen("accounts:factor-key-add", "empty", Role.ISSUER, _at("accounts:factor-key-add")),
    Screen("accounts:factor-recovery", "empty", Role.ISSUER, _at("accounts:factor-recovery")),
    Screen("accounts:confirm", "asking", Role.ISSUER, _at("accounts:confirm")),
    Screen("accounts:kept-input", "none", Role.ISSUER, _kept),
    Screen(
        "accounts:lock",
        "locked",
        Role.INTAKE,
        _then(_at("benefits:home"), _press("席を離れる"), until="[name=password]"),
    ),
    Screen("benefits:juki-request", "some", Role.MAKER, _at("benefits:juki-request")),
    Screen("benefits:juki-new", "empty", Role.MAKER, _at("benefits:juki-new")),
    Screen(
        "benefits:juki-new",
        "no file",
        Role.MAKER,
        _then(_at("benefits:juki-new"), _press("受け取って封じる")),
    ),
    *(
        Screen("benefits:juki-batch", state.value.lower(), Role.MAKER, _juki(state))
        for state in (
            BatchState.UPLOADED,
            BatchState.STAGING,
            BatchState.HALTED,
            BatchState.REVIEW,
            BatchState.APPLIED,
        )
    ),
    Screen("benefits:juki", "some", Role.MAKER, _at("benefits:juki")),
    Screen("benefits:juki-lines", "some", Role.MAKER, _juki(BatchState.REVIEW, "juki-lines")),
    Screen("benefits:juki-line", "differs", Role.MAKER, _juki(BatchState.REVIEW, "juki-line", line=3)),
    Screen("benefits:juki-batch", "to compare", Role.CHECKER, _juki(BatchState.REVIEW)),
    Screen("benefits:juki-sample", "drawn", Role.CHECKER, _juki(BatchState.REVIEW, "juki-sample")),
    Screen("benefits:juki-sample-line", "one", Role.CHECKER, _juki(BatchState.REVIEW, "juki-sample-line", line=2)),
    Screen("benefits:juki-layouts", "one", Role.RECORDS_KEEPER, _at("benefits:juki-layouts")),
    Screen("benefits:juki-layout", "demo", Role.RECORDS_KEEPER, _juki_layout("juki-layout")),
    Screen("benefits:juki-layout-change", "next", Role.RECORDS_KEEPER, _juki_layout("juki-layout-change")),
    *CUSTODY_SCREENS,
    Screen("403", "refused", Role.USER_ADMINISTRATOR, lambda desk, _papers: desk.page.goto("/audit/")),
    Screen("404", "nowhere", Role.USER_ADMINISTRATOR, lambda desk, _papers: desk.page.goto("/nowhere/")),
    Screen("400", "unreadable", Role.USER_ADMINISTRATOR, lambda desk, _papers: desk.page.goto("/?x=%ff")),
)
