"""Who somebody is: Django's password check, and nothing that grants a permission."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils import timezone

from accounts import passwords
from accounts.models import User


class PasswordBackend(BaseBackend):
    """Tell a person by sign-in id and password. What they may do is asked of their roles, not of a backend."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_other: object
    ) -> User | None:
        """Return the person, or None. Whatever the reason, it costs one look at a password, and says nothing.

        Unknown, stopped, past its last day, a temporary password not used in time: as a wrong password, all of them.
        """
        if username is None or password is None:
            return None
        user = User.objects.filter(login_id=username).first()
        if user is None or len(password) > passwords.LONGEST_TYPED:
            make_password(password[: passwords.LONGEST_TYPED])
            return None
        is_right = user.check_password(password)
        is_let_in = user.may_sign_in and not passwords.is_temporary_over(user, timezone.now())
        return user if is_right and is_let_in else None

    def get_user(self, user_id: int) -> User | None:
        """Return the person of a session, unless they have been stopped meanwhile."""
        return User.objects.filter(pk=user_id, is_active=True).first()
