"""Who somebody is: Django's password check, and nothing that grants a permission."""

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts.models import User


class PasswordBackend(BaseBackend):
    """Tell a person by sign-in id and password. What they may do is asked of their roles, not of a backend."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_other: object
    ) -> User | None:
        """Return the person, or None. An unknown id costs as much time as a wrong password."""
        if username is None or password is None:
            return None
        user = User.objects.filter(login_id=username).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """Return the person of a session, unless they have been stopped meanwhile."""
        return User.objects.filter(pk=user_id, is_active=True).first()
