"""Pages about registered people: finding them, their certificates, and, for very few, their My Number."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from accounts import factors, step_up
from accounts.http import StaffRequest
from audit import journal, remembered
from audit.gate import requires
from audit.models import Result
from benefits import certificate, events, japanese_text, presenters
from benefits.forms import PersonSearchForm, RevealForm
from benefits.models import Certification, Person
from benefits.registers import diseases
from benefits.views.finding import visible
from mynumber import actions, vault
from mynumber.purposes import Purpose

KIND = "people"
#: Above this a list would not help anybody: the search is to be narrowed.
HITS_SHOWN = 100
REVEAL_SECONDS = 60


@require_http_methods(["GET", "POST"])
@requires("benefits.view_person")
def index(request: StaffRequest) -> HttpResponse:
    """Find registered people. The conditions are sent by POST and never stand in an address."""
    if request.method == "POST":
        form = PersonSearchForm(request.POST)
        if not form.is_valid():
            return render(request, "benefits/people.html", {"form": form, "people": None})
        return redirect(f"{request.path}?s={remembered.remember(request, KIND, _typed(request.POST))}")
    typed = remembered.recall(request, KIND, request.GET.get("s", ""))
    if typed is None:
        return render(request, "benefits/people.html", {"form": PersonSearchForm(), "people": None})
    form = PersonSearchForm(typed)
    if not form.is_valid():
        return render(request, "benefits/people.html", {"form": form, "people": None})
    found = list(_matching(form.cleaned_data, request)[: HITS_SHOWN + 1])
    journal.record(
        events.PERSON_SEARCHED,
        by=request.user,
        # sealed: names asked for must not stand in a table that nothing can be erased from
        reason=_in_words(form),
        details={
            "fields": sorted(key for key, value in form.cleaned_data.items() if value),
            "count": len(found) if len(found) <= HITS_SHOWN else f">{HITS_SHOWN}",
        },
    )
    people = found[:HITS_SHOWN]
    alike = [(person.name_key, person.birth_on) for person in people]
    return render(
        request,
        "benefits/people.html",
        {
            "form": form,
            "people": [
                (person, alike.count((person.name_key, person.birth_on)) > 1, presenters.born(person))
                for person in people
            ],
            "is_too_broad": len(found) > HITS_SHOWN,
            "hits_shown": HITS_SHOWN,
        },
    )


@require_GET
@requires("benefits.view_person")
def detail(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Show a registered person and their certifications. The number is not among it, nor any part of it."""
    person = visible(Person.objects.visible_to(request.user), person_id, by=request.user)
    journal.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    today = timezone.localdate()
    certifications = Certification.objects.within_reach(request.user, "benefits.view_person").filter(person=person)
    # what leads further is offered only to somebody who gets there
    certificates = set(certifications.visible_to(request.user).values_list("pk", flat=True))
    applications = set(
        certifications.within_reach(request.user, "benefits.view_application").values_list("pk", flat=True)
    )
    return render(
        request,
        "benefits/person.html",
        {
            "subject": person,
            "person": presenters.identity_of_person(person, today=today),
            "certifications": [
                (
                    one,
                    presenters.class_label(one.income_class),
                    diseases.find(one.disease_number, on=timezone.localdate(one.decided_at)),
                    one.pk in certificates,
                    one.pk in applications,
                )
                for one in certifications.select_related("application").order_by("-valid_from", "-pk")
            ],
            "today": today,
            "number": vault.standing(person.pk),
            "can_reveal": Person.objects.within_reach(request.user, vault.REVEAL_PERMISSION)
            .filter(pk=person.pk)
            .exists(),
        },
    )


