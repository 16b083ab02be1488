"""Certificates are set for real and read back: nothing here believes the typesetter."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import typst
from pypdf import PageObject, PdfReader
from pytest_django.fixtures import Settings

from benefits import certificate, glyphs
from benefits.certificate import STANDARD_NOTES, CertificateText, FontsMissing, MissingGlyph, render

POINTS_PER_MILLIMETRE = 72 / 25.4
MARGIN = 17 * POINTS_PER_MILLIMETRE
# Every particular in it is made up.
EXAMPLE = CertificateText(
    payer_number="54276019",
    recipient_number="1234566",
    name="渡邉\U000e0110　一郎",
    name_kana="ワタナベ　イチロウ",
    address="見本県中央市本町三丁目１番２号　見本マンション１０１号室",
    birth="昭和55年3月21日",
    sex="男",
    insurer_name="全国健康保険協会見本支部",
    insured_mark="記号 12345678　番号 901　枝番 00",
    disease_names=("パーキンソン病",),
    valid_from="令和8年5月20日",
    valid_to="令和8年12月31日",
    monthly_cap="10,000円",
    income_class="一般所得Ⅰ",
    burden_column="人工呼吸器等装着者",
    payment_category="ウ",
    guardian="渡邉\U000e0110　花子",
    institutions="全国の指定医療機関",
    issued_on="令和8年6月30日",
    issued_date=date(2026, 6, 30),
    issuer="見本県知事",
    notes=STANDARD_NOTES,
    specimen=False,
    reissue=False,
)


@dataclass(frozen=True)
class Run:
    """One piece of text as drawn: where it starts, where it ends, in points from the lower left of the page."""

    left: float
    right: float
    baseline: float
    size: float
    glyphs: tuple[int, ...]

    def runs_into(self, other: "Run") -> bool:
        beside = abs(self.baseline - other.baseline) < 0.8 * min(self.size, other.size)
        return beside and self.left < other.right - 1 and other.left < self.right - 1


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages)


def letters_of(pdf: bytes) -> str:
    """Everything printed, without the spaces and line ends that only show where a line was broken."""
    return "".join(text_of(pdf).split())


def glyph_widths(font: Any) -> dict[int, float]:
    """Read how far each glyph advances, in thousandths of the size."""
    widths: dict[int, float] = {}
    entries = iter(font["/DescendantFonts"][0].get_object().get("/W", []))
    for first in entries:
        second = next(entries).get_object()
        if isinstance(second, list):
            widths.update({int(first) + place: float(width) for place, width in enumerate(second)})
        else:
            width = float(next(entries))
            widths.update(dict.fromkeys(range(int(first), int(second) + 1), width))
    return widths


def runs_on(page: PageObject) -> list[Run]:
    fonts = {name: font.get_object() for name, font in page["/Resources"]["/Font"].items()}
    widths = {name: glyph_widths(font) for name, font in fonts.items()}
    runs: list[Run] = []
    font, size = "", 0.0

    def look(operator: bytes, operands: Any, matrix: list[float], text_matrix: list[float]) -> None:
        nonlocal font, size
        if operator == b"Tf":
            font, size = str(operands[0]), float(operands[1])
        if operator not in {b"Tj", b"TJ"} or matrix[1]:  # what is turned is the watermark
            return
        pieces = operands[0] if operator == b"TJ" else operands
        advance = 0.0
        codes: list[int] = []
        for piece in pieces:
            if isinstance(piece, bytes | str):
                raw = piece if isinstance(piece, bytes) else piece.original_bytes
                codes += [int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2)]
            else:
                advance -= float(piece)
        advance += sum(widths[font].get(code, 1000.0) for code in codes)
        left = matrix[0] * text_matrix[4] + matrix[4]
        baseline = matrix[3] * text_matrix[5] + matrix[5]
        runs.append(Run(left, left + advance / 1000 * size * matrix[0], baseline, size, tuple(codes)))

    page.extract_text(visitor_operand_before=look)
    return runs


def collisions(pdf: bytes) -> list[str]:
    """Return what runs over the margin or into its neighbour."""
    found = []
    for number, page in enumerate(read(pdf).pages):
        runs = runs_on(page)
        right, top = float(page.mediabox.right) - MARGIN, float(page.mediabox.top)
        found += [
            f"page {number}: {run} is off the page"
            for run in runs
            if run.left < MARGIN - 1 or run.right > right + 1 or not 0 < run.baseline < top
        ]
        found += [
            f"page {number}: {run} runs into {other}" for run, other in combinations(runs, 2) if run.runs_into(other)
        ]
    return found


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every character through to the typesetter."""
    monkeypatch.setattr(glyphs, "unprintable", lambda _text: ())


