"""The people who use the system, their duties, and the devices that make their one-time codes."""

from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin

from accounts.roles import HANDBOOK, Role, permissions_of


class UserManager(BaseUserManager["User"]):
    """Finds people by what they sign in with. There is nothing here that makes somebody all-powerful."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(login_id=username)


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]  # django-otp's Device ships no types
    """A member of staff.

    There is no superuser and no permission outside the roles: what somebody may do is what their roles say
    (``accounts.roles``), and nothing lifts the rules on top of that.
    """

    id = models.BigAutoField(primary_key=True)
    login_id = models.CharField(
        _("利用者ID"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"\A[a-z][a-z0-9._-]{2,39}\Z", _("半角の英小文字で始まる3〜40文字で入力してください。"))
        ],
    )
    display_name = models.CharField(_("氏名"), max_length=60)
    section = models.CharField(_("所属"), max_length=60, blank=True)
    is_active = models.BooleanField(_("有効"), default=True)
    joined_at = models.DateTimeField(_("登録日時"), db_default=Now())

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "login_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        verbose_name = _("利用者")
        verbose_name_plural = _("利用者")
        default_permissions = ()

    def __str__(self) -> str:
        return f"user {self.pk}"

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """The duties this person holds, in the handbook's order; looked up once per object."""
        held = {given.role for given in self.role_assignments.all()} if self.pk else set()
        return tuple(role for role in HANDBOOK if role in held)

    @property
    def role_labels(self) -> str:
        """The duties' names as the record and the page header show them."""
        return "・".join(str(HANDBOOK[role].label) for role in self.roles)

    @property
    def label(self) -> str:
        """What the record calls this person when something is done to them."""
        return self.login_id

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """Say whether one of this person's roles allows ``permission``; a stopped account is allowed nothing."""
        return self.is_active and permission in permissions_of(self.roles)

    def has_perms(self, permissions: Iterable[str], obj: object = None) -> bool:
        """Say whether all of ``permissions`` are allowed."""
        return all(self.has_perm(permission) for permission in permissions)

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether the password is right, without writing a fresher hash: the serving role may not write one."""
        return check_password(raw_password, self.password)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("people are stopped, never deleted: the record speaks of them")


class RoleAssignment(models.Model):
    """That a person has been given a duty."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_assignments", verbose_name=_("利用者"))
    role = models.CharField(_("役割"), max_length=30, choices=[(role.value, role.name) for role in Role])
    given_at = models.DateTimeField(_("付与日時"), db_default=Now())

    class Meta:
        verbose_name = _("役割の付与")
        verbose_name_plural = _("役割の付与")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="role_is_given_once", fields=["user", "role"]),
            models.CheckConstraint(name="role_is_known", condition=Q(role__in=[role.value for role in Role])),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class PasswordAttempts(models.Model):
    """How many passwords have been tried for an account since somebody last signed in (``accounts.attempts``)."""

    account = models.CharField(_("利用者IDの指紋"), max_length=64, primary_key=True)
    tries = models.PositiveSmallIntegerField(_("試行の回数"))
    last_at = models.DateTimeField(_("最後の試行"))

    class Meta:
        verbose_name = _("パスワードの試行")
        verbose_name_plural = _("パスワードの試行")
        default_permissions = ()

    def __str__(self) -> str:
        return f"attempts {self.account[:8]}"


class CodeDevice(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp ships no types
    """A person's authenticator. Its seed is sealed, and each code opens a door once.

    ``last_step`` is the 30-second step (RFC 6238) of the newest code accepted: nothing up to it is accepted
    again, whichever page asks. ``accounts.one_time_codes`` does the checking.
    """

    sealed_seed = models.BinaryField(_("種（暗号化）"))
    last_step = models.BigIntegerField(_("最後に使ったコードの時刻"), default=-1)

    class Meta:
        verbose_name = _("確認コードの機器")
        verbose_name_plural = _("確認コードの機器")
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="person_has_one_code_device", fields=["user"])]

    def __str__(self) -> str:
        return f"code device {self.pk}"

    def get_throttle_factor(self) -> float:
        """Seconds to wait after the first wrong code; each further one doubles the wait."""
        return 0.25
