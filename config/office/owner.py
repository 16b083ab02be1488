"""For commands that do not serve: speaking to the database as the role that owns the tables, or that seals."""

from django.conf import settings
from django.db import connection

from config.office import databases


def speak_as_owner(application_name: str) -> None:
    """Let this process's connection lead to the owner, unless it was started as the owner already."""
    if settings.DATABASE_ROLE == "app":
        connection.close()
        connection.settings_dict.update(
            databases.owner(settings.KYUFU_HOME).as_django(application_name=application_name)
        )


def speak_as_sealer() -> None:
    """Let this process's connection lead to the role that seals the record, unless it was started as that."""
    if settings.DATABASE_ROLE == "app":
        connection.close()
        connection.settings_dict.update(
            databases.sealer(settings.KYUFU_HOME).as_django(application_name="kyufu-sealer")
        )