@pytest.fixture
def broken_template(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    path = tmp_path / "broken.typ"
    path.write_text("#no-such-thing", encoding="utf-8")
    monkeypatch.setattr(certificate, "TEMPLATE", path)
    certificate._press.cache_clear()
    yield
    certificate._press.cache_clear()


def test_a_certificate_says_everything_it_was_given_on_one_page() -> None:
    pdf = render(EXAMPLE)

    assert len(read(pdf).pages) == 1
    printed = letters_of(pdf)
    for field in CertificateText.__dataclass_fields__:
        value = getattr(EXAMPLE, field)
        for words in value if isinstance(value, tuple) else (value,):
            if isinstance(words, str):
                assert "".join(words.split()) in printed, field


@pytest.mark.parametrize(
    "name", ["渡邉\U000e0110", "神\ufa19", "𠮷田", "髙橋", "山﨑", "葛\U000e0103", "葛\U000e0102", "葛"]
)
def test_a_name_is_read_back_with_the_same_code_points(name: str) -> None:
    pdf = render(replace(EXAMPLE, name=f"姓{name}名"))

    assert f"姓{name}名" in text_of(pdf)


def test_variants_of_one_character_are_drawn_with_different_glyphs() -> None:
    (page,) = read(render(replace(EXAMPLE, name="葛\U000e0102葛\U000e0103葛\U000e0102"))).pages

    (name,) = [run for run in runs_on(page) if run.size == 22 and len(run.glyphs) == 3]
    assert name.glyphs[0] == name.glyphs[2] != name.glyphs[1]


def test_only_the_two_typefaces_are_used_and_both_are_embedded() -> None:
    (page,) = read(render(EXAMPLE)).pages

    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert {font["/BaseFont"].split("+")[1].removesuffix("-Identity-H") for font in fonts} == {
        "IPAmjMincho",
        "IPAexGothic",
    }
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_a_certificate_is_a_tagged_and_titled_japanese_document() -> None:
    reader = read(render(EXAMPLE))

    root = reader.trailer["/Root"]
    assert root["/Lang"] == "ja-JP"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "特定医療費（指定難病）受給者証"
    assert reader.metadata.author == "見本県知事"


def test_the_file_is_dated_by_the_issue_and_names_nobody() -> None:
    reader = read(render(EXAMPLE))

    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == EXAMPLE.issued_date
    everything_but_the_page = str(dict(reader.metadata)) + str(reader.xmp_metadata and reader.xmp_metadata.stream)
    assert "一郎" not in everything_but_the_page
    assert EXAMPLE.recipient_number not in everything_but_the_page


def test_the_same_text_gives_the_same_bytes_whatever_was_printed_between() -> None:
    first = render(EXAMPLE)
    other = render(replace(EXAMPLE, recipient_number="7654320"))

    assert render(EXAMPLE) == first
    assert other != first


def test_threads_do_not_print_each_others_certificates() -> None:
    texts = [replace(EXAMPLE, name=f"見本{number}号") for number in range(12)]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(render, texts))

    for text, pdf in zip(texts, together, strict=True):
        assert text.name in text_of(pdf)


@pytest.mark.parametrize(
    ("name", "character", "code_points"),
    [
        ("山😀田", "😀", "U+1F600"),
        ("山\ue000田", "\ue000", "U+E000"),
        ("葛\U000e01ef城", "葛\U000e01ef", "U+845B U+E01EF"),
        ("山\u202e田", "\u202e", "U+202E"),
        ("山\ud842田", "\ud842", "U+D842"),
    ],
)
def test_a_character_that_cannot_be_printed_is_refused_by_name_and_nothing_else_is_told(
    name: str, character: str, code_points: str
) -> None:
    with pytest.raises(MissingGlyph) as refused:
        render(replace(EXAMPLE, name=name))

    assert (refused.value.character, refused.value.code_points) == (character, code_points)
    assert code_points in str(refused.value)
    assert (character in str(refused.value)) is character.isprintable()
    assert "山" not in str(refused.value)
    assert "田" not in str(refused.value)
    assert "城" not in str(refused.value)


@pytest.mark.parametrize(
    "field", ["name", "name_kana", "address", "insurer_name", "insured_mark", "guardian", "disease_names", "notes"]
)
def test_every_text_is_checked_for_characters_that_cannot_be_printed(field: str) -> None:
    variant = "葛\U000e01ef"
    value = ("一", variant) if field in {"disease_names", "notes"} else variant

    with pytest.raises(MissingGlyph, match=r"U\+845B U\+E01EF"):
        render(replace(EXAMPLE, **{field: value}))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("character", ["😀", "\ue000", "\u0007", "\U0002ffff"])
