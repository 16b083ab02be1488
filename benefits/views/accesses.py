"""Who opened a person's record: for those who may see the record, and as a statement for the person themselves."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import step_up
from accounts.http import StaffRequest
from audit.gate import requires
from audit.models import Event
from benefits import access_log, access_statement, events, explanation, presenters, protection, wareki
from benefits.forms_showing import StatementForm
from benefits.models import Person
from benefits.views.finding import visible

PRINT = "benefits.print_access_statement"


@require_GET
@requires("benefits.view_person")
def index(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Show who opened the person's record and their number, the newest first, a page at a time."""
    person = visible(Person.objects.visible_to(request.user), person_id, by=request.user)
    before = request.GET.get("before")
    page = access_log.page(person, before=before)
    explanation.record(
        events.ACCESSES_VIEWED,
        by=request.user,
        subject=person,
        person_id=person.pk,
        details={"page": "older" if before else "first"},
    )
    return render(
        request,
        "benefits/person_accesses.html",
        {
            "subject": person,
            "person": presenters.identity_of_person(person, today=timezone.localdate()),
            "page": page,
            "is_first_page": not before,
            # the words given are sealed; auditors alone read them
            "reads_reasons": request.user.has_perm("audit.view_event"),
            "can_print": Person.objects.within_reach(request.user, PRINT).filter(pk=person.pk).exists(),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(PRINT)
@step_up.required
def statement(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Make the statement that the person gets: who opened their record, when and what for."""
    person = visible(
        Person.objects.visible_to(request.user).within_reach(request.user, PRINT), person_id, by=request.user
    )
    today = timezone.localdate()
    form = StatementForm(request.POST or None, initial={"from_on": today.replace(month=1, day=1), "to_on": today})
    if request.method == "POST" and form.is_valid():
        lines = access_log.told(
            person,
            first=form.cleaned_data["from_on"],
            last=form.cleaned_data["to_on"],
            most=access_statement.MOST_LINES,
        )
        if len(lines) > access_statement.MOST_LINES:
            form.add_error("from_on", _("記録が%d件を超えます。期間を分けてください") % access_statement.MOST_LINES)
        else:
            try:
                pdf = access_statement.render(_statement(form, person, lines))
            except (access_statement.MissingGlyph, access_statement.FontsMissing) as problem:
                messages.error(request, str(problem))
                return redirect("benefits:person-accesses", person_id=person.pk)
            explanation.record(
                events.ACCESS_STATEMENT_PRINTED,
                by=request.user,
                subject=person,
                person_id=person.pk,
                details={"count": len(lines), "fields": ["names"] if form.cleaned_data["names_staff"] else []},
            )
            response = HttpResponse(pdf, content_type="application/pdf")
            response["Content-Disposition"] = f'inline; filename="accesses-{person.label}.pdf"'
            return response
    explanation.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    return render(
        request,
        "benefits/access_statement.html",
        {
            "subject": person,
            "person": presenters.identity_of_person(person, today=today),
            "form": form,
            "is_protected": protection.is_protected(person),
        },
    )


def _statement(form: StatementForm, person: Person, lines: list[Event]) -> access_statement.Statement:
    first, last = form.cleaned_data["from_on"], form.cleaned_data["to_on"]
    names_staff: bool = form.cleaned_data["names_staff"]
    today = timezone.localdate()
    return access_statement.Statement(
        office=settings.OFFICE_NAME,
        name=person.name,
        recipient_number=person.label,
        period=f"{wareki.write(first)}から{wareki.write(last)}まで",
        made_on=wareki.write(today),
        made_date=today,
        names_staff=names_staff,
        lines=[
            access_statement.Line(
                at=f"{timezone.localtime(event.at):%Y-%m-%d %H:%M}",
                action=event.action_label,
                purpose=event.purpose_label,
                who=_who(event, names_staff=names_staff),
            )
            for event in lines
        ],
    )


def _who(event: Event, *, names_staff: bool) -> str:
    roles = event.role_labels or _("職員")
    return f"{event.actor_name}（{roles}）" if names_staff and event.actor_name else roles
