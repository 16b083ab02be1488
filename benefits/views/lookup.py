"""The page where very few find a recipient by a My Number, one at a time, on record before it is answered."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import factors, step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import presenters
from benefits.forms_lookup import LookupForm
from benefits.models import HouseholdPerson, Person
from mynumber import actions, lookup as numbers, vault
from mynumber.purposes import Purpose


@sensitive_post_parameters("number", "code")
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
@requires("mynumber.find_number")
def find(request: StaffRequest) -> HttpResponse:
    """Ask for a number, why, and a fresh factor; answer with the recipient, or neutrally with nothing."""
    now = timezone.now()
    is_by_key = step_up.is_key_used_for(request, request.path, at=now)
    page = {"is_by_key": is_by_key, "has_keys": bool(factors.of(request.user).keys)}
    form = LookupForm(request.POST or None, asks_for_code=not is_by_key)
    if request.method == "POST" and form.is_valid():
        is_proved = (
            step_up.use_key_for(request, request.path, at=now)
            if is_by_key
            else step_up.confirm_with_code(request, form.cleaned_data["code"], at=now)
        )
        if is_proved:
            return _answer(request, form)
        journal.record(
            actions.SEARCH_REFUSED,
            by=request.user,
            result=Result.REFUSED,
            purpose=form.cleaned_data["purpose"],
            details={"code": "wrong_code"},
        )
        form.add_error(
            None if is_by_key else "code", _("確認コードが違うか、使用済みです。新しいコードを入力してください。")
        )
    return render(request, "benefits/lookup.html", {**page, "form": form})


@sensitive_variables("form")
def _answer(request: StaffRequest, form: LookupForm) -> HttpResponse:
    """Look the number up. The same is asked of the database whether somebody is found or not."""
    try:
        held_for, entry = numbers.find(
            form.cleaned_data["number"],
            by=request.user,
            purpose=Purpose(form.cleaned_data["purpose"]),
            reason=form.cleaned_data["reason"],
        )
    except vault.RefusedError as refused:
        messages.error(request, str(refused))
        return render(request, "benefits/lookup.html", {"form": LookupForm(), "has_keys": False})
    holder = held_for or uuid4()
    relative = HouseholdPerson.objects.filter(pk=holder).select_related("application").first()
    person = (
        Person.objects.visible_to(request.user)
        .within_reach(request.user, "mynumber.find_number")
        .filter(pk=relative.application.person_id if relative else holder)
        .first()
    )
    answer = "FOUND" if person else "OUT_OF_REACH" if held_for else "NOT_FOUND"
    numbers.record_answer(entry, by=request.user, person=held_for, answer=answer)
    return render(
        request,
        "benefits/lookup.html",
        {
            "form": LookupForm(),
            "is_answer": True,
            "subject": person,
            "person": presenters.identity_of_person(person, today=timezone.localdate()) if person else None,
            "relative": relative.get_kind_display() if person and relative else "",
        },
    )
