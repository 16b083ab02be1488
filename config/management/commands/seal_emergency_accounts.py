"""Make the two emergency accounts, or seal them anew, and print what goes into the two envelopes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import emergency
from config.office.owner import speak_as_owner


class Command(BaseCommand):
    help = "非常用アカウント2つを作る（または封印し直す）。封筒に入れる内容を1回だけ表示する"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        speak_as_owner("kyufu-seal")
        try:
            envelopes = emergency.seal(at=timezone.now())
        except ValueError as error:
            raise CommandError("非常用アカウントの利用者IDが、ほかの人に使われています。") from error
        for number, envelope in enumerate(envelopes, start=1):
            self.stdout.write(f"==== 封筒 {number} ／ {len(envelopes)} ====")
            self.stdout.write("利用者管理者が2人とも使えないときにだけ、2人で開けてください。")
            self.stdout.write(f"利用者ID      {envelope.login_id}")
            self.stdout.write(f"パスワード    {envelope.password}")
            self.stdout.write("回復コード（確認コードのかわりに、1つを1回だけ使う）")
            for code in envelope.recovery_codes:
                self.stdout.write(f"  [ ] {code}")
            self.stdout.write("")
        self.stdout.write(
            "1枚ずつ別の封筒に入れて封をし、別の2人が、別の場所に保管してください。この内容は二度と表示されません。"
        )
        self.stdout.write("使った後は、もう一度このコマンドで封印し直してください。前の封筒は使えなくなりました。")
