"""How many people have each disease, how old they are and how many of them are women.

Round figures for the whole country of the years 2016 to 2020, after the yearly 衛生行政報告例 (the three largest are
潰瘍性大腸炎, パーキンソン病 and 全身性エリテマトーデス), good enough for shelves that look like an office's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from benefits.registers.diseases import all_diseases


class Ages(Enum):
    """When in life people have a disease: the youngest age, and the spans of chance that are added to it."""

    CHILD = (1, 14, 14, 26)
    YOUNG = (13, 37, 37)
    MIDDLE = (20, 39, 39)
    OLD = (52, 16, 16, 16)


@dataclass(frozen=True, slots=True)
class Frequency:
    """``people`` with the disease in the country, their ages, and the percentage of women."""

    people: int
    ages: Ages
    women: int


# Number, people, ages, percentage of women; one disease each.
_KNOWN = """
1 1500 MIDDLE 2|2 10000 OLD 42|3 1000 YOUNG 48|5 12500 OLD 48|6 127000 OLD 56|7 4800 OLD 55|8 900 MIDDLE 52
10 900 MIDDLE 45|11 25500 MIDDLE 60|13 22500 YOUNG 73|14 5400 MIDDLE 40|15 700 OLD 40|17 11400 OLD 48
18 27500 OLD 50|19 1500 CHILD 40|21 1600 MIDDLE 52|22 15000 YOUNG 65|23 500 OLD 55|26 1000 OLD 65|28 5000 OLD 40
30 400 MIDDLE 45|34 4300 YOUNG 52|35 3700 MIDDLE 58|36 350 CHILD 50|37 2100 MIDDLE 48|40 4800 MIDDLE 85
41 2000 OLD 65|42 2100 OLD 52|43 11000 OLD 58|44 3200 OLD 50|45 5600 MIDDLE 58|46 5800 OLD 70|47 2700 MIDDLE 15
48 700 MIDDLE 70|49 64000 YOUNG 88|50 25000 MIDDLE 73|51 27500 MIDDLE 86|52 10300 MIDDLE 91|53 18500 MIDDLE 93
54 4300 MIDDLE 70|55 900 MIDDLE 52|56 14500 YOUNG 58|57 20000 MIDDLE 25|58 5000 MIDDLE 45|60 8700 MIDDLE 52
61 1700 OLD 58|62 1100 MIDDLE 50|63 18500 MIDDLE 68|64 400 MIDDLE 52|65 2100 CHILD 42|66 12000 YOUNG 50
67 12500 MIDDLE 54|68 6900 OLD 40|69 33000 OLD 38|70 5300 OLD 38|71 18800 MIDDLE 45|72 3300 MIDDLE 52
74 3000 YOUNG 78|75 1000 MIDDLE 75|77 4800 MIDDLE 55|78 19500 MIDDLE 50|81 900 CHILD 55|84 14800 MIDDLE 65
85 21500 OLD 30|86 4500 MIDDLE 73|88 5000 OLD 70|89 900 YOUNG 99|90 23000 MIDDLE 55|91 300 MIDDLE 48
93 17500 MIDDLE 84|94 1000 MIDDLE 42|95 7900 MIDDLE 85|96 49500 YOUNG 29|97 168000 YOUNG 45|98 1500 YOUNG 40
107 900 YOUNG 58|111 300 CHILD 50|113 5600 YOUNG 25|127 1600 OLD 50|140 200 CHILD 50|145 150 CHILD 45
156 150 CHILD 98|158 1300 YOUNG 52|162 4900 OLD 52|163 500 YOUNG 30|167 1700 YOUNG 48|168 700 YOUNG 60
171 700 YOUNG 48|193 250 CHILD 45|209 200 CHILD 38|210 500 CHILD 45|215 500 CHILD 45|218 250 YOUNG 42
220 2600 OLD 55|222 11800 MIDDLE 42|224 800 MIDDLE 48|226 1900 OLD 80|227 1000 MIDDLE 60|229 400 MIDDLE 40
235 500 MIDDLE 60|271 5300 MIDDLE 25|274 400 CHILD 52|276 250 CHILD 50|283 900 OLD 55|288 500 OLD 45
296 900 CHILD 62|298 250 YOUNG 45|300 5200 OLD 28|301 600 MIDDLE 50|302 250 YOUNG 12|306 17500 MIDDLE 45
310 200 CHILD 50|325 150 CHILD 50|327 500 MIDDLE 55|331 1500 MIDDLE 45|335 250 YOUNG 48|340 150 YOUNG 55
"""

# Diseases that are met at birth or in childhood, as ranges of their numbers; the rest of the rare ones are met in
# the middle of life.
_CHILDHOOD = (
    range(101, 106), range(129, 158), range(173, 218), range(234, 235), range(237, 263), range(272, 283),
    range(284, 287), range(291, 300), range(307, 325), range(328, 331), range(333, 335), range(338, 346),
)  # fmt: skip


def _rare(number: int) -> Frequency:
    # Between 60 and 260 people: enough that a full office has seen most diseases, too few to matter in sums.
    people = 60 + number * 37 % 11 * 20
    childhood = any(number in numbers for numbers in _CHILDHOOD)
    return Frequency(people, Ages.CHILD if childhood else Ages.MIDDLE, 50)


def _known() -> dict[int, Frequency]:
    rows = (entry.split() for line in _KNOWN.split("\n") if line for entry in line.split("|"))
    return {int(number): Frequency(int(people), Ages[ages], int(women)) for number, people, ages, women in rows}


FREQUENCIES: Mapping[int, Frequency] = MappingProxyType(
    {disease.number: _known().get(disease.number) or _rare(disease.number) for disease in all_diseases()}
)
"""The frequency of every disease of the register by its 告示番号. None is zero."""
