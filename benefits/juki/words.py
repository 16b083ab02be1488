"""What the pages say of a file and of its lines: why it is so, and the way on."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits.models.juki import RowCode

#: Why a file cannot be used at all, and what to do about it.
UNUSABLE: Mapping[str, Promise] = MappingProxyType(
    {
        "empty": _("ファイルが空です（0バイト）。端末の出力が終わっているか確かめてください。"),
        "no_lines": _("見出しのほかに行がありません。端末で抽出した件数を確かめてください。"),
        "utf16": _(
            "UTF-16（Unicodeテキスト）のファイルです。表計算ソフトで保存し直さず、端末の出力のまま使ってください。"
        ),
        "encoding": _(
            "文字コードを判定できません。CSVではないファイルか、壊れたファイルです。端末から出力し直してください。"
        ),
        "heading": _("1行目の見出しが様式と違います。様式の選択と、端末の出力項目の設定を確かめてください。"),
        "heading_encoding": _(
            "1行目を選ばれた文字コードで読めません。文字コードを選び直して、取り込み直してください。"
        ),
        "endless_line": _("行の区切りがありません（8キロバイトを超える行）。端末のファイルか確かめてください。"),
        "again": _("同じファイルがすでに取り込まれています。取込みの一覧で確かめてください。"),
        "too_large": _("ファイルが大きすぎます。端末で抽出の条件を分けて出力してください。"),
        "too_many_lines": _("行が多すぎます。端末で抽出の条件を分けて出力してください。"),
        "broken": _("受信が途中で切れました。もう一度取り込んでください。"),
        "stranded": _("保管した内容を復号できません。管理者に連絡し、ファイルを取り込み直してください。"),
    }
)

#: What is said of an applied file some of whose numbers did not open.
CLOSED = _(
    "保管した番号を復号できない行がありました。その行は除外し、番号は登録していません。管理者に連絡し、端末に要求し直してください。"
)

#: What to do with a line that a person has to look at.
WAYS_ON: Mapping[str, Promise] = MappingProxyType(
    {
        RowCode.NOBODY: _(
            "生年月日が同じで、氏名・フリガナ・住所のどれかが一致する人がいません。"
            "受給者でも、番号のない申請の受診者でもない人です。除外してください。"
        ),
        RowCode.DIFFERS: _(
            "似た人はいますが、すべては一致しません。両方を見比べ、違う項目が1つで、違いが表記だけ（外字、旧字体、番地の書き方など）の"
            "ときは、理由を選んで結び付けます。転居や改名など、内容が違うときは結び付けず、除外してください"
            "（変更の届出を先に処理し、要求し直します）。"
        ),
        RowCode.SEVERAL: _(
            "すべての情報が同じ人が2人以上いて、どの人の番号か分かりません。結び付けられません。"
            "受給者の重複を確かめ、除外してください。"
        ),
        RowCode.SAME_PERSON: _(
            "ファイルの中の2つ以上の行が、同じ人に当たります。どちらの番号が正しいか分かりません。"
            "除外し、端末で確かめて要求し直してください。"
        ),
        RowCode.OTHER: _(
            "この人には、別の個人番号が登録されています。取込みでは上書きしません。"
            "番号が変わったのか誤登録なのかを確かめ、個人番号の訂正の申請をしてから、この行を除外してください。"
        ),
        RowCode.TAKEN: _(
            "この番号は、ほかの人の番号として登録されています。どちらかが誤りです。"
            "取り込まずに除外し、所属長に報告して、端末と原本で確かめてください。"
        ),
        RowCode.DISPUTED: _("抜取りの照合で、確認者が一致しないと答えました。理由を確かめ、除外してください。"),
    }
)

#: Why two notations of the same thing may differ, by item. There is no reason that excuses another content.
REASONS: Mapping[str, Mapping[str, Promise]] = MappingProxyType(
    {
        "name": MappingProxyType(
            {
                "GAIJI": _("外字（この画面では表示できない字）"),
                "OLD_GLYPH": _("旧字体・異体字"),
                "KANA_NOTATION": _("かな・カナ、拗音・促音の大小"),
                "ROMAN": _("外国人の氏名のローマ字・漢字の併記"),
            }
        ),
        "address": MappingProxyType(
            {
                "BLOCK": _("丁目・番地・号の書き方"),
                "BUILDING": _("建物名・部屋番号の有無、書き方"),
                "OAZA": _("大字・字・郡の有無"),
                "GAIJI": _("外字（この画面では表示できない字）"),
                "RENAMED": _("町名・地番の変更（本人は移っていない）"),
            }
        ),
    }
)

ITEMS: Mapping[str, Promise] = MappingProxyType(
    {"name": _("氏名"), "birth_on": _("生年月日"), "sex": _("性別"), "address": _("住所")}
)

VERDICTS: Mapping[str, Promise] = MappingProxyType(
    {
        "": _("確認前"),
        "FREE": _("新しく登録できる番号"),
        "SAME": _("登録済みの番号と同じ（変更なし）"),
        "OTHER": _("この人は別の番号を登録済み"),
        "TAKEN": _("ほかの人の番号として登録済み"),
    }
)

BLOCKERS: Mapping[str, Promise] = MappingProxyType(
    {
        "USED": _("取込みの後に、この番号が表示・利用された"),
        "CHANGED": _("取込みの後に、番号が訂正または削除された"),
        "HELD": _("番号の削除が保留されている"),
    }
)
