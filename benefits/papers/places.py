"""Places and boxes, made and closed by the records keepers. None is ever changed or taken away."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from benefits import events
from benefits.models import Box, Place
from benefits.papers import codes, duties
from benefits.papers.steps import Refused, step


def open_place(*, by: User, site: str, room: str, cabinet: str, lock: str, is_staff_only: bool) -> Place:
    """Put a new place on the register."""
    with step("place_opened", by=by):
        _refuse_unless_keeper(by)
        place = Place(
            code=codes.draw(codes.PLACE, 1)[0],
            site=site,
            room=room,
            cabinet=cabinet,
            lock=lock,
            is_staff_only=is_staff_only,
            made_by=by,
        )
        place.save(force_insert=True)
        journal.record(events.PLACE_OPENED, by=by, subject=place)
    return place


def close_place(place_id: UUID, *, by: User) -> Place:
    """Close a place that is empty. Its papers' history goes on naming it."""
    place = Place.objects.get(pk=place_id)
    with step("place_closed", by=by, subject=place):
        _refuse_unless_keeper(by)
        place.closed_by, place.closed_at = by, timezone.now()
        place.save(update_fields=["closed_by", "closed_at"])
        journal.record(events.PLACE_CLOSED, by=by, subject=place)
    return place


def open_box(place: Place, *, by: User) -> Box:
    """Put a new, empty box on the register, at the place where it stands."""
    with step("box_opened", by=by, subject=place):
        _refuse_unless_keeper(by)
        box = Box(code=codes.draw(codes.BOX, 1)[0], place=place, made_by=by)
        box.save(force_insert=True)
        journal.record(events.BOX_OPENED, by=by, subject=box)
    return box


def close_box(box_id: UUID, *, by: User) -> Box:
    """Take an empty box out of use."""
    box = Box.objects.select_related("place").get(pk=box_id)
    with step("box_closed", by=by, subject=box):
        _refuse_unless_keeper(by)
        if box.is_closed:
            raise Refused("box_is_closed", _("この箱は、すでに使い終わっています。"))
        box.closed_by, box.closed_at = by, timezone.now()
        box.save(update_fields=["closed_by", "closed_at"])
        journal.record(events.BOX_CLOSED, by=by, subject=box)
    return box


def _refuse_unless_keeper(by: User) -> None:
    if not by.has_perm(duties.KEEP):
        raise Refused("not_permitted", _("保管場所と箱は、保存・鍵管理者が登録します。"))
