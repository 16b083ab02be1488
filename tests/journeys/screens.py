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
from benefits import workflow
from benefits.models import Application
from mynumber.purposes import Purpose
from tests import factories
from tests.journeys.desk import Desk, fill, tick_everything

#: Addresses that are no screens: programs ask them, they only take what a screen sends, or they answer with a PDF.
NOT_SCREENS = frozenset(
    {
        "healthz",
        "accounts:sign-out",
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
        "benefits:diseases",
        "benefits:application-autosave",
        "benefits:application-submit",
        "benefits:application-pull-back",
        "benefits:certificate",
    }
)


class Papers:
    """One application in each state, so that no screen is empty that can be full."""

    def __init__(self, maker: User, checker: User) -> None:
        self.maker, self.checker = maker, checker
        self.number = factories.my_number()
        self.draft = factories.draft(maker, given_name="下書")
        self.submitted = factories.submitted(maker, given_name="提出")
        self.comparable = factories.submitted(maker, number=self.number, given_name="照合")
        factories.compared(self.comparable, by=checker, number=self.number)
        self.approved = factories.approved(maker, checker, given_name="承認")
        self.returned = factories.submitted(maker, given_name="差戻")
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
        self.review = access_review.begin("棚卸し", due_on=today + timedelta(days=14), by=administrator, at=now)
        self.answer = self.review.answers.get(assignment=self.right)


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
    fill(desk.page, {"purpose": Purpose.COMPARISON, "reason": "写しとの照合", "code": desk.code()})
    desk.page.get_by_role("button", name="60秒間表示する").click()
    expect(desk.page.locator("[data-reveal-digits]")).to_be_visible()


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


def _colleague(papers: Papers) -> list[Any]:
    return [papers.colleague.pk]


def _kept(desk: Desk, papers: Papers) -> None:
    desk.page.goto(reverse("accounts:kept-input"))


NEW, EDIT, REVIEW = "benefits:application-new", "benefits:application-edit", "benefits:review"

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
    Screen("audit:log", "today", Role.AUDITOR, _at("audit:log")),
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
        _then(_at("audit:log"), _fill_and_press({"subject": "だれでもない"}, "検索"), until=".empty-state"),
    ),
    Screen("audit:entry", "one", Role.AUDITOR, _an_entry),
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
    Screen("keys", "all", Role.RECORDS_KEEPER, _at("keys")),
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
    Screen("403", "refused", Role.USER_ADMINISTRATOR, lambda desk, _papers: desk.page.goto("/audit/")),
    Screen("404", "nowhere", Role.USER_ADMINISTRATOR, lambda desk, _papers: desk.page.goto("/nowhere/")),
    Screen("400", "unreadable", Role.USER_ADMINISTRATOR, lambda desk, _papers: desk.page.goto("/?x=%ff")),
)
