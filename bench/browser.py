"""An auditor of the office who asks the search page, through the whole application but without a network between."""

import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client


@cache
def _signed_in() -> "Client":
    """Return a browser in which one of the office's auditors gave password and code a moment ago."""
    from django.test import Client
    from django.utils import timezone
    from django_otp import DEVICE_ID_SESSION_KEY

    from accounts import sign_in
    from accounts.models import CodeDevice, StaffSession
    from accounts.roles import Role

    device = CodeDevice.objects.filter(user__role_assignments__role=Role.AUDITOR, confirmed=True).first()
    if device is None:
        raise RuntimeError("the office has no auditor")
    browser, now = Client(SERVER_NAME="localhost"), timezone.now()
    browser.force_login(device.user, backend=sign_in.BACKEND)
    session = browser.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    StaffSession.objects.create(
        user=device.user,
        session_key=session.session_key,
        factor="codedevice",
        began_at=now,
        last_used_at=now,
        factor_used_at=now,
    )
    return browser


def search(typed: Mapping[str, Any]) -> float:
    """Send the conditions, follow to the page of answers, and return how many milliseconds both took."""
    browser = _signed_in()
    began = time.perf_counter()
    answer = browser.post("/audit/", typed, follow=True)
    took = (time.perf_counter() - began) * 1000
    # conditions that are refused are answered at once, without the address of a list
    if answer.status_code != 200 or not answer.redirect_chain:
        raise RuntimeError(f"the search page answered {answer.status_code} to {', '.join(typed)}")
    return took
