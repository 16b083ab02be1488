"""The matrix of roles and permissions, and who holds what today; on paper and as a file too."""

import csv
import io
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import actions, staff_list, step_up
from accounts.http import StaffRequest
from accounts.models import RoleAssignment
from accounts.roles import CONFLICTS, HANDBOOK, PERMISSIONS, Role
from accounts.spreadsheet import disarmed
from audit import journal
from audit.gate import requires


class Holder(NamedTuple):
    """Who holds a duty today, how far and how long."""

    given: RoleAssignment
    scope: str
    period: str


@require_GET
@requires("accounts.view_role")
def matrix(request: StaffRequest) -> HttpResponse:
    """Show what each role may do, and who holds it today."""
    journal.record(actions.MATRIX_VIEWED, by=request.user)
    holders = _holders()
    return render(
        request,
        "accounts/roles.html",
        {
            "duties": [(role, duty, holders.get(role, [])) for role, duty in HANDBOOK.items()],
            "rows": [
                (words, [permission in duty.permissions for duty in HANDBOOK.values()])
                for permission, words in PERMISSIONS.items()
            ],
            "conflicts": [
                (duty.label, HANDBOOK[other].label)
                for place, (role, duty) in enumerate(HANDBOOK.items())
                for other in list(HANDBOOK)[place + 1 :]
                if frozenset((role, other)) in CONFLICTS
            ],
            "today": timezone.localdate(),
        },
    )


@require_GET
@requires("accounts.view_role")
@step_up.required
def matrix_csv(request: StaffRequest) -> HttpResponse:
    """Hand out the matrix and the holders as one file that a spreadsheet opens (UTF-8 with a byte order mark)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    count = 0
    writer.writerow([_("できること"), *(str(duty.label) for duty in HANDBOOK.values())])
    for permission, words in PERMISSIONS.items():
        writer.writerow([str(words), *("○" if permission in duty.permissions else "" for duty in HANDBOOK.values())])
    writer.writerow([])
    writer.writerow([_("役割"), _("利用者ID"), _("氏名"), _("所属"), _("範囲"), _("期間"), _("決裁番号")])
    for role, holders in _holders().items():
        for given, scope, period in holders:
            number = given.proposal.decision_number if given.proposal else ""
            cells = [
                str(HANDBOOK[role].label),
                given.user.login_id,
                given.user.display_name,
                given.user.section,
                scope,
                period,
                number,
            ]
            writer.writerow([disarmed(cell) for cell in cells])
            count += 1
    journal.record(actions.MATRIX_EXPORTED, by=request.user, details={"count": count})
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="roles-{timezone.localdate():%Y%m%d}.csv"'
    return answer


def _holders() -> dict[Role, list[Holder]]:
    """Return who holds each duty today, people who cannot sign in left out."""
    today = timezone.localdate()
    found: dict[Role, list[Holder]] = {role: [] for role in HANDBOOK}
    given = RoleAssignment.objects.select_related("user", "proposal").order_by("user__section", "user__login_id", "pk")
    for one in given:
        if one.is_current(on=today) and one.user.may_sign_in:
            row = staff_list.right_row(one, today=today)
            found[Role(one.role)].append(Holder(one, row.scope, row.period))
    return found
