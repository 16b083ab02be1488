"""What a password may not be made of: what is tried first against an office in Japan (A2).

A password is taken apart into pieces that are known: favourites, the office's and the person's own words, runs along
a keyboard, repeats, years. What is left over is what a guesser does not know. Too little of that, and the password is
refused. Words of one's own choice make a good password all the same, when there are several.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator

#: With fewer unknown characters than this, and no more known words than that, a password is refused.
UNKNOWN_AT_LEAST = 5
WORDS_AT_MOST = 2

_FAVOURITES = """
    password passwd passwort pass passphrase login logon signin admin administrator root user guest test demo sample
    secret secure security system server default master super welcome hello letmein qwerty abc change changeme
    kaeru henkou pasuwado pasuwaado himitsu angou ango kagi
    sakura samurai ninja bushido shogun katana fujisan fuji fujiyama geisha sushi sashimi ramen udon soba tempura
    onigiri okonomiyaki takoyaki matcha ocha sake nihonshu umeboshi natto mochi bento gohan curry kare
    nippon nihon japan japanese yamato hinomaru kimigayo tokyo toukyou osaka oosaka kyoto kyouto nagoya sapporo
    fukuoka hiroshima sendai yokohama kobe kawasaki saitama chiba kanagawa hokkaido okinawa aomori iwate miyagi akita
    yamagata fukushima ibaraki tochigi gunma niigata toyama ishikawa fukui yamanashi nagano gifu shizuoka aichi mie
    shiga hyogo hyougo nara wakayama tottori shimane okayama yamaguchi tokushima kagawa ehime kochi kouchi saga
    nagasaki kumamoto oita ooita miyazaki kagoshima shinjuku shibuya ginza akihabara ueno asakusa
    aishiteru daisuki suki love iloveyou lovely arigato arigatou sayonara sayounara konnichiwa konnichiha ohayo
    ohayou oyasumi tadaima okaeri moshimoshi ganbare ganbaru ganbatte kawaii sugoi yasashii genki tomodachi kazoku
    okaasan otousan oniichan oneechan obaachan ojiichan musume musuko akachan
    baka aho hana haru natsu aki fuyu yuki ame kaze sora umi yama kawa mori hoshi tsuki taiyo taiyou hikari kokoro
    yume kibou kibo shiawase heiwa ai inochi tamashii chikara yuuki nozomi mirai kizuna egao niji kumo tori neko inu
    usagi kuma tora ryu ryuu saru kitsune tanuki kame tsuru penguin panda koneko koinu wanwan nyanko nyan
    himawari tsubaki ajisai momo ume matsu take kiku ran botan tanpopo sumire suzuran kaede momiji
    doraemon nobita pikachu pokemon naruto sasuke onepiece luffy rufi goku dragonball gundam gandamu totoro ghibli
    jiburi anpanman hellokitty kitty sailormoon conan shinchan kurayonshinchan sazaesan chibimaruko evangelion
    kimetsu tanjiro nezuko gojo mario luigi zelda nintendo sony playstation disney mickey minnie arashi smap exile
    perfume akb nogizaka keyakizaka hinatazaka sakurazaka
    giants kyojin hanshin tigers hawks softbank dragons chunichi carp karp hiroshimacarp swallows yakult baystars
    dena lions seibu marines lotte eagles rakuten fighters nipponham buffaloes orix ohtani otani shohei ichiro
    gamba antlers reds urawa frontale marinos grampus cerezo vissel sanfrecce jubilo espulse consadole verdy
    soccer sakka baseball yakyu yakyuu tennis judo karate kendo sumo golf
    toyota honda nissan mazda subaru suzuki mitsubishi hitachi toshiba panasonic fujitsu docomo softbank aupay
    google yahoo amazon facebook twitter line apple iphone android windows microsoft internet computer pasokon keitai
    january february march april may june july august september october november december
    spring summer autumn winter monday tuesday wednesday thursday friday saturday sunday
    ichigatsu nigatsu sangatsu shigatsu gogatsu rokugatsu shichigatsu hachigatsu kugatsu juugatsu
    getsuyobi kayobi suiyobi mokuyobi kinyobi doyobi nichiyobi reiwa heisei showa shouwa taisho meiji
    ichi san shi roku shichi hachi kyuu juu iroha irohanihoheto aiueo kakikukeko sashisuseso
    monkey dragon sunshine princess football shadow superman batman starwars freedom whatever trustno flower angel
    tanaka suzuki sato satou saito saitou takahashi watanabe ito itou yamamoto nakamura kobayashi kato katou yoshida
    yamada sasaki yamaguchi matsumoto inoue kimura hayashi shimizu yamazaki yamasaki mori abe ikeda hashimoto
    yamashita ishikawa nakajima nakashima maeda fujita ogawa goto gotou okada hasegawa murakami kondo kondou ishii
    sakamoto endo endou aoki fujii nishimura fukuda ota oota miura fujiwara okamoto matsuda nakagawa nakano harada
    ono tamura takeuchi kaneko wada nakayama ishida ueda morita hara shibata sakai kudo kudou yokoyama miyazaki
    miyamoto uchida takagi ando andou taniguchi oono maruyama imai takada fujimoto murata takeda ueno sugiyama masuda
    hirano otsuka chiba kubo matsui iwasaki sakurai kinoshita noguchi matsuo kikuchi nomura sano watabe sugawara
    taro tarou jiro jirou saburo hanako ichirou kenji kenichi hiroshi takashi akira makoto manabu minoru shigeru
    satoshi tsuyoshi kiyoshi masaru isamu osamu susumu mamoru noboru yutaka daisuke kenta shota shouta takuya
    tatsuya kazuya naoki hideki yuki yuuki haruto sota souta ren yuto yuuto riku minato aoi asahi itsuki hinata hiroto
    keiko yoshiko kazuko sachiko yoko youko noriko junko kyoko kyouko hiroko yuko yuuko tomoko akiko naoko mariko
    reiko michiko misaki yumi mayumi megumi kaori miho ayumi akemi naomi emi rie mika nana nanami miyu yui rin mei
    himari akari sakurako koharu tsumugi ichika hina yuna honoka ayaka haruka asuka
