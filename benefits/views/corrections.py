"""Pages where a correction of a My Number is asked for, typed blind, typed again blind, and decided."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import corrections, events, explanation, presenters
from benefits.forms_corrections import AgainForm, CorrectionForm, RejectionForm, TypeForm
from benefits.models import Correction, Person
from benefits.views.finding import visible
from mynumber import corrections as numbers, vault

#: How many are listed: of those that are open the longest-waiting, of those decided the latest.
LISTED = 100
DECIDED_LISTED = 20
#: How many figures a version that a page sends may have.
LONGEST_VERSION = 6

#: What the second entry came to.
ANSWERS: Mapping[vault.Comparison, Promise] = MappingProxyType(
    {
        vault.Comparison.MATCH: gettext_lazy("個人番号は一致しました。"),
        vault.Comparison.MISMATCH: gettext_lazy("個人番号は不一致です。書類を見て、もう一度だけ入力できます。"),
        vault.Comparison.EXHAUSTED: gettext_lazy(
            "個人番号は不一致です。入力できる回数を使い切りました。却下するか、ほかの確認者に依頼してください。"
        ),
        vault.Comparison.STOPPED: gettext_lazy(
            "一致しない再入力が続いたため、再入力を止めています。時間をおくか、ほかの確認者に依頼してください。"
        ),
        vault.Comparison.OWN_ENTRY: gettext_lazy("自分が入力した個人番号は、自分では照合できません。"),
        vault.Comparison.SETTLED: gettext_lazy("個人番号は一致しています。"),
        vault.Comparison.ABSENT: gettext_lazy("照合する個人番号がありません。"),
        vault.Comparison.UNAVAILABLE: gettext_lazy(
            "鍵を使えないため、照合できません。入力の回数は減っていません。管理者に連絡してください。"
        ),
    }
)


@require_GET
@requires("benefits.view_person", "mynumber.correct_number", "mynumber.retype_number")
def index(request: StaffRequest) -> HttpResponse:
    """List the requests that are open, the longest-waiting first, and below them the latest that were decided."""
    seen = Correction.objects.visible_to(request.user).select_related("person", "opened_by", "decided_by")
    waiting = list(seen.open()[: LISTED + 1])
    decided = seen.exclude(outcome="").order_by("-opened_at", "-pk")[:DECIDED_LISTED]
    journal.record(events.CORRECTION_LISTED, by=request.user, details={"count": len(waiting[:LISTED])})
    return render(
        request,
        "benefits/corrections.html",
        {
            "rows": [(one, _next_step(one, request)) for one in waiting[:LISTED]],
            "is_cut": len(waiting) > LISTED,
            "listed": LISTED,
            "decided": decided,
        },
    )


@sensitive_post_parameters("number")
@require_http_methods(["GET", "POST"])
@requires("benefits.view_person")
def new(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Ask for a correction: report an error, and type the right number when one may."""
    person = visible(Person.objects.visible_to(request.user), person_id, by=request.user)
    may_type = corrections.may_type(request.user, person)
    holders = corrections.holders_of(person)
    form = CorrectionForm(request.POST or None, may_type=may_type, holders=holders)
    if request.method == "POST" and form.is_valid():
        try:
            correction = corrections.open_request(
                person.pk,
                by=request.user,
                at=timezone.now(),
                reason=form.cleaned_data["reason"],
                words=form.cleaned_data["words"],
                evidence=form.cleaned_data["evidence"],
                number=form.cleaned_data.get("number", ""),
                holder_id=UUID(form.cleaned_data["holder"])
                if "holder" in form.cleaned_data
                else next(iter(holders), None),
            )
        except vault.NotKeptError as refused:
            form.add_error("number", str(refused).rstrip("。"))
        except corrections.Refused as refused:
            messages.error(request, str(refused))
            return redirect(person)
        else:
            messages.success(request, _opened_words(correction))
            return redirect(correction)
    open_requests = list(Correction.objects.open().filter(person=person).select_related("person"))
    can_open = [holder for holder in holders if holder not in {one.holder_id for one in open_requests}]
    explanation.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    return render(
        request,
        "benefits/correction_new.html",
        {
            "subject": person,
            "person": presenters.identity_of_person(person, today=timezone.localdate()),
            "form": form,
            "may_type": may_type,
            "holders": holders,
            "refusal": None if can_open else corrections.why_not_open(person, person.pk, by=request.user),
            "open_requests": open_requests,
        },
    )


