"""A sealed ledger that nobody has touched: made once, read by many."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.audit.ledger import copies
from tests.audit.ledger.copies import Copy
from tests.conftest import Office


@pytest.fixture(scope="session")
def sealed_once(office: Office, django_db_setup: None, django_db_blocker: Any) -> Iterator[Copy]:
    """A ledger in a database of its own. What a test changes there it undoes."""
    with copies.copied(office, name="ledger") as ledger:
        with django_db_blocker.unblock(), ledger.here():
            copies.fill(ledger)
        yield ledger


@pytest.fixture
def sealed(sealed_once: Copy) -> Iterator[Copy]:
    """The same, with its directories in place."""
    with sealed_once.places():
        yield sealed_once


@pytest.fixture
def reader(sealed: Copy) -> Iterator[psycopg.Connection[Any]]:
    """A connection to it as the role that serves."""
    with psycopg.connect(**sealed.office.app.as_psycopg(autocommit=True)) as connection:
        yield connection
