"""Seals, signs and publishes what waits, as ``manage.py seal`` does, but at once and in the test's own process."""

import shutil
from contextlib import closing
from pathlib import Path

import psycopg
from django.conf import settings

from audit.sealing import anchors, batches as sealing, origins, signing
from tests.conftest import Office


def seal_all(office: Office) -> int:
    """Seal everything that is committed, sign the tree, publish the note; return how many entries the ledger has.

    The key and what was signed last are in ``settings.KYUFU_SEALER_DIR``; a nameless ledger begins with new ones,
    since the one of the test before is gone.
    """
    directory = Path(settings.KYUFU_SEALER_DIR)
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as database:
        if not origins.every(database):
            start_over()
        while sealing.seal_batch(database):
            pass
        if note := signing.sign(database, directory):
            anchors.publish(note, [Path(one) for one in settings.KYUFU_ANCHORS], database)
        size, _root = sealing.last_checkpoint(database)
    return size


def start_over() -> None:
    """Forget key, state and anchors of a ledger that is no more."""
    for directory in (settings.KYUFU_SEALER_DIR, *settings.KYUFU_ANCHORS):
        shutil.rmtree(directory, ignore_errors=True)