@sensitive_post_parameters("code")
@sensitive_variables("secret", "digits")
@require_http_methods(["GET", "POST"])
@requires(vault.REVEAL_PERMISSION)
def number(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Show a My Number for a minute to somebody who has said why and proved who they are, on record first."""
    person = visible(
        Person.objects.visible_to(request.user).within_reach(request.user, vault.REVEAL_PERMISSION),
        person_id,
        by=request.user,
    )
    today = timezone.localdate()
    page: dict[str, Any] = {
        "subject": person,
        "person": presenters.identity_of_person(person, today=today),
        "seconds": REVEAL_SECONDS,
        "number": vault.standing(person.pk),
    }
    journal.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    now = timezone.now()
    is_by_key = step_up.is_key_used_for(request, request.path, at=now)
    page |= {"is_by_key": is_by_key, "has_keys": bool(factors.of(request.user).keys)}
    form = RevealForm(request.POST or None, asks_for_code=not is_by_key)
    if request.method == "POST" and form.is_valid():
        is_proved = (
            step_up.use_key_for(request, request.path, at=now)
            if is_by_key
            else step_up.confirm_with_code(request, form.cleaned_data["code"], at=now)
        )
        if not is_proved:
            journal.record(
                actions.REVEAL_REFUSED,
                by=request.user,
                subject=person,
                person_id=person.pk,
                result=Result.REFUSED,
                purpose=form.cleaned_data["purpose"],
                details={"code": "wrong_code"},
            )
            form.add_error(
                None if is_by_key else "code", _("確認コードが違うか、使用済みです。新しいコードを入力してください。")
            )
        else:
            try:
                secret = vault.reveal(
                    person.pk,
                    by=request.user,
                    purpose=Purpose(form.cleaned_data["purpose"]),
                    reason=form.cleaned_data["reason"],
                    label=person.label,
                )
            except vault.RefusedError as refused:
                messages.error(request, str(refused))
                return redirect(person)
            digits = secret.digits()
            response = render(
                request,
                "benefits/number_shown.html",
                {**page, "groups": (digits[:4], digits[4:8], digits[8:]), "shown_at": timezone.now()},
            )
            # Without scripts the page is left by itself when the minute is over.
            response["Refresh"] = f"{REVEAL_SECONDS};url={person.get_absolute_url()}"
            return response
    return render(request, "benefits/number.html", {**page, "form": form})


@require_GET
@requires("benefits.view_certificate")
def certificate_pdf(request: StaffRequest, certification_id: UUID) -> HttpResponse:
    """Open a certificate (受給者証) as PDF, or say what keeps it from being printed."""
    certification = visible(
        Certification.objects.visible_to(request.user).select_related("application", "person"),
        certification_id,
        by=request.user,
    )
    visible(Person.objects.visible_to(request.user), certification.person_id, by=request.user)
    try:
        pdf = certificate.render(presenters.certificate_text(certification))
    except (certificate.MissingGlyph, certificate.FontsMissing) as problem:
        return render(
            request,
            "benefits/certificate_problem.html",
            {"problem": str(problem), "certification": certification},
            status=503,
        )
    journal.record(
        events.CERTIFICATE_OPENED,
        by=request.user,
        subject=certification.application,
        person_id=certification.person_id,
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="certificate-{certification.application.receipt_number}.pdf"'
    return response


def _matching(conditions: dict[str, Any], request: StaffRequest) -> Any:
    people = Person.objects.visible_to(request.user)
    if recipient_number := conditions.get("recipient_number"):
        people = people.filter(recipient_number=recipient_number)
    if kana := conditions.get("kana"):
        people = people.filter(kana_key__startswith=japanese_text.kana_key(kana))
    if name := conditions.get("name"):
        people = people.filter(name_key__startswith=japanese_text.name_key(name))
    birth_on: date | None = conditions.get("birth_on")
    if birth_on:
        people = people.filter(birth_on=birth_on)
    return people.order_by("kana_key", "birth_on", "pk")


def _in_words(form: PersonSearchForm) -> str:
    """Return the conditions as one line for the record."""
    asked = ((form.fields[key].label, value) for key, value in form.cleaned_data.items() if value)
    return "、".join(f"{label}＝{value}" for label, value in asked)


def _typed(posted: QueryDict) -> dict[str, Any]:
    return {key: posted.get(key, "") for key in ("kana", "name", "birth_on", "recipient_number")}
