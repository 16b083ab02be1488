"""Passwords are hashed so that guessing is dear, and easily guessed ones are refused (A2)."""

import sys

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError

from accounts.backends import PasswordBackend
from accounts.hashers import OfficeArgon2PasswordHasher
from accounts.models import User
from tests.factories import PASSWORD, staff_member


def test_an_office_hashes_with_argon2id_in_46_mebibytes() -> None:
    hasher = OfficeArgon2PasswordHasher()

    encoded = hasher.encode(PASSWORD, hasher.salt())

    # OWASP's recommended set: m=47104 (46 MiB), t=1, p=1
    assert encoded.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")
    assert hasher.verify(PASSWORD, encoded)
    assert not hasher.verify(PASSWORD + " ", encoded)
    assert PASSWORD not in encoded
    assert hasher.encode(PASSWORD, hasher.salt()) != encoded


def test_an_office_knows_no_other_hasher_than_that() -> None:
    base = sys.modules["config.settings.base"]

    assert base.PASSWORD_HASHERS[0] == "accounts.hashers.OfficeArgon2PasswordHasher"
    assert all("rgon2" in name for name in base.PASSWORD_HASHERS)


def test_a_password_hashed_more_cheaply_is_hashed_again() -> None:
    class Cheap(OfficeArgon2PasswordHasher):
        memory_cost = 8 * 1024

    encoded = Cheap().encode(PASSWORD, Cheap().salt())

    assert OfficeArgon2PasswordHasher().must_update(encoded)
    assert identify_hasher(encoded).algorithm == "argon2"


@pytest.mark.parametrize(
    "password", ["", "short", "fourteen chars", "1q2w3e4r5t6y7u8i9o0p", "12345678901234567890", "yamada.misaki.01"]
)
def test_an_easily_guessed_password_is_refused(password: str) -> None:
    base = sys.modules["config.settings.base"]
    somebody = User(login_id="yamada.misaki", display_name="山田 美咲")

    with pytest.raises(ValidationError):
        validate_password(password, somebody, get_password_validators(base.AUTH_PASSWORD_VALIDATORS))


def test_a_long_password_is_accepted() -> None:
    validate_password(PASSWORD, User(login_id="yamada.misaki", display_name="山田 美咲"))


@pytest.mark.django_db
def test_the_backend_knows_people_by_id_and_password_and_nothing_less() -> None:
    backend, user = PasswordBackend(), staff_member()

    assert backend.authenticate(None, username=user.login_id, password=PASSWORD) == user
    for username, password in (
        (user.login_id, PASSWORD + "x"),
        (user.login_id, ""),
        (user.login_id, None),
        (None, PASSWORD),
        ("", ""),
        (user.login_id.upper(), PASSWORD),
        (str(user.pk), PASSWORD),
        (user.display_name, PASSWORD),
    ):
        assert backend.authenticate(None, username=username, password=password) is None


@pytest.mark.django_db
def test_an_account_without_a_usable_password_cannot_be_signed_in_to(superuser_connection: object) -> None:
    user = User(login_id="nobody")
    user.set_unusable_password()

    assert not user.check_password("")
    assert not user.check_password(user.password)