def test_the_typesetter_refuses_a_character_without_a_glyph_even_unasked(character: str) -> None:
    with pytest.raises(MissingGlyph) as refused:
        render(replace(EXAMPLE, name=f"一郎{character}次郎"))

    assert refused.value.character == character
    assert "郎" not in str(refused.value)
    # The typesetter's own message may quote more, and would be printed with the traceback.
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.usefixtures("broken_template")
def test_any_other_error_of_the_typesetter_is_not_swallowed() -> None:
    with pytest.raises(typst.TypstError, match="unknown variable"):
        render(EXAMPLE)


@pytest.mark.parametrize(
    "words",
    [
        '#read("/etc/passwd")',
        "*太字*と_斜体_",
        "$x^2$",
        "#panic()",
        "<label>@ref",
        "=見出し",
        '"],"name":"別人"',
        r"\u{41}\\",
        "//注釈/*注釈*/",
        "https://example.jp/",
        "--と---と...と'引用'",
    ],
)
def test_markup_in_a_text_is_printed_as_it_is(words: str) -> None:
    pdf = render(replace(EXAMPLE, name=words, address=words, disease_names=(words,), notes=(words,)))

    assert letters_of(pdf).count(words) == 4


def test_fonts_that_are_not_installed_are_named(settings: Settings, tmp_path: Path) -> None:
    settings.KYUFU_FONT_DIRS = [str(tmp_path)]

    with pytest.raises(FontsMissing, match="IPAmjMincho、IPAexGothic"):
        render(EXAMPLE)


@pytest.mark.parametrize("letter", ["國", "W", "ッ", "ー", "「", "葛\U000e0103", "Wz. "])
def test_long_names_and_addresses_stay_whole_and_inside_their_boxes(letter: str) -> None:
    def long(length: int) -> str:
        return letter * (length // len(letter.replace("\U000e0103", "")))

    pdf = render(
        replace(
            EXAMPLE,
            name=long(60),
            name_kana=long(60),
            address=long(150),
            guardian=long(60),
            insurer_name=long(60),
            insured_mark=long(60),
            payment_category=long(20),
            income_class=long(20),
            issuer=long(20),
        )
    )

    assert len(read(pdf).pages) == 1
    assert collisions(pdf) == []
    whole = "".join((long(60) * 5 + long(150) + long(20) * 3).split())
    assert letters_of(pdf).count(letter.strip()) >= whole.count(letter.strip())


def test_a_certificate_too_long_for_one_page_continues_on_a_numbered_second() -> None:
    pdf = render(replace(EXAMPLE, disease_names=("きわめて長い名称をもつ疾病" * 8,) * 8, specimen=True))

    first, second = read(pdf).pages
    assert collisions(pdf) == []
    assert "受給者番号 1234566　1 / 2 頁" in first.extract_text()
    assert "受給者番号 1234566　2 / 2 頁" in second.extract_text()
    assert all(note in letters_of(pdf) for note in STANDARD_NOTES)


def test_an_ordinary_certificate_keeps_inside_its_boxes_and_has_no_page_number() -> None:
    pdf = render(EXAMPLE)

    assert collisions(pdf) == []
    assert "頁" not in text_of(pdf)


@pytest.mark.parametrize(("specimen", "reissue"), [(False, False), (True, False), (False, True), (True, True)])
def test_specimens_and_reissues_are_marked_and_nothing_else_is(specimen: bool, reissue: bool) -> None:
    lines = text_of(render(replace(EXAMPLE, specimen=specimen, reissue=reissue))).splitlines()

    assert ("見本" in lines) is specimen  # the watermark, alone on its line
    assert any("見本（受給者証として使用できません）" in line for line in lines) is specimen
    assert any(line.endswith("再交付") for line in lines) is reissue


def test_several_diseases_are_numbered() -> None:
    printed = letters_of(render(replace(EXAMPLE, disease_names=("パーキンソン病", "球脊髄性筋萎縮症"))))

    assert "1.パーキンソン病" in printed
    assert "2.球脊髄性筋萎縮症" in printed


def test_what_does_not_apply_is_struck_with_a_dash() -> None:
    assert "―" not in text_of(render(EXAMPLE))

    assert text_of(render(replace(EXAMPLE, guardian="", payment_category=""))).count("―") == 2


@pytest.mark.parametrize(
    ("field", "number"),
    [("payer_number", "5427601"), ("payer_number", "５４２７６０１９"), ("recipient_number", "123456A")],
)
def test_a_number_that_does_not_fill_its_boxes_is_refused_without_being_repeated(field: str, number: str) -> None:
    with pytest.raises(ValueError, match="must have") as refused:
        replace(EXAMPLE, **{field: number})

    assert number not in str(refused.value)