"""
_KANA_AND_KANJI = """
    ぱすわーど ひみつ あんごう かぎ さくら さむらい にんじゃ ふじさん ふじやま にほん にっぽん とうきょう
    おおさか きょうと
    あいしてる だいすき ありがとう さようなら こんにちは おはよう おやすみ がんばれ がんばろう かわいい げんき
    ともだち かぞく
    しあわせ きぼう ゆめ そら うみ やま かわ はな はる なつ あき ふゆ ゆき ほし つき ねこ いぬ ひまわり たんぽぽ もみじ
    どらえもん ぴかちゅう ぽけもん あんぱんまん となりのととろ がんだむ まりお じぶり きてぃ
    じゃいあんつ たいがーす ほーくす どらごんず かーぷ すわろーず べいすたーず らいおんず まりーんず いーぐるす
    さとう すずき たかはし たなか いとう わたなべ やまもと なかむら こばやし かとう よしだ やまだ
    れいわ へいせい しょうわ たいしょう めいじ てすと しすてむ ろぐいん あどみん けんり せきゅりてぃ
    暗証番号 秘密 合言葉 暗号 桜 侍 忍者 富士山 日本 東京 大阪 京都 愛してる 大好き 感謝 夢 希望 幸せ 平和 家族
    友達 一期一会
    七転八起 初志貫徹 温故知新 春夏秋冬 花鳥風月 令和 平成 昭和 巨人 阪神 管理者 利用者 令和元年
"""
#: What this office is about, whatever it is called.
_OFFICE = """
    kyufu kyuufu nanbyo nanbyou nanbyohou kouhi kohi futan futanhou kenko kenkou hoken hokensho hokenjo iryo iryou
    iryouhi jushin jukyusha jukyuusha jukyuushashou shinsei shitei nintei shikyu shikyuu tokutei shikkan kikaku somu
    soumu fukushi chiiki kencho kenchou yakusho yakuba shiyakusho shicho chiji kenmin shimin koumuin komuin shokuin
    kakari kacho kachou buchou mynumber mainanba kojinbango kojinbangou bangou bango jumin juumin juki jukinet lgwan
    koufu kofu shinryo shinryou byoin byouin kanja medical health care public office
    給付 難病 公費 負担 医療 健康 保健 保健所 保健課 受給者 受給者証 申請 認定 指定 疾患 福祉 地域 県庁 役所
    市役所 役場 職員
    公務員 個人番号 番号 住民 住基 交付 番号法 総務課 総務 難病法 きゅうふ なんびょう こうひ いりょう けんこう
    ほけんじょ
    じゅきゅうしゃ しんせい にんてい こじんばんごう まいなんばー しょくいん
