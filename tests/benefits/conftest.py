"""The people of a small office: two of each duty where one would be alone with it."""

import pytest

from accounts.models import User
from accounts.roles import Role
from tests.factories import staff_member


@pytest.fixture
def maker(db: None) -> User:
    return staff_member(Role.MAKER)


@pytest.fixture
def other_maker(db: None) -> User:
    return staff_member(Role.MAKER)


@pytest.fixture
def checker(db: None) -> User:
    return staff_member(Role.CHECKER)


@pytest.fixture
def other_checker(db: None) -> User:
    return staff_member(Role.CHECKER)


@pytest.fixture
def contractor(db: None) -> User:
    return staff_member(Role.CONTRACT_MAKER)


@pytest.fixture
def viewer(db: None) -> User:
    return staff_member(Role.NUMBER_VIEWER)
