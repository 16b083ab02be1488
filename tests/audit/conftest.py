"""Entries to search among, and somebody who may."""

import os
import uuid
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event
from tests import ledger
from tests.factories import signed_in, staff_member

#: Long forms of tests run when this is asked for (docs/security.md).
IS_FULL = os.environ.get("KYUFU_TEST_MODEL") == "full"
#: Any action that an app declares.
SAVED = "benefits.application.saved"
SUBMITTED = "benefits.application.submitted"
VIEWED = "benefits.person.viewed"


def happened(action: str = SAVED, *, by: User | None = None, label: str = "", **parts: Any) -> Event:
    """Write an entry, with ``label`` as what it is about when there is one."""
    if label:
        parts["subject"] = journal.Subject(kind="benefits.application", id=str(uuid.uuid4()), label=label)
    return journal.record(action, by=by, **parts)


def set_time(superuser: psycopg.Connection[Any], event: Event, at: datetime) -> None:
    """Date an entry otherwise than the database did: only a superuser can, and only with the triggers off."""
    ledger.backdate(superuser, event.pk, at)


@pytest.fixture
def misaki(db: None) -> User:
    return staff_member(Role.MAKER, login_id="yamada", name="山田 美咲")


@pytest.fixture
def auditor(db: None) -> User:
    return staff_member(Role.AUDITOR)


@pytest.fixture
def auditors_client(client: Client, auditor: User) -> Client:
    return signed_in(client, auditor)
