"""Finding a record that this person may see: what exists but is hidden looks absent, and the attempt is recorded."""

from typing import TypeVar
from uuid import UUID

from django.db import models
from django.http import Http404

from accounts.models import User
from audit import journal
from audit.models import Result
from benefits import events
from benefits.models import Application, Certification, Person

Record = TypeVar("Record", Application, Certification, Person)


def visible(queryset: models.QuerySet[Record], pk: UUID, *, by: User) -> Record:
    """Return the record of ``queryset`` with this key, or raise 404; a hidden one is recorded as refused."""
    found = queryset.filter(pk=pk).first()
    if found is not None:
        return found
    model = queryset.model
    hidden = model._default_manager.filter(pk=pk).first()
    if hidden is not None:
        journal.record(
            events.HIDDEN_REQUESTED,
            by=by,
            subject=hidden.application if isinstance(hidden, Certification) else hidden,
            person_id=hidden.pk if isinstance(hidden, Person) else hidden.person_id,
            result=Result.REFUSED,
        )
    raise Http404
