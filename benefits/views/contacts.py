"""窓口・電話の記録: that somebody got in touch about a resident, written down in two choices."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from audit.gate import requires
from benefits import watching
from benefits.fields import ChoiceCodeField
from benefits.models import ContactRecord, Person
from benefits.models.watching import ContactKind, ContactReason
from benefits.views.finding import visible

SHOWN: Final = 5


class ContactForm(forms.Form):
    """How somebody got in touch, and what about."""

    use_required_attribute = False

    kind = ChoiceCodeField(label=gettext_lazy("方法"), choices=ContactKind.choices)
    reason = ChoiceCodeField(label=gettext_lazy("用件"), choices=ContactReason.choices)


@require_POST
@requires("benefits.view_person")
def record(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Write down that somebody got in touch just now, and go back to the person."""
    person = visible(Person.objects.visible_to(request.user), person_id, by=request.user)
    form = ContactForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("方法と用件を選んでください。"))
    watching.record_contact(
        person,
        kind=ContactKind(form.cleaned_data["kind"]),
        reason=ContactReason(form.cleaned_data["reason"]),
        by=request.user,
    )
    messages.success(request, _("窓口・電話の記録を残しました。"))
    return redirect(person)


def of(person: Person) -> dict[str, Any]:
    """Return what the person's page shows of contacts: the last ones, and the form for a new one."""
    contacts = ContactRecord.objects.filter(person=person).select_related("made_by").order_by("-made_at")[:SHOWN]
    return {"contacts": contacts, "contact_form": ContactForm()}
