"""What the rules are called and what each finding says: data into Japanese sentences, without a name in them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import vocabulary

#: Why the office's work explains a view of a person: the first that holds is written into the entry.
EXPLANATIONS: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "E1": _("自分が担当する処理中の申請がある"),
        "E2": _("30日以内に自分が扱った、担当の範囲の申請がある"),
        "E3": _("今日受け付けた申請が、自分の一覧にある"),
        "E4": _("自分の承認・判断を待つものがある"),
        "E5": _("住基ネットの照合で、要確認の行がある"),
        "E6": _("30分以内に窓口・電話などの連絡の記録がある"),
        "E0": _("業務からは説明できない"),
    },
)

#: Each rule's name, and what it watches for.
_RULES: Final[Mapping[str, tuple[Promise, Promise]]] = MappingProxyType(
    {
        "W1": (_("説明のつかない個人番号の表示"), _("申請も連絡の記録もないのに、個人番号が表示された。")),
        "W2": (_("保護された人の閲覧"), _("DV等の支援措置、職員、公職などで保護された人の記録が開かれた。")),
        "W3": (_("本人・関係のある人の閲覧"), _("職員が、自分や、届け出た家族、同じ姓で近くに住む人の記録を開いた。")),
        "W4": (_("1人に集まる閲覧"), _("申請の動いていない1人の記録を、何人もの職員が続けて開いた。")),
        "W5": (_("閲覧の量"), _("1人の職員が、ふだんや周りよりずっと多くの人の記録を開いた。")),
        "W6": (_("のぞき見"), _("氏名で探して次々に開き、そのあと何も処理していない。")),
        "W7": (_("時間外の閲覧"), _("開庁時間の外や休日に、時間外勤務の登録なしに閲覧した。")),
        "W8": (_("くり返す閲覧"), _("処理していない同じ人の記録を、何日も開いた。")),
        "W9": (_("権限の使い方の変化"), _("初めての表示、久しぶりの表示、異動・退職の前の表示、見慣れない端末。")),
        "W10": (_("書き出しの量"), _("ふだんよりずっと多くの行、または個人番号を含むファイルが書き出された。")),
        "W11": (_("形だけの承認"), _("読む時間のない承認、1人に偏る承認、まとめての承認。")),
        "W12": (_("中身のない理由"), _("同じ文のくり返し、短すぎる理由、でたらめな文字の理由。")),
        "W13": (
            _("見る側の人の操作"),
            _("監査・利用者管理などの人による閲覧、1人の職員を調べる検索、規則や保護の変更。"),
        ),
        "W14": (_("記録の異常"), _("操作記録の封印・検証・復号の異常。")),
        "W15": (_("番号による検索の空振り"), _("個人番号による検索が、続けて外れている。")),
        "W16": (_("架空の受給者の閲覧"), _("業務では決して使わない架空の受給者の記録が開かれた。")),
    },
)

#: What each threshold is called.
_THRESHOLDS: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "with_others_cases": _("ほかの人の処理中のものがある表示も知らせる（1＝はい）"),
        "explained_too": _("担当・承認待ちの閲覧も知らせる（1＝はい）"),
        "surname_and_block": _("同じ姓・同じ郵便番号の人も知らせる（1＝はい）"),
        "viewers": _("職員の人数（人以上）"),
        "days": _("日数（日）"),
        "per_day": _("1日の人数（人を超える）"),
        "own_median_times": _("自分のふだん（中央値）の倍数（倍を超える）"),
        "team_p95_times": _("所属の多い人（上位5%）の倍数（倍を超える）"),
        "per_minute": _("1分の件数（件を超える）"),
        "per_hour": _("1時間の人数（人を超える）"),
        "people": _("受給者の人数（人以上）"),
        "minutes": _("時間（分以内）"),
        "work_within_minutes": _("処理があるはずの時間（分以内）"),
        "opens_minute": _("開庁（0時からの分。450＝7:30）"),
        "closes_minute": _("閉庁（0時からの分。1200＝20:00）"),
        "within_days": _("期間（日以内）"),
        "first_reveal": _("初めての表示を知らせる（1＝はい）"),
        "idle_days": _("使わなかった日数（日以上）"),
        "before_leaving_days": _("異動・退職の前（日以内）"),
        "new_terminal_days": _("端末を見なかった日数（日）"),
        "two_terminals_minutes": _("2つの端末の同時使用（分以内）"),
        "rows": _("行数（行を超える）"),
        "seconds_open": _("開いてから承認まで（秒未満）"),
        "share_percent": _("1人への偏り（%を超える）"),
        "of_items": _("偏りを見る件数（件）"),
        "same_reason": _("同じ理由（月に回以上）"),
        "shortest": _("理由の長さ（文字未満）"),
        "misses": _("外れた回数（回を超える）"),
    },
)

#: Findings in words, by rule and kind.
_SENTENCES: Final[Mapping[tuple[str, str], Promise]] = MappingProxyType(
    {
        ("W1", ""): _(
            "担当する申請・待ち行列・連絡の記録のどれもないのに、個人番号を表示しました。"
            "述べられた目的と理由を読み、必要だったかを確かめてください。"
        ),
        ("W2", ""): _("保護された人の記録を開きました。支援措置の相手方との関係と、閲覧の必要を確かめてください。"),
        ("W3", "SELF"): _("自分自身の記録を開きました。本人の申請は、ほかの職員が扱っているかを確かめてください。"),
        ("W3", "DECLARED"): _("関係があると届け出た人の記録を開きました。担当を替わったかを確かめてください。"),
        ("W3", "SURNAME"): _("同じ姓で郵便番号が同じ人の記録を開きました。家族や親族でないかを確かめてください。"),
        ("W4", ""): _(
            "{days}日間で{viewers}人が、申請の動いていない受給者の記録を開きました。"
            "報道や問合せなどのきっかけと、それぞれの閲覧の必要を確かめてください。"
        ),
        ("W5", "DAY"): _(
            "1日に{people}人の記録を開きました（めやす{limit}人）。処理した申請の数と見合うかを確かめてください。"
        ),
        ("W5", "MINUTE"): _(
            "1分間に{people}人の記録を開きました（めやす{limit}人）。読まずに開いた目的を確かめてください。"
        ),
        ("W5", "HOUR"): _(
            "1時間に{people}人の記録を開きました（めやす{limit}人）。持ち出しのための閲覧でないかを確かめてください。"
        ),
        ("W6", ""): _(
            "氏名で探してから{minutes}分間に{people}人の記録を開き、そのあと{work_within_minutes}分間、入力も印刷も承認も"
            "していません。何を調べていたかを確かめてください。"
        ),
        ("W7", "HOURS"): _(
            "{time}に、時間外勤務の登録なしに受給者の記録を開きました。勤務の命令の有無を確かめてください。"
        ),
        ("W7", "HOLIDAY"): _(
            "休日の{time}に、時間外勤務の登録なしに受給者の記録を開きました。勤務の命令の有無を確かめてください。"
        ),
        ("W8", ""): _(
            "{within_days}日間に{days}日、自分が処理していない同じ受給者の記録を開きました。"
            "個人的な関心による閲覧でないかを確かめてください。"
        ),
        ("W9", "FIRST"): _("個人番号を初めて表示しました。番号閲覧者としての担当が始まっているかを確かめてください。"),
        ("W9", "IDLE"): _("{days}日ぶりに個人番号を表示しました。本人の操作か、権限がまだ必要かを確かめてください。"),
        ("W9", "LEAVING"): _(
            "異動・退職の{days}日前に個人番号を表示しました。引継ぎに必要な表示かを確かめてください。"
        ),
        ("W9", "TERMINAL"): _("これまで使っていない端末から個人番号を表示しました。本人の操作かを確かめてください。"),
        ("W9", "TWO"): _(
            "{minutes}分以内に2つの端末から操作しました。本人の操作か、共用していないかを確かめてください。"
        ),
        ("W10", "ROWS"): _(
            "{rows}行を書き出しました（めやす{limit}行）。使いみち、保管場所、消去の予定を確かめてください。"
        ),
        ("W10", "NUMBERS"): _(
            "個人番号に関わるファイルを書き出しました（{rows}件）。渡した先と、手元に残っていないことを確かめてください。"
        ),
        ("W11", "FAST"): _("申請を開いて{seconds}秒で承認しました。原本と照合したかを確かめてください。"),
        ("W11", "SHARE"): _(
            "1人の入力者の直近{of}件のうち{share}%を、同じ確認者が承認しています。確認が形だけになっていないかを確かめてください。"
        ),
        ("W11", "BURST"): _("1分間に{count}件を承認しました。1件ずつ照合したかを確かめてください。"),
        ("W12", "SAME"): _("この月に、同じ文の理由を{count}回使いました。実際の理由を本人に確かめてください。"),
        ("W12", "SHORT"): _("理由が{shortest}文字に足りません。実際の理由を本人に確かめてください。"),
        ("W12", "KEYS"): _("理由が意味のない文字の並びです。実際の理由を本人に確かめてください。"),
        ("W13", "VIEW"): _(
            "監査・管理の役割の人が、受給者の記録を開きました。監査や相談のどの件のためかを確かめてください。"
        ),
        ("W13", "SEARCH"): _("1人の職員に絞って操作記録を調べました。監査のどの件のためかを確かめてください。"),
        ("W13", "RULE"): _("気になる操作の規則が変わりました。見えなくなるものがないかを確かめてください。"),
        ("W13", "PROTECTION"): _("受給者の保護が解かれました。支援措置の終了の通知があるかを確かめてください。"),
        ("W14", "FAULT"): _(
            "操作記録に異常が見つかりました（{words}）。検証の画面で位置を確かめ、監査担当と管理者に知らせてください。"
        ),
        ("W14", "TROUBLE"): _("操作記録の封印が正常に動いていません（{words}）。封印の状態を確かめてください。"),
        ("W14", "EVENT"): _("{action}がありました。鍵の状態と、その時刻の操作を確かめてください。"),
        ("W15", ""): _(
            "{minutes}分間に、個人番号による検索が{count}回外れました。番号を当てようとしていないか、"
            "書類の番号の読み違いでないかを確かめてください。"
        ),
        ("W16", ""): _(
            "業務では使わない架空の受給者の記録を開きました。どうやってたどり着いたかを本人に確かめてください。"
        ),
    },
)


def codes() -> list[str]:
    """Return the rules' codes in order."""
    return list(_RULES)


def name(code: str) -> str:
    """Return what a rule is called."""
    return str(_RULES[code][0]) if code in _RULES else code


def about(code: str) -> str:
    """Return what a rule watches for."""
    return str(_RULES[code][1]) if code in _RULES else ""


def threshold(key: str) -> str:
    """Return what a threshold is called."""
    return str(_THRESHOLDS.get(key, key))


def explanation(code: str) -> str:
    """Return why a view is explained ("" for what is no view)."""
    return str(EXPLANATIONS.get(code, code))


def kinds() -> list[tuple[str, str]]:
    """Return every (rule, kind) that has a sentence."""
    return list(_SENTENCES)


def sentence(code: str, kind: str, data: Mapping[str, Any]) -> str:
    """Return what was found and what to look at; data of an older rule never keeps a page from being shown."""
    template = _SENTENCES.get((code, kind)) or _SENTENCES.get((code, ""))
    if template is None:
        return name(code)
    if "code" in data:
        data = {**data, "action": vocabulary.label(str(data["code"]))}
    try:
        return str(template).format(**data)
    except (KeyError, IndexError, ValueError):
        return about(code)
