"""Take on the office's first two user administrators, who take on everybody else."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import staff
from config.office.owner import speak_as_owner


class Command(BaseCommand):
    help = "最初の利用者管理者2人を登録する。利用者管理者がいないときにだけ使える"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        for number in ("1", "2"):
            parser.add_argument(f"login{number}", help=f"{number}人目の利用者ID")
            parser.add_argument(f"name{number}", help=f"{number}人目の氏名")
            parser.add_argument(f"section{number}", help=f"{number}人目の所属")

    def handle(self, *args: Any, **options: Any) -> None:
        speak_as_owner("kyufu-hire")
        people = [
            (options[f"login{number}"], options[f"name{number}"], options[f"section{number}"]) for number in ("1", "2")
        ]
        try:
            sheets = staff.hire_first_administrators(people, at=timezone.now())
        except staff.NotTheFirstError as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for sheet in sheets:
            self.stdout.write("==== 本人に渡す用紙 ====")
            self.stdout.write(f"利用者ID      {sheet.login_id}")
            self.stdout.write(f"仮パスワード  {sheet.password}")
            self.stdout.write(f"登録コード    {sheet.enrolment_code}")
            self.stdout.write(f"使える期限    {timezone.localtime(sheet.valid_until):%Y-%m-%d %H:%M}")
            self.stdout.write("")
        self.stdout.write(
            "1枚ずつ本人に渡してください。この内容は二度と表示されません。"
            "サインインしたら、パスワードの変更と確認手段の登録を求められます。"
        )
        self.stdout.write("続けて manage.py seal_emergency_accounts で、非常用アカウントを封印してください。")
