"""The report of what My Numbers are held, on screen, on paper and as a file. No number is among it."""

import csv
import io
from collections.abc import Iterator
from uuid import UUID

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts import step_up
from accounts.http import StaffRequest
from accounts.models import User
from accounts.spreadsheet import disarmed
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import events, holdings
from benefits.fields import ChoiceCodeField
from benefits.models.holding import Finding
from benefits.registers import number_bases

ALL = gettext_lazy("すべて")


class FilterForm(forms.Form):
    """Which holdings. Codes alone: nothing in the address says whose they are."""

    use_required_attribute = False

    kind = ChoiceCodeField(
        label=gettext_lazy("区分"), choices=list(holdings.KINDS.items()), blank_label=ALL, required=False
    )
    basis = ChoiceCodeField(label=gettext_lazy("根拠"), blank_label=ALL, required=False)
    source = ChoiceCodeField(
        label=gettext_lazy("入手元"), choices=list(holdings.SOURCES.items()), blank_label=ALL, required=False
    )
    state = ChoiceCodeField(
        label=gettext_lazy("状態"), choices=list(holdings.STATES.items()), blank_label=ALL, required=False
    )
    finding = ChoiceCodeField(
        label=gettext_lazy("指摘"),
        choices=Finding.choices,
        blank_label=ALL,
        required=False,
        help_text=gettext_lazy("選ぶと、ほかの条件は使われません"),
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict, or nothing
        field = self.fields["basis"]
        assert isinstance(field, ChoiceCodeField)  # noqa: S101  (declared above)
        field.choices = [("", str(ALL)), *((one.code, one.words) for one in number_bases.all_bases())]

    def conditions(self) -> holdings.Conditions:
        """Return what is asked for; whatever is not on the lists asks for nothing."""
        self.is_valid()
        return holdings.Conditions(**{name: self.cleaned_data.get(name, "") for name in self.fields})


@require_GET
@requires("mynumber.view_holdings")
def index(request: StaffRequest) -> HttpResponse:
    """Show what is held, a screenful at a time, below what was found when it was last reviewed."""
    form = FilterForm(request.GET)
    conditions = form.conditions()
    after = _place(request.GET.get("after", ""))
    rows, has_more = holdings.page(conditions, after=after, by=request.user)
    review = holdings.last_review()
    journal.record(
        events.HOLDINGS_VIEWED,
        by=request.user,
        details={"count": len(rows), "conditions": _asked(conditions)},
    )
    asked = urlencode(_asked(conditions))
    return render(
        request,
        "benefits/holdings.html",
        {
            "form": form,
            "rows": rows,
            "is_first_page": after is None,
            "first_url": f"?{asked}",
            "next_url": f"?{asked}&after={rows[-1].key}" if has_more and rows else "",
            "review": review,
            "summary": holdings.summary(review) if review else [],
            "findings": holdings.findings(review) if review else [],
            "shows_names": request.user.has_perm("benefits.view_person"),
            "today": timezone.localdate(),
        },
    )


@require_POST
@requires("mynumber.view_holdings")
@step_up.required
def export(request: StaffRequest) -> HttpResponse:
    """Hand the report out as a file that a spreadsheet opens, read while it is sent; recorded before and after."""
    conditions = FilterForm(request.POST).conditions()
    journal.record(events.HOLDINGS_EXPORTED, by=request.user, details={"conditions": _asked(conditions)})
    answer = StreamingHttpResponse(_lines(conditions, by=request.user), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="holdings-{timezone.localdate():%Y%m%d}.csv"'
    return answer  # type: ignore[return-value]  # streamed: a response like any other to the gates


def _lines(conditions: holdings.Conditions, *, by: User) -> Iterator[bytes]:
    """Yield the file line by line, and record how many holdings were handed out, also when it was broken off."""
    count, result = 0, Result.FAILED
    try:
        yield "\ufeff".encode() + _line(
            [
                _("受給者番号"),
                _("氏名"),
                _("区分"),
                _("根拠"),
                _("入手元"),
                _("状態"),
                _("版"),
                _("保有の開始"),
                _("保存期限"),
                _("指摘"),
            ]
        )
        for row in holdings.everything(conditions, by=by):
            count += 1  # before it goes out: the record may say too much, never too little
            yield _line(
                [
                    row.recipient_number,
                    row.name,
                    row.kind,
                    row.basis,
                    row.source,
                    row.state,
                    str(row.held.version),
                    timezone.localdate(row.held.since).isoformat(),
                    row.until.isoformat() if row.until else _("未定"),
                    "、".join(row.findings),
                ]
            )
        result = Result.DONE
    finally:
        journal.record(events.HOLDINGS_EXPORT_ENDED, by=by, result=result, details={"count": count})


def _line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([disarmed(cell) for cell in cells])
    return out.getvalue().encode()


def _asked(conditions: holdings.Conditions) -> dict[str, str]:
    """Return the conditions that ask for something."""
    names = ("kind", "basis", "source", "state", "finding")
    return {name: value for name in names if (value := getattr(conditions, name))}


def _place(text: str) -> tuple[UUID, int] | None:
    """Return where a page begins, or None for the first one: whatever cannot be read begins there."""
    person, _dot, version = text.partition(".")
    try:
        place = UUID(person), int(version)
    except ValueError:
        return None
    return place if 0 <= place[1] <= 2**31 - 1 else None
