"""An office whose keys are with one kind of provider after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mynumber import keys
from mynumber.keys import KeyProvider
from tests.mynumber.keys.kits import KITS, Kit, SoftHsmKit, VaultKit, office_with


@pytest.fixture(params=sorted(KITS))
def kit(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Kit]:
    """One kind of provider after the other, with key 1 and the index key."""
    with office_with(request.param, tmp_path, settings) as found:
        yield found


@pytest.fixture
def provider(kit: Kit) -> KeyProvider:
    return keys.provider()


@pytest.fixture
def hsm(tmp_path: Path, settings: Any) -> Iterator[SoftHsmKit]:
    with office_with("pkcs11", tmp_path, settings) as found:
        yield found  # type: ignore[misc]


@pytest.fixture
def vault_server(tmp_path: Path, settings: Any) -> Iterator[VaultKit]:
    with office_with("vault", tmp_path, settings) as found:
        yield found  # type: ignore[misc]
