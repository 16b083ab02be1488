"""Make the keys of a new KYUFU_HOME, and nothing else."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.office import keys
from mynumber import keys as number_keys


class Command(BaseCommand):
    help = "新しい KYUFU_HOME に鍵を作る（既にある鍵は変えない）"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = keys.ensure(settings.KYUFU_KEYS_DIR, data_exists=False, numbers_in_files=number_keys.keeps_files())
            if not number_keys.keeps_files():
                made += number_keys.make_first()
        except (keys.KeysMissing, number_keys.KeyUnavailableError) as missing:
            raise CommandError(str(missing)) from missing
        self.stdout.write(f"{settings.KYUFU_KEYS_DIR}: {len(made)} 個の鍵を作りました。")