@sensitive_post_parameters("number")
@require_http_methods(["GET", "POST"])
@requires("benefits.view_person")
def detail(request: StaffRequest, correction_id: UUID) -> HttpResponse:
    """Show a request, and take the step that this person may take in it."""
    correction = get_object_or_404(
        Correction.objects.select_related("person", "opened_by", "typed_by", "decided_by"), pk=correction_id
    )
    visible(Person.objects.visible_to(request.user), correction.person_id, by=request.user)
    if request.method == "POST":
        return _take(request, correction)
    explanation.record(events.CORRECTION_VIEWED, by=request.user, subject=correction, person_id=correction.person_id)
    return _page(request, correction)


def _take(request: StaffRequest, correction: Correction) -> HttpResponse:
    """Take the step whose button was pressed; what the service refuses is told in its words."""
    now, pressed = timezone.now(), request.POST.get("press", "")
    typed = request.POST.get("version", "")
    version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_VERSION else 0
    try:
        if pressed == "type":
            return _typed(request, correction, at=now)
        if pressed == "compare":
            return _compared(request, correction, version=version)
        if pressed == "reject":
            form = RejectionForm(request.POST)
            if not form.is_valid():
                return _page(request, correction, rejection=form)
            corrections.reject(correction.pk, by=request.user, at=now, words=form.cleaned_data["words"])
            messages.success(request, _("訂正の申請を却下しました。入力された番号は消去されました。"))
        elif pressed == "approve":
            corrections.approve(correction.pk, by=request.user, at=now, version=version)
            messages.success(request, _("訂正を承認しました。前の番号は使われず、保存期間が終わるまで封じられます。"))
        elif pressed == "withdraw":
            corrections.withdraw(correction.pk, by=request.user, at=now)
            messages.success(request, _("訂正の申請を取り下げました。"))
    except corrections.Refused as refused:
        messages.error(request, str(refused))
    return redirect(correction)


def _typed(request: StaffRequest, correction: Correction, *, at: datetime) -> HttpResponse:
    form = TypeForm(request.POST)
    if not form.is_valid():
        return _page(request, correction, typing=form)
    try:
        corrections.type_number(
            correction.pk,
            by=request.user,
            at=at,
            evidence=form.cleaned_data["evidence"],
            number=form.cleaned_data["number"],
        )
    except vault.NotKeptError as refused:
        form.add_error("number", str(refused).rstrip("。"))
        return _page(request, correction, typing=form)
    messages.success(request, _("番号を封じました。確認者の再入力と決定を待ちます。"))
    return redirect(correction)


def _compared(request: StaffRequest, correction: Correction, *, version: int) -> HttpResponse:
    form = AgainForm(request.POST)
    if not form.is_valid():
        return _page(request, correction, retype=form)
    outcome = corrections.compare(correction.pk, by=request.user, version=version, number=form.cleaned_data["number"])
    is_same = outcome in {vault.Comparison.MATCH, vault.Comparison.SETTLED}
    messages.add_message(request, messages.SUCCESS if is_same else messages.ERROR, str(ANSWERS[outcome]))
    return redirect(correction)


def _page(
    request: StaffRequest,
    correction: Correction,
    *,
    typing: TypeForm | None = None,
    retype: AgainForm | None = None,
    rejection: RejectionForm | None = None,
) -> HttpResponse:
    by = request.user
    waiting = numbers.standing(correction.holder_id) if correction.is_open else None
    why_not_decide = corrections.why_not_decide(correction, by=by)
    return render(
        request,
        "benefits/correction.html",
        {
            "correction": correction,
            "subject": correction.person,
            "holder": corrections.holders_of(correction.person).get(correction.holder_id, ""),
            "person": presenters.identity_of_person(correction.person, today=timezone.localdate()),
            "wrong": next((form for form in (typing, retype, rejection) if form is not None), None),
            "typing": typing or TypeForm(initial={"evidence": correction.evidence}),
            "retype": retype or AgainForm(),
            "rejection": rejection or RejectionForm(),
            "is_confirmed": waiting is not None and waiting.state is vault.State.CONFIRMED,
            "tries_left": (
                vault.tries_left(correction.holder_id, correction.version, by=by) if correction.version else 0
            ),
            "why_not_type": corrections.why_not_type(correction, by=by),
            "why_not_decide": why_not_decide,
            "why_not_approve": corrections.why_not_approve(correction, by=by),
            "why_not_withdraw": corrections.why_not_withdraw(correction, by=by),
        },
    )


def _next_step(correction: Correction, request: StaffRequest) -> str:
    """Return what this person can do about an open request, in words ("" for nothing)."""
    if correction.version is None:
        return "" if corrections.why_not_type(correction, by=request.user) else _("番号を入力できます")
    return "" if corrections.why_not_decide(correction, by=request.user) else _("再入力して決定できます")


def _opened_words(correction: Correction) -> str:
    if correction.version is None:
        return _("番号の誤りを報告しました。入力担当者が正しい番号を入力するのを待ちます。")
    return _("訂正を申請しました。番号は封じられました。確認者の再入力と決定を待ちます。")
