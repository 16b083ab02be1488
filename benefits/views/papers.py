"""Pages of the custody register: finding papers, and moving them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest
from accounts.models import User
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import events, explanation, presenters, wareki
from benefits.forms_papers import (
    ORIGINAL,
    CopyForm,
    EnlistForm,
    FindForm,
    HandOverForm,
    LendForm,
    ReasonForm,
    ReceiveAllForm,
    ReceiveForm,
    ReturnForm,
    SeenForm,
    named,
)
from benefits.glyphs import FontsMissing
from benefits.models import Application, Box, Movement, Paper, Place
from benefits.models.paper import BOX_KINDS, MovementKind, PaperState
from benefits.models.reach import covers
from benefits.papers import codes, duties, label_sheet, moving, waiting
from benefits.papers.steps import Refused
from benefits.views.finding import visible

LIST_LENGTH = 50
MINE, OVERDUE = "mine", "overdue"
RECEIPT_NUMBER = re.compile(r"[0-9]{4}-[0-9]{6,8}")

STATE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        PaperState.EXPECTED: "neutral",
        PaperState.NOT_NEEDED: "neutral",
        PaperState.HELD: "good",
        PaperState.HANDED_OVER: "waiting",
        PaperState.LENT: "waiting",
        PaperState.MISSING: "bad",
        PaperState.LOST: "bad",
        PaperState.DESTROYED: "neutral",
    }
)


@dataclass(frozen=True, slots=True)
class Act:
    """One way to move a paper: what its page is called, what its button says, and what it asks for."""

    kind: MovementKind
    title: Promise
    button: Promise
    form: type[forms.Form]
    hint: Promise | str = ""

    @property
    def is_grave(self) -> bool:
        """Say whether it is nothing that is done in passing."""
        return self.kind in (MovementKind.MISSING, MovementKind.NOT_NEEDED)


#: By the last part of the address.
ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "receive": Act(
            MovementKind.RECEIVED, gettext_lazy("書類を受領する"), gettext_lazy("受領を登録する"), ReceiveForm
        ),
        "leave-out": Act(
            MovementKind.NOT_NEEDED,
            gettext_lazy("この書類を不要とする"),
            gettext_lazy("不要とする"),
            ReasonForm,
            gettext_lazy("窓口での提示だけで写しを残さないときや、提出を求めるのをやめるときに使います。"),
        ),
        "hand-over": Act(
            MovementKind.MOVED,
            gettext_lazy("書類を引き渡す"),
            gettext_lazy("引渡しを登録する"),
            HandOverForm,
            gettext_lazy("受け取る人が自分の画面で確認するまで、書類は元の場所にあるものとして扱います。"),
        ),
        "lend": Act(MovementKind.LENT, gettext_lazy("書類を貸し出す"), gettext_lazy("貸出しを登録する"), LendForm),
        "take-in-again": Act(
            MovementKind.RETURNED, gettext_lazy("貸した書類の返却を受ける"), gettext_lazy("返却を登録する"), ReturnForm
        ),
        "copy": Act(
            MovementKind.COPIED,
            gettext_lazy("写しを作る"),
            gettext_lazy("写しを登録する"),
            CopyForm,
            gettext_lazy("写しには別のラベル番号が付き、原本とは別に動かします。"),
        ),
        "miss": Act(
            MovementKind.MISSING,
            gettext_lazy("所在不明とする"),
            gettext_lazy("所在不明として登録する"),
            ReasonForm,
            gettext_lazy("見つかるか、紛失が2人で確定されるまで、この申請の処理は終えられません。"),
        ),
        "find": Act(
            MovementKind.FOUND, gettext_lazy("見つかった書類を戻す"), gettext_lazy("発見を登録する"), FindForm
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """A paper as lists show it. ``leads_on`` says whether the reader gets to its application."""

    paper: Paper
    where: str
    standing: str
    kind: str
    is_overdue: bool
    leads_on: bool


@require_GET
@requires(duties.VIEW)
def index(request: StaffRequest) -> HttpResponse:
    """List papers by where they stand, the newest label first, and take a scanned label straight to its page."""
    user, today = request.user, timezone.localdate()
    asked = {name: request.GET.get(name, "").strip()[:40] for name in ("show", "place", "box", "receipt", "code")}
    problem = ""
    if asked["code"]:
        try:
            found = _thing_called(codes.read(asked["code"]), by=user)
        except codes.NotACode as error:
            problem = str(error)
        else:
            if found is not None:
                return redirect(found)
            problem = _("この番号の書類・箱・保管場所は見つかりません。")
    papers = Paper.objects.visible_to(user)
    if asked["show"] == MINE:
        papers = papers.filter(state=PaperState.HANDED_OVER, receiver=user)
    elif asked["show"] == OVERDUE:
        papers = papers.overdue(today)
    elif asked["show"] in PaperState.values:
        papers = papers.filter(state=asked["show"])
    if place := _uuid(asked["place"]):
        papers = papers.filter(place_id=place)
    if box := _uuid(asked["box"]):
        papers = papers.filter(box_id=box)
    if asked["receipt"] and not RECEIPT_NUMBER.fullmatch(asked["receipt"]):
        # whatever else was typed there is neither looked for nor written down
        problem, asked["receipt"] = _("受付番号は 2026-000123 の形で入力してください。"), ""
    if asked["receipt"]:
        papers = papers.filter(application__receipt_number=asked["receipt"])
    before = request.GET.get("before", "")[: codes.LENGTH]
    if before.startswith(codes.PAPER):
        papers = papers.filter(code__lt=before)
    rows = list(papers.select_related("application", "place", "box__place").order_by("-code")[: LIST_LENGTH + 1])
    shown, more = rows[:LIST_LENGTH], rows[LIST_LENGTH:]
    asked["show"] = asked["show"] if asked["show"] in {MINE, OVERDUE, *PaperState.values} else ""
    asked |= {name: asked[name] if _uuid(asked[name]) else "" for name in ("place", "box")}
    kept = {name: value for name, value in asked.items() if value and name != "code"}
    journal.record(events.PAPERS_SEARCHED, by=user, details={"conditions": kept, "count": len(shown)})
    return render(
        request,
        "benefits/papers/index.html",
        {
            "lines": lines_of(shown, reader=user),
            "shows": [
                ("", _("すべて")),
                (MINE, _("自分の受領確認待ち")),
                (OVERDUE, _("返却期限切れ")),
                *PaperState.choices,
            ],
            "asked": asked,
            "problem": problem,
            "places": [(str(one.pk), named(one)) for one in Place.objects.open()],
            "older": f"?{urlencode({**kept, 'before': shown[-1].code})}" if more else None,
            "is_first_page": not before.startswith(codes.PAPER),
            "waiting": waiting.of(user, today=today),
            "can_count": user.has_perm(duties.MOVE) or user.has_perm(duties.KEEP),
            "can_destroy": user.has_perm(duties.DESTROY),
        },
    )


@require_GET
@requires(duties.VIEW)
def detail(request: StaffRequest, paper_id: UUID) -> HttpResponse:
    """Show one paper: where it is, everything that happened to it, and what this person may do."""
    paper = find(paper_id, by=request.user)
    explanation.record(events.PAPER_VIEWED, by=request.user, subject=paper, person_id=paper.application.person_id)
    acts = [
        (name, act)
        for name, act in ACTS.items()
        if paper.state in duties.STARTS[act.kind] and duties.why_not(act.kind, paper, by=request.user) is None
    ]
    return render(
        request,
        "benefits/papers/paper.html",
        {
            "paper": paper,
            "line": lines_of([paper], reader=request.user)[0],
            "acts": acts,
            "last": duties.last_of(paper) if paper.state == PaperState.HANDED_OVER else None,
            "can_confirm": duties.why_not(MovementKind.CONFIRMED, paper, by=request.user) is None,
            "can_take_back": duties.why_not(MovementKind.TAKEN_BACK, paper, by=request.user) is None,
            "history": history_of(paper),
            "copies": paper.copies.order_by("code"),
            "sheets": label_sheet.SHEETS,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(duties.MOVE)
def act(request: StaffRequest, paper_id: UUID, name: str) -> HttpResponse:
    """Ask for what one way of moving a paper needs, and move it."""
    paper = find(paper_id, by=request.user)
    wanted = ACTS.get(name)
    if wanted is None:
        raise Http404
    if refusal := duties.why_not(wanted.kind, paper, by=request.user):
        messages.error(request, refusal.message)
        return redirect(paper)
    options: dict[str, Any] = {"initial": _initial(wanted.kind, paper)}
    if issubclass(wanted.form, HandOverForm):
        options["receivers"] = duties.receivers(paper.application, giver=request.user)
    form = wanted.form(request.POST if request.method == "POST" else None, **options)
    if request.method == "POST" and form.is_valid():
        try:
            moved = _take(wanted.kind, paper, form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _said(wanted.kind, moved))
            return redirect(moved)
    return render(
        request,
        "benefits/papers/act.html",
        {
            "form": form,
            "heading_text": wanted.title,
            "button": wanted.button,
            "hint": wanted.hint,
            "is_grave": wanted.is_grave,
            "back": paper.get_absolute_url(),
            "line": lines_of([paper], reader=request.user)[0],
        },
    )


@require_POST
@requires(duties.VIEW)
def confirm(request: StaffRequest, paper_id: UUID) -> HttpResponse:
    """Confirm, as the receiver, that a paper has come."""
    paper = find(paper_id, by=request.user)
    try:
        moving.confirm(paper.pk, by=request.user, seen=seen_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%s の受領を確認しました。") % paper.code)
    return redirect(paper)


@require_POST
@requires(duties.VIEW)
def take_back(request: StaffRequest, paper_id: UUID) -> HttpResponse:
    """End a hand-over that did not take place."""
    paper = find(paper_id, by=request.user)
    try:
        moving.take_back(paper.pk, by=request.user, seen=seen_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%s の引渡しを取りやめました。元の場所にあります。") % paper.code)
    return redirect(paper)


@require_http_methods(["GET", "POST"])
@requires(duties.MOVE)
def of_application(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Show the papers of one application, take in those that came, or put a further one on the list."""
    user, today = request.user, timezone.localdate()
    application = visible(
        Application.objects.visible_to(user).within_reach(user, duties.MOVE), application_id, by=user
    )
    papers = list(application.papers.select_related("application", "place", "box__place").order_by("code"))
    waiting_for = [paper for paper in papers if paper.state == PaperState.EXPECTED]
    does = request.POST.get("do", "")
    received = ReceiveAllForm(request.POST if does == "receive" else None, initial={"received_on": today})
    listed = EnlistForm(request.POST if does == "list" else None, on=today)
    if does == "receive" and received.is_valid():
        ticked = set(request.POST.getlist("paper"))
        try:
            moving.receive_all(
                [paper for paper in waiting_for if str(paper.pk) in ticked],
                by=user,
                to=received.cleaned_data["to"],
                on=received.cleaned_data["received_on"],
            )
        except Refused as refused:
            received.add_error(None, str(refused))
        else:
            messages.success(request, _("書類%d件を受領しました。") % len(ticked))
            return redirect("benefits:application-papers", application.pk)
    if does == "list" and listed.is_valid():
        typed = listed.cleaned_data
        try:
            moving.enlist(
                application,
                by=user,
                kind=typed["kind"],
                is_original=typed["is_original"] == ORIGINAL,
                sheets=typed["sheets"],
                holds_number=typed["holds_number"],
                is_required=typed["is_required"],
            )
        except Refused as refused:
            listed.add_error(None, str(refused))
        else:
            messages.success(request, _("一覧に書類を加えました。"))
            return redirect("benefits:application-papers", application.pk)
    explanation.record(events.APPLICATION_VIEWED, by=user, subject=application, person_id=application.person_id)
    return render(
        request,
        "benefits/papers/application.html",
        {
            "application": application,
            "person": presenters.identity_of(application, today=today),
            "lines": lines_of(papers, reader=user),
            "waiting_for": waiting_for,
            "ticked": request.POST.getlist("paper") or [str(paper.pk) for paper in waiting_for],
            "received": received,
            "listed": listed,
            "form": received if received.is_bound else listed,
            "sheets": label_sheet.SHEETS,
        },
    )


