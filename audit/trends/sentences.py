"""What a chart shows, said in a sentence: the first thing that is read, and all of it for whoever sees no chart."""

from datetime import date
from typing import Final

from django.utils.translation import gettext as _, gettext_lazy

from audit.trends.counts import Trends, is_working_hour

WEEKDAYS: Final = (
    gettext_lazy("月"),
    gettext_lazy("火"),
    gettext_lazy("水"),
    gettext_lazy("木"),
    gettext_lazy("金"),
    gettext_lazy("土"),
    gettext_lazy("日"),
)


def of_days(trends: Trends) -> str:
    """Say which day had most views, and how that compares with what is usual."""
    if not trends.views:
        return _("この期間に、受給者や申請の閲覧はありません。")
    most = max(trends.days, key=lambda day: day.views)
    said = {"all": trends.views, "day": day_in_words(most.on), "n": most.views}
    if most.usual is None:
        return _("閲覧は合わせて%(all)d件、最も多かったのは%(day)sの%(n)d件です。") % said
    said["usual"] = amount(most.usual)
    if not most.usual:
        return (
            _("閲覧は合わせて%(all)d件、最も多かったのは%(day)sの%(n)d件で、同じ曜日のふだんは%(usual)s件です。")
            % said
        )
    said["times"] = f"{most.views / most.usual:.1f}"
    return (
        _(
            "閲覧は合わせて%(all)d件、最も多かったのは%(day)sの%(n)d件で、"
            "同じ曜日のふだん（前8週の中央値%(usual)s件）の%(times)s倍です。"
        )
        % said
    )


def of_hours(trends: Trends) -> str:
    """Say when in the week most was looked at, and how much of it outside the hours of work."""
    if not trends.views:
        return _("この期間に、受給者や申請の閲覧はありません。")
    cells = [(n, weekday, hour) for weekday, row in enumerate(trends.hours) for hour, n in enumerate(row)]
    n, weekday, hour = max(cells, key=lambda cell: cell[0])
    outside = sum(n for n, weekday, hour in cells if not is_working_hour(weekday, hour))
    return _(
        "%(weekday)s曜の%(hour)d時台が最も多く%(n)d件、平日の8〜17時台を除く時間は%(outside)d件（%(share)d％）です。"
    ) % {
        "weekday": WEEKDAYS[weekday],
        "hour": hour,
        "n": n,
        "outside": outside,
        "share": round(100 * outside / trends.views),
    }


def of_viewers(trends: Trends) -> str:
    """Say who looked at most, and how much of all that is."""
    if not trends.viewers or not trends.views:
        return _("この期間に閲覧した人はいません。")
    most = trends.viewers[0]
    return _(
        "最も多いのは%(name)sさんの%(n)d件です。多いこと自体は問題ではなく、担当の仕事と合うかを見てください。"
    ) % {
        "name": most.name or _("利用者%d") % most.actor_id,
        "n": most.views,
    }


def of_reveals(trends: Trends) -> str:
    """Say how many My Numbers were shown, and on which day most."""
    if not trends.reveals:
        return _("この期間に、個人番号の表示はありません。")
    most = max(trends.days, key=lambda day: day.reveals)
    return _("個人番号の表示は合わせて%(all)d件、最も多かったのは%(day)sの%(n)d件です。") % {
        "all": trends.reveals,
        "day": day_in_words(most.on),
        "n": most.reveals,
    }


def day_in_words(day: date) -> str:
    """Return a day as it is spoken of, with its day of the week."""
    return _("%(month)d月%(day)d日（%(weekday)s）") % {
        "month": day.month,
        "day": day.day,
        "weekday": WEEKDAYS[day.weekday()],
    }


def amount(number: float) -> str:
    """Return a median without a decimal that says nothing."""
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"
