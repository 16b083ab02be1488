"""People who sign in, step by step as a browser does."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.conftest import Office
from tests.factories import PASSWORD, fresh_code, staff_member

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"


@pytest.fixture
def user(db: None) -> User:
    """Somebody with an id and a password, and no duties."""
    return staff_member()


@pytest.fixture
def stop(superuser_connection: psycopg.Connection[Any]) -> Callable[[User], None]:
    """What stops an account, as its administrator would."""

    def stopped(somebody: User) -> None:
        superuser_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [somebody.pk])

    return stopped


@pytest.fixture
def as_owner(office: Office, transactional_db: None) -> Callable[[], AbstractContextManager[None]]:
    """A block in which Django writes as the database's owner, who alone may hire."""

    @contextmanager
    def block() -> Iterator[None]:
        serving = connections["default"]
        own = type(serving)({**serving.settings_dict, **office.owner.as_django(application_name="kyufu-test")})
        connections["default"] = own
        try:
            yield
        finally:
            connections["default"] = serving
            own.close()

    return block


def give_password(client: Client, login_id: str, password: str = PASSWORD) -> HttpResponse:
    """Take the first step."""
    return client.post(SIGN_IN, {"login_id": login_id, "password": password})  # type: ignore[return-value]


def give_code(client: Client, code: str) -> HttpResponse:
    """Take the second step."""
    return client.post(CODE, {"code": code})  # type: ignore[return-value]


def sign_in(client: Client, user: User) -> HttpResponse:
    """Take both."""
    assert give_password(client, user.login_id)["Location"] == CODE
    return give_code(client, fresh_code(user))


def is_signed_in(client: Client) -> bool:
    """Say whether the server knows the browser: by asking for a page, not by looking into the session."""
    return not client.get(reverse("benefits:home")).get("Location", "").startswith(SIGN_IN)
