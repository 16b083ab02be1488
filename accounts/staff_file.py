"""Reads the file of joiners, movers and leavers: what each line says, or what is wrong with it and how to mend it.

Nothing here looks at who is in the office today (``accounts.batches`` does that); the same file always reads the same.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from ipaddress import ip_network

from django.utils.translation import gettext as _

from accounts import spreadsheet
from accounts.roles import HANDBOOK, Role

MAX_BYTES = 1_000_000
MAX_LINES = 2_000
COLUMNS = (
    "区分",
    "利用者ID",
    "氏名",
    "所属",
    "役割",
    "保健所",
    "制度",
    "ネットワーク",
    "開始日",
    "終了日",
    "決裁番号",
    "理由",
)
#: As long as the tables take them.
LENGTHS: Mapping[str, int] = {"氏名": 60, "所属": 60, "決裁番号": 40, "理由": 200}
LONGEST_CELL = 400
#: Lines that begin so are remarks: the examples of the template.
REMARK = "#"

_LOGIN_ID = re.compile(r"[a-z][a-z0-9._-]{2,39}", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{12}")
_DATE = re.compile(r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?", re.ASCII)
_ERA_DATE = re.compile(
    r"(?P<era>R|H|令和|平成)(?P<year>\d{1,2}|元)[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?", re.ASCII
)
#: First day, last day and the year before the first of an era.
_ERAS = {
    "R": (date(2019, 5, 1), date(9999, 12, 31), 2018),
    "H": (date(1989, 1, 8), date(2019, 4, 30), 1988),
}
_ERA_LETTERS = {"令和": "R", "平成": "H"}
_SEPARATORS = re.compile(r"[・;；、,]")
_PLUS = "+＋"
_MINUS = "-－−‐ー"


class LineKind(StrEnum):
    """What a line does with its person."""

    HIRE = "採用"
    MOVE = "異動"
    LEAVE = "退職"


class Unreadable(Exception):
    """The file as a whole cannot be taken. The text says why and how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as it stands in the file: where, and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell: the rule it breaks, and how to mend it."""

    line: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """The offices and programmes there are: (code, name) each."""

    offices: tuple[tuple[str, str], ...] = ()
    programmes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line says, understood as far as it can be; ``problems`` names the rest."""

    number: int
    kind: LineKind | None
    login_id: str
    name: str
    section: str
    added: tuple[Role, ...] = ()
    ended: tuple[Role, ...] = ()
    office: str = ""
    programme: str = ""
    network: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    decision_number: str = ""
    reason: str = ""
    problems: tuple[Problem, ...] = field(default=())


def split(data: bytes) -> list[RawLine]:
    """Cut a file into its lines. Raises :class:`Unreadable` when it is no such file."""
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", _("ファイルが大きすぎます（上限は1MB）。ファイルを分けてください。"))
    text = _decoded(data)
    try:
        return _rows(text)
    except csv.Error as error:
        raise Unreadable(
            "not_csv", _("CSVとして読み取れません。ひな形に入力し、CSV形式で保存し直してください。")
        ) from error


def understand(raw: RawLine, scopes: Scopes) -> Line:
    """Return what a line says, with every problem it has."""
    return _Reading(raw, scopes).line()


def read_date(text: str) -> date | None:
    """Return the day that ``text`` names (2026-04-01, 2026/4/1, R8.4.1, 令和8年4月1日), or None when it names none."""
    text = unicodedata.normalize("NFKC", text).strip()
    try:
        if found := _DATE.fullmatch(text):
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        if found := _ERA_DATE.fullmatch(text.upper()):
            first, last, before = _ERAS[_ERA_LETTERS.get(found["era"], found["era"])]
            year = 1 if found["year"] == "元" else int(found["year"])
            day = date(before + year, int(found["month"]), int(found["day"]))
            return day if first <= day <= last and year > 0 else None
    except ValueError:
        return None
    return None


