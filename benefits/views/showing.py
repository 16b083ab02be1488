"""The pages around a My Number: the one that shows it, a second person's release, and the review of reveals."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import factors, step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from audit.models import Event, Result
from benefits import circumstances, corrections, events, explanation, presenters, protection, reveal_review
from benefits.circumstances import Circumstance
from benefits.forms_showing import AnswerForm, ExplainedForm, RevealForm, ReviewForm
from benefits.models import NumberRelease, Person, RevealReview
from benefits.models.showing import ReviewOutcome
from benefits.views.finding import visible
from benefits.workflow import Refused
from mynumber import actions, vault
from mynumber.purposes import Purpose

REVEAL_SECONDS = 60
#: How often one page may be asked for another minute (WCAG 2.2.1 wants ten at least); each is a reveal of its own.
AGAIN_AT_MOST = 10
#: How long after the number is gone another minute may still be asked for from the same page.
AGAIN_WITHIN = 3 * REVEAL_SECONDS
AGAIN_SALT = "benefits.views.showing.again"
#: Above this a list says that there are more.
LISTED = 100


@sensitive_post_parameters("code")
@sensitive_variables("secret", "digits")
@require_http_methods(["GET", "POST"])
@requires(vault.REVEAL_PERMISSION)
def number(request: StaffRequest, person_id: UUID, holder_id: UUID | None = None) -> HttpResponse:
    """Show a My Number for a minute to somebody who has said why and proved who they are, on record first.

    It is the person's own, or that of ``holder_id``, somebody of their household.
    """
    person = _person_of(request, person_id)
    circumstance = circumstances.of(person, viewer=request.user)
    page = _page(request, person, circumstance, holder_id=holder_id)
    whose = holder_id or person.pk
    explanation.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    standing: protection.Standing | None = page["release"]
    if holder_id is not None and page["is_protected"]:
        if request.method == "POST":
            _refuse(request, person, "household_is_protected")
        return render(request, "benefits/number.html", {**page, "form": None})
    if standing is not None and standing.usable is None:
        if request.method == "POST":
            _refuse(request, person, "not_released")
            messages.error(request, _("この人の個人番号の表示には、ほかの人による解除が必要です。"))
            return redirect("benefits:number", person_id=person.pk)
        ask_form = ExplainedForm(circumstance=circumstance)
        return render(request, "benefits/number.html", {**page, "ask_form": ask_form, "form": ask_form})
    now = timezone.now()
    is_by_key = step_up.is_key_used_for(request, request.path, at=now)
    page |= {"is_by_key": is_by_key, "has_keys": bool(factors.of(request.user).keys)}
    form = RevealForm(
        request.POST or None,
        circumstance=circumstance,
        asks_for_code=not is_by_key,
        initial=_as_released(standing.usable) if standing and standing.usable else None,
    )
    if request.method == "POST" and form.is_valid():
        again = _times_asked_again(request, whose, form.cleaned_data["again"])
        if why_not := _why_not_shown(form, standing, again=again):
            code, field, words = why_not
            _refuse(request, person, code, purpose=form.cleaned_data["purpose"])
            form.add_error(field, words)
        elif not _is_proved(request, form):
            _refuse(request, person, "wrong_code", purpose=form.cleaned_data["purpose"])
            form.add_error(
                None if is_by_key else "code", _("確認コードが違うか、使用済みです。新しいコードを入力してください。")
            )
        else:
            try:
                secret = vault.reveal(
                    whose,
                    by=request.user,
                    purpose=Purpose(form.cleaned_data["purpose"]),
                    reason=form.cleaned_data["reason"],
                    label=person.label,
                    ground=circumstance.ground,
                    again=again,
                    explanation=explanation.of(whose, viewer=request.user),
                )
            except vault.RefusedError as refused:
                messages.error(request, str(refused))
                return redirect(person)
            digits = secret.digits()
            response = render(
                request,
                "benefits/number_shown.html",
                {
                    **page,
                    "groups": (digits[:4], digits[4:8], digits[8:]),
                    "shown_at": timezone.now(),
                    "shown_today": page["shown_today"] + 1,
                    "watermark": range(9),
                    "form": form,
                    "again_left": 0 if page["is_protected"] else AGAIN_AT_MOST - again,
                    "again": signing.dumps([str(whose), request.user.pk, again + 1], salt=AGAIN_SALT),
                },
            )
            # Without scripts the page is left by itself when the minute is over; with them it is so a little later,
            # should the script that takes the number away have failed.
            stays = AGAIN_WITHIN if form.cleaned_data["has_scripts"] else REVEAL_SECONDS
            response["Refresh"] = f"{stays};url={person.get_absolute_url()}"
            return response
    return render(request, "benefits/number.html", {**page, "form": form})


@require_POST
@requires(vault.REVEAL_PERMISSION)
def ask_release(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Ask a second person to let the number of a protected person be seen once."""
    person = _person_of(request, person_id)
    circumstance = circumstances.of(person, viewer=request.user)
    form = ExplainedForm(request.POST, circumstance=circumstance)
    if not form.is_valid():
        explanation.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
        return render(
            request, "benefits/number.html", {**_page(request, person, circumstance), "ask_form": form, "form": form}
        )
    try:
        protection.ask(
            person,
            purpose=Purpose(form.cleaned_data["purpose"]),
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("解除を依頼しました。所属長に知らせてください。"))
    return redirect("benefits:number", person_id=person.pk)


