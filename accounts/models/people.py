"""Members of staff."""

import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import HANDBOOK, Role, permissions_of
from accounts.scopes import Reach


class UserManager(BaseUserManager["User"]):
    """Finds people by what they sign in with. There is nothing here that makes somebody all-powerful."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(login_id=username)


class MustChange(models.TextChoices):
    """Why a password must be changed before anything else, apart from its age."""

    FIRST = "FIRST", _("初めてのサインイン")
    RESET = "RESET", _("再設定の後")
    COMPROMISED = "COMPROMISED", _("漏えいのおそれ")


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]  # django-otp's Device ships no types
    """A member of staff.

    There is no superuser and no permission outside the roles: what somebody may do is what their roles say
    (``accounts.roles``), and nothing lifts the rules on top of that. The database takes a change of who somebody is
    only with an approved proposal (migration 0004).
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
    valid_until = models.DateField(_("利用できる最後の日"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("停止日時"), null=True, blank=True)
    is_emergency = models.BooleanField(_("非常用"), default=False, db_default=False)

    password_changed_at = models.DateTimeField(_("パスワードの変更日時"), null=True, blank=True)
    must_change_password = models.CharField(
        _("パスワードの変更が必要な理由"), max_length=20, choices=MustChange, blank=True, default="", db_default=""
    )
    temporary_until = models.DateTimeField(_("仮パスワードの期限"), null=True, blank=True)
    #: Digest of the one-time code on the enrolment slip ("" = none is out), and until when it may be used.
    enrolment_digest = models.CharField(_("登録コードの指紋"), max_length=64, blank=True, default="", db_default="")
    enrolment_until = models.DateTimeField(_("登録コードの期限"), null=True, blank=True)
    #: What a security key calls this person: it says nothing about them (WebAuthn, 14.6.1).
    key_handle = models.UUIDField(
        _("セキュリティキーでの呼び名"),
        default=uuid.uuid4,
        db_default=models.Func(function="gen_random_uuid"),
        unique=True,
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "login_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        verbose_name = _("利用者")
        verbose_name_plural = _("利用者")
        default_permissions = ()
        indexes = [models.Index(name="person_by_section", fields=["section", "login_id"])]
        constraints = [
            models.CheckConstraint(
                name="password_change_reason_is_known", condition=Q(must_change_password__in=["", *MustChange.values])
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    @cached_property
    def rights(self) -> tuple["RoleAssignment", ...]:  # type: ignore[name-defined]  # noqa: F821
        """What this person has been given that is in force today and where they sit; looked up once per object."""
        if not self.pk or not self.may_sign_in:
            return ()
        today = timezone.localdate()
        return tuple(given for given in self.role_assignments.all() if given.is_in_force(on=today))

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """The duties this person holds here and now, in the handbook's order."""
        held = {given.role for given in self.rights}
        return tuple(role for role in HANDBOOK if role in held)

    @property
    def role_labels(self) -> str:
        """The duties' names as the record and the page header show them."""
        return "・".join(str(HANDBOOK[role].label) for role in self.roles)

    @property
    def role_codes(self) -> str:
        """The duties as the record keeps them: their codes, with commas."""
        return ",".join(self.roles)

    @property
    def label(self) -> str:
        """What the record calls this person when something is done to them."""
        return self.login_id

    @property
    def may_sign_in(self) -> bool:
        """Say whether the account is neither stopped nor past its last day."""
        return self.is_active and (self.valid_until is None or timezone.localdate() <= self.valid_until)

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """Say whether one of this person's roles allows ``permission``; a stopped account is allowed nothing."""
        return self.is_active and permission in permissions_of(self.roles)

    def has_perms(self, permissions: Iterable[str], obj: object = None) -> bool:
        """Say whether all of ``permissions`` are allowed."""
        return all(self.has_perm(permission) for permission in permissions)

    def reach(self, permission: str) -> list[Reach]:
        """Return how far ``permission`` goes for this person: an office and a programme each, "" for all of them."""
        return [
            Reach(office=given.office, programme=given.programme)
            for given in self.rights
            if permission in HANDBOOK[Role(given.role)].permissions
        ]

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether the password is right, without writing a fresher hash."""
        return check_password(raw_password, self.password)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("people are stopped, never deleted: the record speaks of them")
