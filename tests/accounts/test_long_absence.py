"""How long somebody was away counts from when they left, not from when their browser is next heard of (A4)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession
from accounts.roles import Role
from tests.factories import PASSWORD, fresh_code, signed_in, staff_member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("hours", "takes_factor"), [(0.5, False), (1.2, False), (1.3, True), (8, True)])
def test_a_silent_browser_is_asked_for_a_factor_after_a_long_absence(hours: float, takes_factor: bool) -> None:
    user = staff_member(Role.MAKER)
    client = signed_in(Client(), user)
    away_since = timezone.now() - timedelta(hours=hours)
    StaffSession.objects.filter(user=user).update(last_used_at=away_since, began_at=away_since)

    assert client.get(reverse("benefits:home"))["Location"].startswith(reverse("accounts:lock"))
    client.post(reverse("accounts:unlock"), {"password": PASSWORD})

    is_open = client.get(reverse("benefits:home")).status_code == 200
    assert is_open is not takes_factor
    if takes_factor:
        client.post(reverse("accounts:unlock"), {"password": PASSWORD, "code": fresh_code(user)})
        assert client.get(reverse("benefits:home")).status_code == 200