@require_GET
@requires(duties.VIEW)
def labels(request: StaffRequest) -> HttpResponse:
    """Print labels: of a paper, of an application's papers, of a box, or of a place and its boxes."""
    user = request.user
    things = _things_to_label(request)
    if not things:
        raise Http404
    skip = request.GET.get("skip", "")
    try:
        pdf = label_sheet.render(
            [label_sheet.label_of(thing) for thing in things],
            sheet=label_sheet.sheet_called(request.GET.get("sheet", "")),
            skip=int(skip) - 1 if skip.isascii() and skip.isdigit() and len(skip) < 3 else 0,
        )
    except FontsMissing as problem:
        messages.error(request, str(problem))
        return redirect("benefits:papers")
    journal.record(events.LABELS_PRINTED, by=user, subject=things[0], details={"count": len(things)})
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="labels-{things[0].code}.pdf"'
    return response


# ── what pages show ──────────────────────────────────────────────────────────────────────────────────────────────────


def find(paper_id: UUID, *, by: User) -> Paper:
    """Return a paper that this person may see, or raise 404; a hidden one is recorded as refused."""
    papers = Paper.objects.select_related("application", "place", "box__place", "receiver", "copied_from")
    paper = papers.visible_to(by).filter(pk=paper_id).first()
    if paper is not None:
        return paper
    hidden = papers.filter(pk=paper_id).first()
    if hidden is not None:
        journal.record(
            events.HIDDEN_REQUESTED,
            by=by,
            subject=hidden,
            person_id=hidden.application.person_id,
            result=Result.REFUSED,
        )
    raise Http404


