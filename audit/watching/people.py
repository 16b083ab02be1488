"""Who may look at what was found, and who may answer it: by right, by section, and never about oneself."""

from typing import Final, Protocol

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.models import Hit, SampledView
from audit.watching.refusals import Refusal

WATCH: Final = "audit.watch"
#: Whoever may read the whole record watches the whole office; others with :data:`WATCH` watch their own section.
ALL: Final = "audit.view_event"
CHANGE_RULES: Final = "audit.change_rule"

#: Duties that watch or rule over others: what is found about them goes to another duty or another section.
WATCHERS: Final = frozenset({"AUDITOR", "SECTION_HEAD", "USER_ADMINISTRATOR", "RECORDS_KEEPER"})


class Reader(Protocol):
    """A member of staff who looks: what they may, where they sit, and what they are."""

    @property
    def pk(self) -> int: ...

    @property
    def display_name(self) -> str: ...

    @property
    def role_codes(self) -> str: ...

    @property
    def section(self) -> str: ...

    def has_perm(self, perm: str, obj: object = None) -> bool: ...


def sees_all(by: Reader) -> bool:
    """Say whether ``by`` watches the whole office."""
    return by.has_perm(WATCH) and by.has_perm(ALL)


def within_reach(by: Reader) -> Q:
    """Return which hits ``by`` may see: all, or of their section and of those who watch; none about themselves."""
    if not by.has_perm(WATCH):
        return Q(pk__in=[])
    others = ~Q(people__contains=[by.pk])
    if sees_all(by):
        return others
    return others & (Q(section=by.section) | Q(is_of_watchers=True)) & ~Q(section="", is_of_watchers=False)


def why_not_answer(hit: Hit, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not say what came of ``hit``, or None when they may."""
    if not by.has_perm(WATCH):
        return Refusal("not_permitted", _("気になる操作を確認する権限がありません。"))
    if by.pk in hit.people:
        return Refusal("about_oneself", _("自分に関わるものは、自分では確認できません。"))
    if hit.is_of_watchers:
        shared = WATCHERS & _codes(hit.actor_roles) & _codes(by.role_codes)
        if shared and hit.section == by.section:
            return Refusal(
                "same_office", _("同じ所属・同じ役割の人に関わるものは、ほかの所属か、ほかの役割の人が確認します。")
            )
    elif not sees_all(by) and (not by.section or hit.section != by.section):
        return Refusal("other_section", _("ほかの所属のものは確認できません。"))
    if hit.state == "EXPLAINED":
        return Refusal("settled", _("確認は終わっています。"))
    return None


def why_not_answer_sample(view: SampledView, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not answer a sampled view, or None when they may."""
    if not by.has_perm(WATCH):
        return Refusal("not_permitted", _("抜き取られた閲覧を確認する権限がありません。"))
    if by.pk == view.actor_id:
        return Refusal("about_oneself", _("自分の閲覧は、自分では確認できません。"))
    if not sees_all(by) and (not by.section or view.sample.section != by.section):
        return Refusal("other_section", _("ほかの所属のものは確認できません。"))
    if view.verdict:
        return Refusal("settled", _("確認は終わっています。"))
    return None


def _codes(roles: str) -> frozenset[str]:
    return frozenset(code for code in roles.split(",") if code)
