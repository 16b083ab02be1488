import shutil
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from benefits import glyphs


@pytest.mark.parametrize(
    "name",
    [
        "山田　太郎",
        "渡邉\U000e0110",
        "葛\U000e0103",
        "神\ufa19",
        "𠮷田",
        "髙橋",
        "山﨑",
        "ヴァン・ダイク",
        "O'Brien (Zoë) No. 1",
        "見本県中央市本町１−２　Ⅱ号館〒",
        "一行目\n二行目",
        "",
    ],
)
def test_what_the_typeface_holds_is_printable(name: str) -> None:
    assert glyphs.unprintable(name) == ()


@pytest.mark.parametrize(
    ("text", "character", "code_points", "why"),
    [
        ("山😀田", "😀", "U+1F600", "書体（IPAmj明朝）にない文字"),
        ("葛\U000e01ef城", "葛\U000e01ef", "U+845B U+E01EF", "異体字が受給者証の書体"),
        ("邉\ufe00", "邉\ufe00", "U+9089 U+FE00", "異体字が受給者証の書体"),
        ("山\ue000田", "\ue000", "U+E000", "外字"),
        ("山\uf860田", "\uf860", "U+F860", "外字"),
        ("山\U000f0000", "\U000f0000", "U+F0000", "外字"),
        ("\U000e0103田", "\U000e0103", "U+E0103", "異体字セレクタだけ"),
        ("葛\U000e0103\U000e0103", "\U000e0103", "U+E0103", "異体字セレクタだけ"),
        ("山\u202e田", "\u202e", "U+202E", "制御文字"),
        ("山\u200b田", "\u200b", "U+200B", "制御文字"),
        ("山\u00ad田", "\u00ad", "U+00AD", "制御文字"),
        ("山\t田", "\t", "U+0009", "制御文字"),
        ("山\r\n田", "\r", "U+000D", "制御文字"),
        ("山\u2028田", "\u2028", "U+2028", "制御文字"),
        ("山\ud842田", "\ud842", "U+D842", "制御文字"),
    ],
)
def test_what_the_typeface_cannot_show_is_named_with_the_reason(
    text: str, character: str, code_points: str, why: str
) -> None:
    (problem,) = glyphs.unprintable(text)

    assert (problem.character, problem.code_points) == (character, code_points)
    assert why in problem.why


def test_each_unprintable_character_is_reported_once_in_order_of_appearance() -> None:
    problems = glyphs.unprintable("山😀\ue000😀田葛\U000e01ef")

    assert [problem.character for problem in problems] == ["😀", "\ue000", "葛\U000e01ef"]


def test_a_variant_is_asked_of_its_own_character() -> None:
    # U+E0110 is a variant of 邉 and none of 葛: to know the selector is not to know the pair.
    assert glyphs.unprintable("邉\U000e0110") == ()
    assert [problem.character for problem in glyphs.unprintable("葛\U000e0110")] == ["葛\U000e0110"]


def test_absent_typefaces_are_named_with_the_packages_and_the_setting_that_bring_them(
    settings: Settings, tmp_path: Path
) -> None:
    settings.KYUFU_FONT_DIRS = [tmp_path, tmp_path / "never-made"]

    with pytest.raises(glyphs.FontsMissing) as refused:
        glyphs.unprintable("山田")

    assert refused.value.names == ("IPAmjMincho", "IPAexGothic")
    for needed in ("fonts-ipaexfont", "fonts-ipamj-mincho", "KYUFU_FONT_DIRS"):
        assert needed in str(refused.value)


def test_typefaces_that_arrive_later_are_found(settings: Settings, tmp_path: Path) -> None:
    fonts = glyphs.typefaces(glyphs.font_directories()).fonts()
    paths = {font.family: Path(str(font.path)) for font in fonts}
    settings.KYUFU_FONT_DIRS = [tmp_path]
    shutil.copy(paths["IPAmjMincho"], tmp_path)
    with pytest.raises(glyphs.FontsMissing) as refused:
        glyphs.unprintable("山田")
    assert refused.value.names == ("IPAexGothic",)

    shutil.copy(paths["IPAexGothic"], tmp_path)

    assert glyphs.unprintable("山田") == ()