def section_of(application: Application, *, reader: User) -> dict[str, Any]:
    """Return what the page of an application shows of its papers, as far as this reader's rights go."""
    where_it_is = {"office": application.office, "programme": application.programme}
    if not covers(reader, duties.VIEW, **where_it_is):
        return {"shows_papers": False}
    papers = list(application.papers.select_related("application", "place", "box__place").order_by("code"))
    return {
        "shows_papers": True,
        "papers": [replace(line, leads_on=False) for line in lines_of(papers, reader=reader)],
        "can_move_papers": covers(reader, duties.MOVE, **where_it_is),
    }


def lines_of(papers: Sequence[Paper], *, reader: User) -> list[Line]:
    """Return papers as lists show them: nothing personal, only labels, kinds, receipt numbers and places."""
    today = timezone.localdate()
    leads_on = reader.has_perm("benefits.view_application")
    return [
        Line(
            paper=paper,
            where=where(paper),
            standing=paper.standing,
            kind=STATE_KINDS[PaperState(paper.state)],
            is_overdue=paper.due_on is not None and paper.due_on < today,
            leads_on=leads_on,
        )
        for paper in papers
    ]


def where(paper: Paper) -> str:
    """Say where a paper is, or who has it."""
    if paper.state == PaperState.LENT and paper.due_on:
        return _("%(borrower)s（期限 %(due)s）") % {"borrower": paper.borrower, "due": wareki.write(paper.due_on)}
    if paper.box:
        return _("%(place)s 箱 %(box)s") % {"place": paper.box.place.words, "box": paper.box.code}
    return paper.place.words if paper.place else ""


