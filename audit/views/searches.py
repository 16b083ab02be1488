"""Saved searches: kept, opened, noted as done, and let go."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import remembered
from audit.gate import requires
from audit.searching import finding, links, saving, scopes
from audit.searching.form import SPANS, SearchForm
from audit.searching.keeping_forms import SaveForm
from audit.searching.saving import Kept
from audit.searching.scopes import Reach
from audit.searching.sentences import sentence
from audit.views.reading import SAVED, asked_by, everybodys_scope, reader


@require_GET
@requires(scopes.ALL, scopes.SECTION)
def searches(request: HttpRequest) -> HttpResponse:
    """List the searches this person may use, with when each was done and is to be done."""
    scope, today = everybodys_scope(request), timezone.localdate()
    kept = saving.listed(scope, reader(request).pk, today=today)
    return render(
        request,
        "audit/searches.html",
        {"searches": kept, "overdue": sum(one.is_overdue for one in kept), "scope": scope},
    )


@require_http_methods(["GET", "POST"])
@requires(scopes.ALL, scopes.SECTION)
def save(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the conditions called ``name`` under a name of their own."""
    scope = everybodys_scope(request)
    asked = asked_by(request, name)
    searched = SearchForm(asked.typed, scope=scope)
    if not asked.typed or not searched.is_valid():
        messages.warning(request, _("保存する条件がありません。条件を入れて検索してから、保存してください。"))
        return redirect("audit:log")
    form = SaveForm(request.POST or None, can_share=scope.reach is Reach.ALL)
    if request.method == "POST" and form.is_valid():
        try:
            row = saving.save(
                name=form.cleaned_data["name"],
                typed={key: value for key, value in asked.typed.items() if key != SAVED},
                is_shared=form.cleaned_data.get("is_shared", False),
                due_day=form.cleaned_data["due_day"],
                by=reader(request),
                scope=scope,
                at=timezone.now(),
            )
        except saving.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("検索条件を保存しました。"))
            return redirect(f"{reverse('audit:searches')}#search-{row.pk}")
    return render(
        request,
        "audit/search_save.html",
        {
            "form": form,
            "sentence": sentence(searched.conditions, today=timezone.localdate()),
            "name": asked.name,
            "span": SPANS.get(asked.typed.get("span", "")),
        },
    )


@require_GET
@requires(scopes.ALL, scopes.SECTION)
def open_search(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Search by a saved search."""
    kept = _kept(request, search_id)
    typed = saving.conditions_of(kept) | {SAVED: str(search_id)}
    return redirect(f"{reverse('audit:log')}?{urlencode({'s': remembered.remember(request, links.KIND, typed)})}")


@require_POST
@requires(scopes.ALL, scopes.SECTION)
def done(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Note that a saved search was done, with how much it finds now."""
    kept = _kept(request, search_id)
    scope = everybodys_scope(request)
    form = SearchForm(saving.conditions_of(kept), scope=scope)
    try:
        found = finding.count(form.conditions, scope, most=finding.COUNTED_UP_TO) if form.is_valid() else None
    except finding.TooSlowError:
        found = None
    if found is None:
        messages.error(request, _("この条件では検索できませんでした。条件を直して保存し直してください。"))
        return redirect("audit:searches")
    saving.note_run(
        kept,
        found=min(found, finding.COUNTED_UP_TO),
        is_more=found > finding.COUNTED_UP_TO,
        by=reader(request),
        at=timezone.now(),
    )
    messages.success(request, _("「%s」を実行したことを記録しました。") % kept.name)
    return redirect("audit:searches")


@require_POST
@requires(scopes.ALL, scopes.SECTION)
def remove(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Let one of one's own searches go."""
    own = saving.visible(everybodys_scope(request), reader(request).pk).filter(owner_id=reader(request).pk)
    saving.remove(get_object_or_404(own, pk=search_id), by=reader(request), at=timezone.now())
    messages.success(request, _("保存した検索を削除しました。"))
    return redirect("audit:searches")


def _kept(request: HttpRequest, search_id: UUID) -> Kept:
    found = saving.one(search_id, everybodys_scope(request), reader(request).pk, today=timezone.localdate())
    if found is None:
        raise Http404
    return found