@require_GET
@requires(protection.RELEASE)
def releases(request: StaffRequest) -> HttpResponse:
    """List who waits to see a protected person's number, the longest-waiting first."""
    waiting = list(
        NumberRelease.objects.filter(
            outcome="",
            asked_at__gt=timezone.now() - protection.REQUEST_WAITS,
            person__in=Person.objects.within_reach(request.user, protection.RELEASE),
        )
        .select_related("person", "asked_by")
        .order_by("asked_at", "pk")[: LISTED + 1]
    )
    journal.record(events.RELEASE_VIEWED, by=request.user, details={"count": len(waiting)})
    return render(
        request,
        "benefits/releases.html",
        {
            "waiting": [(one, protection.why_not_release(one, by=request.user)) for one in waiting[:LISTED]],
            "is_more": len(waiting) > LISTED,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(protection.RELEASE)
@step_up.required
def release(request: StaffRequest, release_id: UUID) -> HttpResponse:
    """Show who wants to see whose number and why, and let it through once, or not."""
    found = NumberRelease.objects.select_related("person", "asked_by", "decided_by").filter(pk=release_id).first()
    if found is None:
        raise Http404
    person = visible(
        Person.objects.registered().within_reach(request.user, protection.RELEASE), found.person_id, by=request.user
    )
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_released = request.POST.get("decision") == "release"
        try:
            protection.answer(found.pk, is_released=is_released, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request,
                _("解除しました。依頼した人は、10分以内に1回だけ表示できます。")
                if is_released
                else _("拒否しました。"),
            )
        return redirect("benefits:releases")
    explanation.record(
        events.RELEASE_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="benefits.numberrelease", id=str(found.pk), label=person.label),
        person_id=person.pk,
    )
    return render(
        request,
        "benefits/release.html",
        {
            "release": found,
            "person": presenters.identity_of_person(person, today=timezone.localdate()),
            "subject": person,
            "form": form,
            "refusal": protection.why_not_release(found, by=request.user),
        },
    )


@require_GET
@requires(reveal_review.REVIEW)
def reviews(request: StaffRequest) -> HttpResponse:
    """List the reveals that nothing explained, until somebody else has looked at them, the oldest first."""
    journal.record(events.REVEAL_REVIEW_LISTED, by=request.user)
    return render(
        request,
        "benefits/reveal_reviews.html",
        {
            "lists": [
                (_("まだ確認していない表示"), reveal_review.rows("", by=request.user, most=LISTED)),
                (_("要調査とした表示"), reveal_review.rows(ReviewOutcome.INVESTIGATE, by=request.user, most=LISTED)),
            ],
            "most": LISTED,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(reveal_review.REVIEW)
def review(request: StaffRequest, event_id: UUID) -> HttpResponse:
    """Show one reveal with the viewer's words, and take down what a reviewer makes of it."""
    found = (
        RevealReview.objects.within_reach(request.user, reveal_review.REVIEW)
        .select_related("reviewed_by")
        .filter(pk=event_id)
        .first()
    )
    # of this time too: an id alone could be another entry's
    event = Event.objects.filter(pk=event_id, at=found.shown_at).first() if found else None
    if found is None or event is None:
        raise Http404
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reveal_review.close(
                found.pk,
                outcome=ReviewOutcome(form.cleaned_data["outcome"]),
                words=form.cleaned_data["words"],
                by=request.user,
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("確認の結果を記録しました。"))
        return redirect("benefits:reveal-reviews")
    journal.record(
        events.REVEAL_REVIEW_LISTED,
        by=request.user,
        subject=journal.Subject(kind="benefits.revealreview", id=str(found.pk), label=event.subject_label),
        person_id=found.person_id,
    )
    return render(
        request,
        "benefits/reveal_review.html",
        {
            "review": found,
            "event": event,
            "form": form,
            "refusal": reveal_review.why_not_close(found, by=request.user),
            "reads_record": request.user.has_perm("audit.view_event"),
        },
    )


def _person_of(request: StaffRequest, person_id: UUID) -> Person:
    return visible(
        Person.objects.visible_to(request.user).within_reach(request.user, vault.REVEAL_PERMISSION),
        person_id,
        by=request.user,
    )


def _page(
    request: StaffRequest, person: Person, circumstance: Circumstance, *, holder_id: UUID | None = None
) -> dict[str, Any]:
    identity = presenters.identity_of_person(person, today=timezone.localdate())
    is_protected = identity.is_protected
    household = corrections.holders_of(person) if holder_id else {}
    if holder_id is not None and (holder_id == person.pk or holder_id not in household):
        raise Http404
    return {
        "subject": person,
        "holder": household[holder_id] if holder_id else "",
        "person": identity,
        "seconds": REVEAL_SECONDS,
        "number": vault.standing(holder_id or person.pk),
        "circumstance": circumstance,
        "words_needed": circumstances.WORDS_NEEDED,
        "is_protected": is_protected,
        "release": protection.standing(person, viewer=request.user) if is_protected else None,
        "shown_today": vault.shown_today(request.user),
        "most_in_a_day": vault.most_in_a_day(),
        "needs_scripts": not settings.KYUFU_REVEAL_WITHOUT_SCRIPTS,
    }


def _as_released(release: NumberRelease) -> dict[str, str]:
    return {"purpose": release.purpose, "reason": release.why}


def _why_not_shown(
    form: RevealForm, standing: protection.Standing | None, *, again: int
) -> tuple[str, str | None, str] | None:
    """Return why nothing is shown though the form is whole (code, box, words), before a factor is used up for it."""
    if not form.cleaned_data["has_scripts"] and not settings.KYUFU_REVEAL_WITHOUT_SCRIPTS:
        words = _("この画面は、スクリプトが動くブラウザーでだけ個人番号を表示します。自動で消せないためです。")
        return "no_scripts", None, words
    if again > AGAIN_AT_MOST:
        words = _("同じ画面での延長は%d回までです。受給者の画面から、もう一度始めてください。") % AGAIN_AT_MOST
        return "again_too_often", None, words
    if standing and standing.usable and standing.usable.purpose != form.cleaned_data["purpose"]:
        return "other_purpose", "purpose", _("解除されたときの目的と違います。")
    return None


def _is_proved(request: StaffRequest, form: RevealForm) -> bool:
    now = timezone.now()
    if "code" in form.fields:
        return step_up.confirm_with_code(request, form.cleaned_data["code"], at=now)
    return step_up.use_key_for(request, request.path, at=now)


def _times_asked_again(request: StaffRequest, whose: UUID, token: str) -> int:
    """Return how often this page has been asked for another minute; what is not our own, or old, begins anew."""
    try:
        shown, viewer, times = signing.loads(token, salt=AGAIN_SALT, max_age=AGAIN_WITHIN)
    except (signing.BadSignature, ValueError):
        return 0
    return int(times) if (shown, viewer) == (str(whose), request.user.pk) else 0


def _refuse(request: StaffRequest, person: Person, code: str, *, purpose: str = "") -> None:
    journal.record(
        actions.REVEAL_REFUSED,
        by=request.user,
        subject=person,
        person_id=person.pk,
        result=Result.REFUSED,
        purpose=purpose,
        details={"code": code},
    )
