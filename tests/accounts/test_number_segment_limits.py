"""A number viewer's own network narrows the number-use segment and never widens it (A1, A3)."""

from typing import Any

import pytest

from accounts.models import RoleAssignment
from accounts.roles import Role


@pytest.mark.parametrize(
    ("network", "client", "is_reached"),
    [
        ("", "10.20.1.1", True),
        ("", "192.0.2.1", False),
        ("0.0.0.0/0", "192.0.2.1", False),
        ("0.0.0.0/0", "10.20.1.1", True),
        ("10.20.30.0/24", "10.20.30.7", True),
        ("10.20.30.0/24", "10.20.31.7", False),
    ],
)
def test_numbers_are_shown_inside_both_limits_alone(
    network: str, client: str, is_reached: bool, settings: Any
) -> None:
    settings.KYUFU_NUMBER_NETWORKS = ["10.20.0.0/16"]
    given = RoleAssignment(role=Role.NUMBER_VIEWER, network=network)

    assert given.is_reached_from(client) is is_reached


def test_another_dutys_network_has_nothing_to_do_with_the_segment(settings: Any) -> None:
    settings.KYUFU_NUMBER_NETWORKS = ["10.20.0.0/16"]

    assert RoleAssignment(role=Role.MAKER, network="192.0.2.0/24").is_reached_from("192.0.2.1")