def history_of(moved: Paper | Box) -> list[tuple[Movement, str]]:
    """Return the movements of a paper (with those of the box it is in) or of a box, the latest first, in words."""
    related = ("by", "giver", "receiver", "to_place", "to_box__place", "copy", "destruction", "box")
    movements = list(moved.movements.select_related(*related))
    if isinstance(moved, Paper) and moved.box:
        since = max(
            (one.at for one in movements if one.to_box_id == moved.box_id or one.kind == MovementKind.CONFIRMED),
            default=moved.listed_at,
        )
        movements += moved.box.movements.filter(at__gte=since).select_related(*related)
    movements.sort(key=lambda one: (one.at, one.number), reverse=True)
    return [(one, _in_words(one)) for one in movements]


def _in_words(one: Movement) -> str:
    parts = [_("箱ごと") if one.box_id and one.kind in BOX_KINDS else ""]
    if one.giver and one.receiver:
        parts.append(
            _("%(giver)s → %(receiver)s") % {"giver": one.giver.display_name, "receiver": one.receiver.display_name}
        )
    elif one.giver:
        parts.append(_("提案 %s") % one.giver.display_name)
    if one.to_box:
        parts.append(_("%(place)s 箱 %(box)s へ") % {"place": one.to_box.place.words, "box": one.to_box.code})
    elif one.to_place:
        parts.append(_("%s へ") % one.to_place.words)
    if one.due_on:
        parts.append(_("%(borrower)s へ、期限 %(due)s") % {"borrower": one.borrower, "due": wareki.write(one.due_on)})
    if one.received_on:
        parts.append(
            _("受領日 %(on)s、%(sheets)d枚") % {"on": wareki.write(one.received_on), "sheets": one.sheets or 1}
        )
    if one.copy:
        parts.append(one.copy.code)
    if one.destruction:
        parts.append(_("廃棄一覧 %s") % one.destruction.code)
    return "　".join(part for part in parts if part)