"""

_ROWS = (
    "0123456789" * 2,
    "13579" * 4,
    "24680" * 4,
    "abcdefghijklmnopqrstuvwxyz",
    # rows of the US and of the Japanese layout, without and with Shift
    "1234567890-=",
    "1234567890-^\\",
    "!@#$%^&*()_+",
    "!\"#$%&'()0=~|",
    "qwertyuiop[]",
    "qwertyuiop@[",
    "asdfghjkl;'",
    "asdfghjkl;:]",
    "zxcvbnm,./",
    "zxcvbnm,.\\",
    # columns, and the way a hand goes up and down
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7ki8lo9p0",
    "zaqxswcdevfrbgtnhymjukilop",
    "1qazxsw23edcvfr45tgbnhy67ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qawsedrftgyhujikolp",
    "azsxdcfvgbhnjmk",
    "1a2b3c4d5e6f7g8h9i",
    "a1b2c3d4e5f6g7h8i9",
    "147258369", "159357", "123654789", "741852963",
    # the kana of the Japanese layout, and the two orders that children learn
    "ぬふあうえおやゆよわほへ",
    "たていすかんなにらせ",
    "ちとしはきくまのりれけむ",
    "つさそひこみもねるめろ",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "あかさたなはまやらわ",
    "いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやまけふこえてあさきゆめみしゑひもせす",
    "一二三四五六七八九十",
)  # fmt: skip
_YEAR = re.compile(
    r"(?:(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?|[mtshr](?:0?[1-9]|[1-6]\d)(?!\d)"
    r"|(?:令和|平成|昭和)(?:元|\d{1,2})年?|\d{1,4}[年月日])"
)
_LEET = (str.maketrans("0134578@$!+", "oleastbasit"), str.maketrans("013457@$!8|6", "oieastasibig"))
_SEPARATORS = frozenset(" -_.,:;/|'\"・、。ー~=+#*!?@&")
_LONGEST_PIECE = 24


class Fault(StrEnum):
    """What an easily guessed password is made of."""

    RUN = "run"
    OWN = "own"
    OFFICE = "office"
    COMMON = "common"


def fault_in(password: str, *, own: Iterable[str] = (), office: Iterable[str] = ()) -> Fault | None:
    """Return what ``password`` is made of when there is too little else in it, or None when it may be used.

    ``own`` are the person's words, ``office`` the office's name: both are what a guesser tries before any other word.
    """
    text = folded(password)
    if is_common(password):
        return Fault.COMMON
    of_person = frozenset(_parts(own))
    of_office = _office_words() | frozenset(_parts(office))
    for fault, surely, words in (
        (Fault.RUN, frozenset[str](), frozenset[str]()),
        (Fault.OWN, of_person, frozenset[str]()),
        (Fault.OFFICE, of_person | of_office, frozenset[str]()),
        (Fault.COMMON, of_person | of_office, _words()),
    ):
        if _unknown(text, surely=surely, words=words) < UNKNOWN_AT_LEAST:
            return fault
    return None


def is_common(password: str) -> bool:
    """Say whether the password is on the list of those used most in the world."""
    lowered = password.lower().strip()
    return lowered in _common() or folded(password) in _common()


def folded(password: str) -> str:
    """Return the password without what changes nothing for a guesser: case, width, katakana or hiragana."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", password).casefold())
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


def _unknown(text: str, *, surely: Collection[str], words: Collection[str]) -> int:
    """Return how many characters no piece accounts for, when at most ``WORDS_AT_MOST`` of ``words`` are taken."""
    readings = (text, *(text.translate(table) for table in _LEET))
    nothing = len(text) + 1
    # left[k][i]: the fewest unknown characters among the first i, with k words taken
    left = [[nothing] * (len(text) + 1) for _k in range(WORDS_AT_MOST + 1)]
    left[0][0] = 0
    for start in range(len(text)):
        pieces = list(_pieces(readings, start, surely=surely, words=words))
        for taken in range(WORDS_AT_MOST + 1):
            so_far = left[taken][start]
            if so_far == nothing:
                continue
            for end, unknown, is_word in pieces:
                if taken + is_word <= WORDS_AT_MOST:
                    row = left[taken + is_word]
                    row[end] = min(row[end], so_far + unknown)
    return min(row[len(text)] for row in left)


def _pieces(
    readings: tuple[str, ...], start: int, *, surely: Collection[str], words: Collection[str]
) -> Iterator[tuple[int, int, bool]]:
    """Return every piece that begins at ``start``: where it ends, its unknown characters, whether it is a word."""
    text = readings[0]
    yield start + 1, text[start] not in _SEPARATORS, False
    for end in range(start + 2, min(start + _LONGEST_PIECE, len(text)) + 1):
        piece = text[start:end]
        if _is_run(piece) or _is_repeat(text, start, end) or _YEAR.fullmatch(piece):
            yield end, 0, False
        spellings = {reading[start:end] for reading in readings}
        if any(spelling in surely or spelling[::-1] in surely for spelling in spellings):
            yield end, 0, False
        elif any(spelling in words for spelling in spellings):
            yield end, 0, True


def _is_run(piece: str) -> bool:
    least = 3 if piece.isdigit() or not piece.isascii() else 4
    return len(piece) >= least and any(piece in row or piece[::-1] in row for row in _ROWS)


def _is_repeat(text: str, start: int, end: int) -> bool:
    """Say whether the piece stands in the text already, right before or, if it is longer, anywhere before."""
    piece = text[start:end]
    return text[:start].endswith(piece) or (len(piece) > 2 and piece in text[:start])


def _parts(words: Iterable[str]) -> Iterator[str]:
    """Return the words and what they are put together from, long enough to mean something."""
    for word in words:
        text = folded(word)
        for part in (text, re.sub(r"[\W_]+", "", text), *re.split(r"[\W_]+", text), *re.findall(r"[^\W\d_]+", text)):
            if len(part) >= (3 if part.isascii() else 2):
                yield part


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


@cache
def _words() -> frozenset[str]:
    """Return what counts as a known word: our favourites, and what the world uses as a whole password."""
    ours = {folded(word) for word in f"{_FAVOURITES} {_KANA_AND_KANJI}".split()}
    return frozenset(ours | {word for word in _common() if len(word) >= 4 and word.isalpha()})


@cache
def _office_words() -> frozenset[str]:
    return frozenset(folded(word) for word in _OFFICE.split())