def template() -> bytes:
    """Return an empty file with its columns and an example of each kind, as a spreadsheet opens it (UTF-8, BOM)."""
    maker, checker = (str(HANDBOOK[role].label) for role in (Role.MAKER, Role.CHECKER))
    rows = [
        COLUMNS,
        (f"{REMARK} " + _("記入例（この印で始まる行は読み飛ばします）"),),
        (f"{REMARK}採用", "t-yamada", "山田 太郎", "保健課", maker, *[""] * 3, "R8.4.1", "", "総第12号", "新規採用"),
        (
            f"{REMARK}異動",
            "h-suzuki",
            "",
            "地域保健課",
            f"＋{checker}・－{maker}",  # full-width signs: a half-width one would begin a formula
            *[""] * 3,
            "2026-04-01",
            "",
            "総第12号",
            "定期異動",
        ),
        (f"{REMARK}退職", "k-sato", *[""] * 7, "2026/3/31", "総第12号", "定年退職"),
    ]
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([spreadsheet.disarmed(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _decoded(data: bytes) -> str:
    if b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("not_text", _("CSVファイルではありません。ひな形に入力し、CSV形式で保存してください。"))
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("not_text", _("文字コードを読み取れません。UTF-8またはShift_JISのCSVで保存し直してください。"))


def _rows(text: str) -> list[RawLine]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [unicodedata.normalize("NFKC", cell).strip() for cell in next(reader, [])]
    while header and not header[-1]:
        header.pop()
    # normalised on both sides, since a full-width ID is the same heading
    if sorted(header) != sorted(COLUMNS):
        raise Unreadable(
            "columns",
            _("1行目の見出しがひな形と違います。次の列にしてください：%(columns)s") % {"columns": "、".join(COLUMNS)},
        )
    found: list[RawLine] = []
    number = reader.line_num + 1
    for row in reader:
        cells = [cell.strip() for cell in row]
        begins, number = number, reader.line_num + 1
        if not any(cells) or cells[0].lstrip("'").startswith(REMARK):
            continue
        if len(found) >= MAX_LINES:
            raise Unreadable("too_many", _("行が多すぎます（上限は2,000行）。ファイルを分けてください。"))
        if any(cells[len(header) :]) or len(cells) < len(header):
            raise Unreadable(
                "cells",
                _("%(line)s行目の列の数が見出しと違います。値の中の「,」を取り除いてください。") % {"line": begins},
            )
        found.append(RawLine(begins, dict(zip(header, cells, strict=False))))
    if not found:
        raise Unreadable("empty", _("行がありません。2行目から1人1行で入力してください。"))
    return found


class _Reading:
    """One line, while it is being understood."""

    def __init__(self, raw: RawLine, scopes: Scopes) -> None:
        self.raw = raw
        self.scopes = scopes
        self.problems: list[Problem] = []

    def line(self) -> Line:
        for column in COLUMNS:
            self._look_at(column)
        kind = self._kind()
        added, ended = self._roles(kind)
        starts_on, ends_on = self._day("開始日"), self._day("終了日")
        line = Line(
            number=self.raw.number,
            kind=kind,
            login_id=self._login_id(),
            name=self._cell("氏名"),
            section=self._cell("所属"),
            added=added,
            ended=ended,
            office=self._one_of("保健所", self.scopes.offices),
            programme=self._one_of("制度", self.scopes.programmes),
            network=self._network(),
            starts_on=starts_on,
            ends_on=ends_on,
            decision_number=self._cell("決裁番号"),
            reason=self._cell("理由"),
        )
        if kind is not None:
            self._require(line)
        return Line(**{name: getattr(line, name) for name in line.__slots__} | {"problems": tuple(self.problems)})

    def _cell(self, column: str) -> str:
        return self.raw.cells.get(column, "").strip()

    def _problem(self, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(self.raw.number, column, code, message))

    def _look_at(self, column: str) -> None:
        """Refuse what no cell may hold."""
        cell = self._cell(column)
        if len(cell) > LENGTHS.get(column, LONGEST_CELL):
            self._problem(
                column,
                "too_long",
                _("長すぎます。%(length)s文字以内にしてください。") % {"length": LENGTHS.get(column, LONGEST_CELL)},
            )
        if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in cell):
            self._problem(column, "control", _("改行や見えない文字が入っています。入力し直してください。"))
        if _LONG_NUMBER.search(unicodedata.normalize("NFKC", cell)):
            self._problem(column, "long_number", _("12桁の数字が入っています。個人番号を入力しないでください。"))
        if column != "役割" and spreadsheet.is_formula(cell):
            self._problem(column, "formula", _("先頭の記号（= + - @）を取り除いてください。"))

    def _kind(self) -> LineKind | None:
        try:
            return LineKind(self._cell("区分"))
        except ValueError:
            self._problem("区分", "kind", _("「採用」「異動」「退職」のどれかにしてください。"))
            return None

    def _login_id(self) -> str:
        login_id = self._cell("利用者ID")
        if not login_id:
            self._problem("利用者ID", "required", _("利用者IDを入力してください。"))
        elif not _LOGIN_ID.fullmatch(login_id):
            self._problem("利用者ID", "login_id", _("半角の英小文字で始まる3〜40文字で入力してください。"))
        return login_id

    def _day(self, column: str) -> date | None:
        cell = self._cell(column)
        if not cell:
            return None
        day = read_date(cell)
        if day is None:
            self._problem(
                column, "date", _("日付を読み取れません。2026-04-01、2026/4/1、R8.4.1のように入力してください。")
            )
        return day

    def _one_of(self, column: str, known: Iterable[tuple[str, str]]) -> str:
        cell = self._cell(column)
        if not cell:
            return ""
        for code, name in known:
            if cell in {code, name}:
                return code
        names = "、".join(name for _code, name in known)
        self._problem(column, "unknown", _("ありません。次のどれかにしてください：%(names)s") % {"names": names})
        return ""

    def _network(self) -> str:
        cell = unicodedata.normalize("NFKC", self._cell("ネットワーク"))
        if not cell:
            return ""
        try:
            return str(ip_network(cell))
        except ValueError:
            self._problem(
                "ネットワーク",
                "network",
                _("読み取れません。192.0.2.0/24のように、範囲の先頭の番地で入力してください。"),
            )
            return ""

    def _roles(self, kind: LineKind | None) -> tuple[tuple[Role, ...], tuple[Role, ...]]:
        added: list[Role] = []
        ended: list[Role] = []
        for part in _SEPARATORS.split(self._cell("役割").lstrip("'")):
            word = part.strip()
            if not word:
                continue
            sign, name = word[0], word[1:].strip()
            if sign not in _PLUS + _MINUS:
                sign, name = "", word
            role = _role_called(name)
            if role is None:
                self._problem("役割", "role", _("「%(name)s」という役割はありません。") % {"name": name[:30]})
            elif role in added or role in ended:
                self._problem("役割", "twice", _("同じ役割が2回あります。片方を消してください。"))
            elif kind is LineKind.MOVE and not sign:
                self._problem("役割", "sign", _("異動では、加える役割に「＋」、終える役割に「－」を付けてください。"))
            elif sign and sign in _MINUS:
                ended.append(role)
            else:
                added.append(role)
        return tuple(added), tuple(ended)

    def _require(self, line: Line) -> None:
        """Refuse what the kind of line needs and does not have, or has and cannot use."""
        if not line.reason:
            self._problem("理由", "required", _("理由を入力してください。"))
        if line.kind is LineKind.HIRE:
            for column in ("氏名", "所属", "役割"):
                if not self._cell(column):
                    self._problem(column, "required", _("採用の行では入力が必要です。"))
            if line.ended:
                self._problem("役割", "sign", _("採用の行では役割を終えられません。「－」を取り除いてください。"))
        if line.kind is LineKind.MOVE and not (line.name or line.section or line.added or line.ended):
            self._problem("役割", "nothing", _("変わることがありません。氏名・所属・役割のどれかを入力してください。"))
        if line.kind is LineKind.LEAVE:
            if not self._cell("終了日"):
                self._problem("終了日", "required", _("利用できる最後の日を入力してください。"))
            for column in ("氏名", "所属", "役割", "保健所", "制度", "ネットワーク", "開始日"):
                if self._cell(column):
                    self._problem(column, "unused", _("退職の行では使いません。空にしてください。"))
            return
        if (line.added or line.ended) and not self._cell("開始日"):
            self._problem("開始日", "required", _("役割が変わる日を入力してください。"))
        if line.starts_on and line.ends_on and line.ends_on < line.starts_on:
            self._problem("終了日", "order", _("終了日が開始日より前です。どちらかを直してください。"))
        for role in line.added:
            if HANDBOOK[role].needs_office and not self._cell("保健所"):
                self._problem(
                    "保健所",
                    "required",
                    _("「%(role)s」には保健所が必要です。") % {"role": HANDBOOK[role].label},
                )


def _role_called(name: str) -> Role | None:
    """Return the role with that name or code."""
    wanted = unicodedata.normalize("NFKC", name)
    for role, duty in HANDBOOK.items():
        if wanted in {role.value, unicodedata.normalize("NFKC", str(duty.label))}:
            return role
    return None
