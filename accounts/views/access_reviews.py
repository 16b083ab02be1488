"""Pages of the access review (棚卸し): a section's head answers, user administrators watch over it and close it."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import access_review, access_review_pdf, actions, step_up
from accounts.forms_review import AnswerForm, OpenReviewForm
from accounts.http import StaffRequest
from accounts.models import AccessAnswer, AccessReview, User
from accounts.models.access_review import Answer
from audit import journal
from audit.gate import page_of, requires
from audit.keyfiles import KeyUnavailableError
from audit.models import Result

PAGE = 100
WATCHES = "accounts.change_rights"
ANSWERS = "accounts.answer_review"


@dataclass(frozen=True, slots=True)
class Row:
    """One right as the page shows it. ``refusal`` says why this person may not answer for it ("" = they may)."""

    answer: AccessAnswer
    holder: User
    role: str
    reach: str
    is_unused: bool
    refusal: str


@require_http_methods(["GET", "POST"])
@requires(ANSWERS, WATCHES)
def index(request: StaffRequest) -> HttpResponse:
    """List the reviews; a user administrator opens a new one."""
    watches = request.user.has_perm(WATCHES)
    form = OpenReviewForm()
    if request.method == "POST":
        if not watches:
            raise _hidden(request)
        form = OpenReviewForm(request.POST)
        if form.is_valid():
            try:
                review = access_review.begin(**form.cleaned_data, by=request.user, at=timezone.now())
            except access_review.Refused as error:
                form.add_error("due_on" if error.code == "due" else None, error.message)
            else:
                return redirect("accounts:access-review", review_id=review.pk)
    reviews = AccessReview.objects.select_related("opened_by", "closed_by").order_by("-opened_at")
    page = Paginator(reviews, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "accounts/access_reviews.html",
        {"form": form, "page": page, "watches": watches, "may_begin": watches and access_review.current() is None},
    )


@require_GET
@requires(ANSWERS, WATCHES)
def detail(request: StaffRequest, review_id: UUID) -> HttpResponse:
    """Show the rights that this person answers for or watches over, with how far the review is."""
    review = get_object_or_404(AccessReview.objects.select_related("opened_by", "closed_by"), pk=review_id)
    today = timezone.localdate()
    seen = access_review.answers_seen_by(review, request.user)
    watches = request.user.has_perm(WATCHES)
    if section := request.GET.get("section", "")[:60]:
        seen = seen.filter(section=section)
    page = Paginator(seen, PAGE).get_page(request.GET.get("page"))
    sections = access_review.progress(review)
    if not watches:
        sections = [one for one in sections if one.section == request.user.section and one.section]
    total = sum(one.total for one in sections)
    answered = sum(one.answered for one in sections)
    journal.record(actions.REVIEW_VIEWED, by=request.user, subject=review, details={"count": page.paginator.count})
    heads = access_review.heads()
    return render(
        request,
        "accounts/access_review.html",
        {
            "review": review,
            "page": page,
            "rows": [_row(answer, review, request.user, heads) for answer in page],
            "section": section,
            "sections": sections,
            "watches": watches,
            "answered": answered,
            "total": total,
            "is_late": today > review.due_on,
            "notice": access_review.notice(review, today=today) if review.closed_at is None else "",
            "notice_kind": "error" if (review.due_on - today).days <= 1 else "warning",
            "close_refusal": access_review.why_not_close(review, by=request.user, today=today) if watches else "-",
            "kept": (review.result or {}).get("kept", []),
            "suspended": (review.result or {}).get("suspended", 0),
            "fingerprint": access_review.fingerprint(review.result) if review.result else "",
            "certificate_fingerprint": _certificate_fingerprint(),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(ANSWERS, WATCHES)
@step_up.required
def answer(request: StaffRequest, review_id: UUID, answer_id: int) -> HttpResponse:
    """Take the answer for one right: keep, change or end it. One at a time, each with its evidence before the eyes."""
    review = get_object_or_404(AccessReview, pk=review_id)
    found = access_review.answers_seen_by(review, request.user).filter(pk=answer_id).first()
    if found is None:
        raise _hidden(request)
    row = _row(found, review, request.user, access_review.heads())
    form = AnswerForm(request.POST) if request.method == "POST" else AnswerForm(_given(found))
    if request.method == "POST" and form.is_valid():
        try:
            proposal = access_review.give_answer(
                found.pk,
                Answer(form.cleaned_data["answer"]),
                by=request.user,
                at=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except access_review.Refused as error:
            messages.error(request, error.message)
        else:
            done = (
                _("回答しました。終了を申請したので、利用者管理者が承認すると終わります。")
                if proposal
                else _("回答しました。")
            )
            messages.success(request, done)
        return redirect(f"{reverse('accounts:access-review', args=[review.pk])}#answer-{found.pk}")
    return render(request, "accounts/access_review_answer.html", {"review": review, "row": row, "form": form})


@require_POST
@requires(WATCHES)
@step_up.required
def close(request: StaffRequest, review_id: UUID) -> HttpResponse:
    """Close the review and suspend what nobody answered for."""
    get_object_or_404(AccessReview, pk=review_id)
    try:
        review = access_review.close(review_id, by=request.user, at=timezone.now())
    except access_review.Refused as error:
        messages.error(request, error.message)
    else:
        suspended = (review.result or {}).get("suspended", 0)
        messages.success(request, _("確定しました。回答のない権限%(count)s件を停止しました。") % {"count": suspended})
    return redirect("accounts:access-review", review_id=review_id)


@require_GET
@requires(WATCHES)
@step_up.required
def result(request: StaffRequest, review_id: UUID) -> HttpResponse:
    """Give the signed result of a closed review; who took it is on record with the file's SHA-256."""
    review = get_object_or_404(AccessReview, pk=review_id, closed_at__isnull=False)
    if review.result is None or review.closed_at is None:
        raise Http404
    fingerprint = access_review.fingerprint(review.result)
    try:
        pdf = access_review_pdf.render(review.result, fingerprint=fingerprint, closed_at=review.closed_at)
    except (access_review_pdf.FontsMissing, KeyUnavailableError) as error:
        journal.record(
            actions.REVIEW_EXPORTED,
            by=request.user,
            subject=review,
            result=Result.FAILED,
            details={"code": type(error).__name__},
        )
        page = {"review": review, "problem": str(error)}
        return render(request, "accounts/access_review_problem.html", page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    sha256 = hashlib.sha256(pdf).hexdigest()
    journal.record(actions.REVIEW_EXPORTED, by=request.user, subject=review, details={"fingerprint": sha256})
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="access-review-{review.closed_at:%Y%m%d}.pdf"'
    return response


def _row(found: AccessAnswer, review: AccessReview, user: User, heads: frozenset[int]) -> Row:
    found.review = review
    given = found.assignment
    return Row(
        answer=found,
        holder=given.user,
        role=given.label,
        reach=access_review.reach_of(given),
        is_unused=access_review.is_unused(found, today=timezone.localdate()),
        refusal=access_review.why_not_answer(found, by=user, heads=heads),
    )


def _given(found: AccessAnswer) -> dict[str, str] | None:
    return {"answer": found.answer, "reason": found.reason} if found.answer else None


def _certificate_fingerprint() -> str:
    """Return what an outsider compares the signature with; "" while the key is missing (the export says so)."""
    try:
        return access_review_pdf.in_groups(access_review_pdf.certificate_fingerprint())
    except KeyUnavailableError:
        return ""


def _hidden(request: StaffRequest) -> Http404:
    """Record that somebody asked for what they may not see, and answer as if it were not there."""
    journal.record(
        actions.REVIEW_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="page", id=page_of(request)),
        result=Result.REFUSED,
        details={"method": request.method},
    )
    return Http404()
