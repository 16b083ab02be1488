"""People of an office that is watched."""

import pytest

from accounts.models import User
from accounts.roles import Role
from tests.factories import staff_member

SECTION = "地域保健課"


@pytest.fixture
def clerk(db: None) -> User:
    return staff_member(Role.MAKER, name="山田 美咲", section=SECTION)


@pytest.fixture
def colleague(db: None) -> User:
    return staff_member(Role.CHECKER, section=SECTION)


@pytest.fixture
def third(db: None) -> User:
    return staff_member(Role.ISSUER, section=SECTION)


@pytest.fixture
def auditor(db: None) -> User:
    return staff_member(Role.AUDITOR, section="監査課")


@pytest.fixture
def head(db: None) -> User:
    return staff_member(Role.SECTION_HEAD, section=SECTION)


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER, section="総務課")
