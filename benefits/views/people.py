"""Pages about registered people: finding them, what is known of them, and their certificates."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest
from audit import journal, remembered
from audit.gate import requires
from benefits import (
    access_log,
    certificate,
    corrections,
    events,
    explanation,
    japanese_text,
    presenters,
    protection,
    retention,
)
from benefits.forms import PersonSearchForm
from benefits.models import Certification, Correction, Person
from benefits.registers import diseases
from benefits.views import contacts
from benefits.views.finding import visible
from mynumber import vault

KIND = "people"
#: Above this a list would not help anybody: the search is to be narrowed.
HITS_SHOWN = 100
#: How many of those who opened a record its page names; the rest is on a page of its own.
ACCESSES_SHOWN = 5
CORRECTIONS_SHOWN = 10


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
    protected = protection.protected_among(person.pk for person in people)
    alike = [(person.name_key, person.birth_on) for person in people]
    return render(
        request,
        "benefits/people.html",
        {
            "form": form,
            "people": [
                (
                    person,
                    alike.count((person.name_key, person.birth_on)) > 1,
                    presenters.born(person),
                    person.pk in protected,
                )
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
    explanation.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    today = timezone.localdate()
    certifications = Certification.objects.within_reach(request.user, "benefits.view_person").filter(person=person)
    # what leads further is offered only to somebody who gets there
    certificates = set(certifications.visible_to(request.user).values_list("pk", flat=True))
    applications = set(
        certifications.within_reach(request.user, "benefits.view_application").values_list("pk", flat=True)
    )
    identity = presenters.identity_of_person(person, today=today)
    holders = corrections.holders_of(person)
    can_reveal = Person.objects.within_reach(request.user, vault.REVEAL_PERMISSION).filter(pk=person.pk).exists()
    return render(
        request,
        "benefits/person.html",
        {
            "subject": person,
            "person": identity,
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
            "clocks": retention.clocks_of(person.pk, on=today),
            "hold": retention.on_hold([person.pk]).get(person.pk),
            "corrections": Correction.objects.filter(person=person)
            .select_related("person")
            .order_by("-opened_at")[:CORRECTIONS_SHOWN],
            "may_correct": bool(holders),
            "is_protected": identity.is_protected,
            # whose numbers came with the person's applications, for somebody who may see them
            "household": {one: words for one, words in holders.items() if can_reveal and one != person.pk},
            "can_protect": request.user.has_perm(protection.PROPOSE),
            "accesses": access_log.page(person, size=ACCESSES_SHOWN),
            "can_reveal": can_reveal,
            **contacts.of(person),
        },
    )


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
    explanation.record(
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