def seen_in(request: StaffRequest) -> int:
    """Return which movement the page was drawn after."""
    form = SeenForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
    seen: int = form.cleaned_data["seen"]
    return seen


def _initial(kind: MovementKind, paper: Paper) -> dict[str, Any]:
    initial: dict[str, Any] = {"seen": paper.movement_count}
    if kind is MovementKind.RECEIVED:
        initial |= {
            "received_on": timezone.localdate(),
            "is_original": ORIGINAL if paper.is_original else "COPY",
            "sheets": paper.sheets,
        }
    if kind is MovementKind.COPIED:
        initial["sheets"] = paper.sheets
    if kind in (MovementKind.RETURNED, MovementKind.FOUND):
        # where it was taken from is where it goes back, unless somebody says otherwise
        initial |= {"to_code": paper.box.code} if paper.box else {"place": str(paper.place_id or "")}
    return initial


def _take(kind: MovementKind, paper: Paper, typed: Mapping[str, Any], *, by: User) -> Paper:
    """Move the paper as the form says."""
    key, seen = paper.pk, typed["seen"]
    if kind is MovementKind.RECEIVED:
        return moving.receive(
            key,
            by=by,
            seen=seen,
            to=typed["to"],
            on=typed["received_on"],
            sheets=typed["sheets"],
            is_original=typed["is_original"] == ORIGINAL,
        )
    if kind is MovementKind.MOVED:
        return moving.hand_over(key, by=by, seen=seen, to=typed["to"], receiver=typed["receiver"])
    if kind is MovementKind.LENT:
        return moving.lend(key, by=by, seen=seen, borrower=typed["borrower"], due_on=typed["due_on"])
    if kind is MovementKind.RETURNED:
        return moving.take_in_again(key, by=by, seen=seen, to=typed["to"])
    if kind is MovementKind.COPIED:
        return moving.copy(key, by=by, seen=seen, to=typed["to"], on=timezone.localdate(), sheets=typed["sheets"])
    if kind is MovementKind.MISSING:
        return moving.miss(key, by=by, seen=seen, reason=typed["reason"])
    if kind is MovementKind.FOUND:
        return moving.find(key, by=by, seen=seen, to=typed["to"], reason=typed["reason"])
    return moving.leave_out(key, by=by, seen=seen, reason=typed["reason"])


def _said(kind: MovementKind, moved: Paper) -> str:
    if kind is MovementKind.MOVED and moved.receiver:
        return _("引渡しを登録しました。%s さんの受領の確認を待っています。") % moved.receiver.display_name
    if kind is MovementKind.COPIED:
        return _("写しを登録しました。ラベル番号は %s です。") % moved.code
    return _("%(code)s：%(kind)sを登録しました。") % {"code": moved.code, "kind": kind.label}


def _thing_called(code: str, *, by: User) -> Paper | Box | Place | None:
    if code.startswith(codes.PAPER):
        return Paper.objects.visible_to(by).filter(code=code).first()
    if code.startswith(codes.BOX):
        return Box.objects.filter(code=code).first()
    return Place.objects.filter(code=code).first()


def _things_to_label(request: StaffRequest) -> list[Paper | Box | Place]:
    """Return what the address asks labels for, of what this person may see."""
    papers = Paper.objects.visible_to(request.user).exclude(
        state__in=(PaperState.DESTROYED, PaperState.LOST, PaperState.NOT_NEEDED)
    )
    if key := _uuid(request.GET.get("paper", "")):
        return list(papers.filter(pk=key))
    if key := _uuid(request.GET.get("application", "")):
        return list(papers.filter(application_id=key).order_by("code"))
    if key := _uuid(request.GET.get("box", "")):
        return list(Box.objects.filter(pk=key))
    if key := _uuid(request.GET.get("place", "")):
        boxes = Box.objects.filter(place_id=key, closed_at__isnull=True).order_by("code")
        return [*Place.objects.filter(pk=key), *boxes]
    return []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
