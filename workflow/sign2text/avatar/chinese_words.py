"""Chinese words of the forecast: numbers, times, places, and names of each phenomenon.

Spaces in the templates only separate parts; the sentences have none.
"""

from __future__ import annotations

from dataclasses import dataclass

from sign2text.avatar.meaning import WEEKDAYS as WEEKDAY_WEIGHTS

DIGITS = "零一二三四五六七八九"


def number(value: int) -> str:
    """Write a whole number from -39 to 39 in words, below zero as 零下.

    >>> number(21), number(10), number(-2)
    ('二十一', '十', '零下二')
    """
    if value < 0:
        return f"零下{number(-value)}"
    if value < 10:
        return DIGITS[value]
    tens, units = divmod(value, 10)
    return f"{DIGITS[tens] if tens > 1 else ''}十{DIGITS[units] if units else ''}"


def degrees(value: int) -> str:
    """Write a number with its unit; when counting, two is 两, so two degrees are 两度.

    >>> degrees(2), degrees(12)
    ('两度', '十二度')
    """
    return number(value).replace("二", "两") + "度" if abs(value) == 2 else f"{number(value)}度"


_CHINESE_DAY = dict(zip(WEEKDAY_WEIGHTS, "一二三四五六日", strict=True))
_PART_ALONE = {
    "NACHT": "[夜间|夜里]", "FRUEH": "[早上|清晨|早晨]", "MITTAG": "[中午|正午]",
    "NACHMITTAG": "[下午|午后]", "ABEND": "[晚上|傍晚]",
}  # fmt: skip
_DAYS = {"HEUTE": "今天", "MORGEN": "明天", "UEBERMORGEN": "后天", "GESTERN": "昨天"}
TIMES = {
    "": "",
    **_DAYS,
    "TAG": "[白天|日间]",
    "WOCHENENDE": "周末",
    "NAECHSTE WOCHE": "[下周|下个星期]",
    "NAECHSTE TAG": "[未来几天|接下来几天|今后几天]",
    "NAECHSTE NACHT": "[下一夜|下个夜里]",
    "NAECHSTE WOCHENENDE": "[下周末|下个周末]",
    "WOCHE": "[本周|这周]",
    "WOCHE BEGINNEN": "[周初|一周之初]",
    "WOCHE ENDE": "[本周后期|周后期]",
    "JETZT": "[现在|目前|眼下]",
    "SPAETER": "[稍后|晚些时候]",
    "DANN": "[然后|随后|之后]",
    "BIS ABEND": "[到晚上|直到傍晚]",
    "BIS MITTAG": "[到中午|直到中午]",
    "BIS NACHT": "[到夜间|直到夜里]",
    "BIS MORGEN": "[到明天|直到明天]",
    "BIS UEBERMORGEN": "[到后天|直到后天]",
    "BIS WOCHENENDE": "[到周末|直到周末]",
    **_PART_ALONE,
}
for _day, _name in _CHINESE_DAY.items():
    TIMES[_day] = f"[周|星期]{_name}"
    TIMES[f"BIS {_day}"] = f"[到周|直到星期]{_name}"
    for _other, _other_name in _CHINESE_DAY.items():
        TIMES[f"{_day} BIS {_other}"] = (
            f"[周{_name}到周{_other_name}|星期{_name}至星期{_other_name}]"
        )
for _day, _name in _CHINESE_DAY.items():
    for _part, _part_name in _PART_ALONE.items():
        TIMES[f"{_day} {_part}"] = f"[周|星期]{_name}{_part_name}"
for _day, _name in _DAYS.items():
    for _part, _part_name in _PART_ALONE.items():
        TIMES[f"{_day} {_part}"] = f"{_name}{_part_name}"
TIMES |= {"HEUTE NACHT": "[今夜|今天夜间]", "HEUTE ABEND": "[今晚|今天晚上]",
          "HEUTE FRUEH": "[今早|今天早上]", "MORGEN FRUEH": "[明早|明天早上]",
          "MORGEN ABEND": "[明晚|明天晚上]"}  # fmt: skip

COMPASS = {
    "NORD": "北", "SUED": "南", "WEST": "西", "OST": "东", "NORD WEST": "西北", "NORD OST": "东北",
    "SUED WEST": "西南", "SUED OST": "东南",
}  # fmt: skip
_LANDS = {"DEUTSCHLAND": "德国", "BAYERN": "巴伐利亚", "HESSEN": "黑森", "SACHSEN": "萨克森"}
NAMES = {
    **{gloss: f"{name}部" for gloss, name in COMPASS.items()}, **_LANDS,
    "MITTE": "中部", "KUESTE": "[沿海|海岸]", "NORDSEE": "北海", "OSTSEE": "波罗的海",
    "KUESTE NORDSEE": "北海沿岸", "KUESTE OSTSEE": "波罗的海沿岸", "ALPEN": "阿尔卑斯山",
    "ALPEN GRENZE": "阿尔卑斯山边缘", "BERG": "[山区|山上]", "TAL": "[山谷|谷地]", "MEER": "海上",
    "FLUSS": "[沿河|河边]", "RHEIN": "[莱茵河沿岸|莱茵河畔]", "RHEIN TAL": "莱茵河谷",
    "DONAU": "[多瑙河沿岸|多瑙河畔]", "ELBE": "[易北河沿岸|易北河畔]", "ELBE TAL": "易北河谷",
    "BERLIN": "柏林", "HAMBURG": "汉堡", "KOELN": "科隆", "MUENCHEN": "慕尼黑",
    "SCHWARZWALD": "黑森林", "HARZ": "哈茨山", "INSEL": "岛上", "INSEL NORDSEE": "北海岛屿",
    "INSEL OSTSEE": "波罗的海岛屿", "REGION": "[该地区|当地]", "UEBERALL": "[各地|到处]",
    "STADT": "[城市|市区]", "LAND": "[乡村|乡间]", "GRENZE": "[边境|边界]",
}  # fmt: skip
for _side in ("NORD", "SUED", "WEST", "OST"):
    for _gloss, _land in _LANDS.items():
        NAMES[f"{_side} {_gloss}"] = f"{_land}{COMPASS[_side]}部"
PLACES = {"": "", **NAMES}
FROM = {gloss: f"[从{name}面|自{name}]" for gloss, name in COMPASS.items()}
TOWARDS = {gloss: f"[向{name}|往{name}]" for gloss, name in COMPASS.items()} | {
    gloss: f"[向{name}|往{name}方向]"
    for gloss, name in (_LANDS | {"ALPEN": "阿尔卑斯山", "KUESTE": "海岸", "OSTSEE": "波罗的海",
                                  "ELBE": "易北河", "RHEIN": "莱茵河"}).items()
}  # fmt: skip


@dataclass(frozen=True)
class Noun:
    """A phenomenon: weak, plain and strong nouns, and a verb phrase of each, if it has one."""

    weak: str
    plain: str
    strong: str
    verb: tuple[str, str, str] | None = None

    @property
    def warned(self) -> str:
        """The plain noun for warnings, which use the longest alternative."""
        return max(self.plain.strip("[]").split("|"), key=len)


NOUNS = {
    "REGEN": Noun("[小雨|少许雨]", "[雨|降雨]", "[大雨|强降雨]", ("下小雨", "下雨", "下大雨")),
    "SCHNEE": Noun("[小雪|少许雪]", "[雪|降雪]", "[大雪|强降雪]", ("下小雪", "下雪", "下大雪")),
    "SCHAUER": Noun(
        "[零星阵雨|小阵雨]", "阵雨", "[强阵雨|较强阵雨]", ("下小阵雨", "下阵雨", "下强阵雨")
    ),
    "GEWITTER": Noun("[零星雷雨|弱雷雨]", "[雷雨|雷暴]", "[强雷雨|强雷暴]"),
    "HAGEL": Noun("小冰雹", "冰雹", "[大冰雹|强冰雹]", ("下小冰雹", "下冰雹", "下大冰雹")),
    "BLITZ": Noun("[零星闪电|少许闪电]", "闪电", "强烈闪电"),
    "SONNE": Noun(
        "[少许阳光|一点阳光]", "阳光", "[灿烂阳光|强烈阳光]", ("稍有阳光", "出太阳", "阳光灿烂")
    ),
    "WOLKE": Noun("[少量云|薄云]", "云", "[厚云|浓云]"),
    "NEBEL": Noun("[薄雾|轻雾]", "雾", "[浓雾|大雾]", ("起薄雾", "起雾", "起大雾")),
    "WIND": Noun("[微风|弱风]", "风", "[大风|强风]", ("刮微风", "刮风", "刮大风")),
    "STURM": Noun("[弱风暴|轻度风暴]", "[风暴|暴风]", "[强风暴|猛烈风暴]"),
    "FROST": Noun("[轻霜冻|轻微霜冻]", "[霜冻|冰冻]", "[严重霜冻|强霜冻]"),
    "GLATTEIS": Noun("[少许薄冰|轻微结冰]", "[路面结冰|薄冰]", "[严重结冰|危险的薄冰]"),
    "HITZE": Noun("[轻度高温|少许炎热]", "[高温|炎热]", "[酷热|极端高温]"),
}
STATES = {
    "TROCKEN": "[干燥|干爽]", "NASS": "[潮湿|湿润]", "WARM": "[温暖|暖和]", "KALT": "[寒冷|冷]",
    "KUEHL": "[凉爽|凉]", "MILD": "[温和|和煦]", "BEDECKT": "[阴沉|阴暗]", "HEITER": "[明朗|晴好]",
    "FREUNDLICH": "[天气宜人|天气舒适]", "WECHSELHAFT": "[天气多变|变化无常]", "KLAR": "晴朗",
}  # fmt: skip
MODIFIERS = {
    "MANCHMAL": "[有时|时而|偶尔]", "TEILS": "[局部|部分地区]", "WIEDER": "[再次|又]",
    "LANGE": "[长时间|持续较久]", "MOEGLICH": "[可能|也许]", "LANGSAM": "[缓慢|逐渐]",
    "SCHNELL": "[迅速|很快]",
}  # fmt: skip
COMPARATIVES = {
    "WARM": "暖", "KALT": "冷", "KUEHL": "凉", "MILD": "温和",
    "FREUNDLICH": "宜人", "TROCKEN": "干燥",
}  # fmt: skip
TRENDS = {
    "WENIGER": "[减弱|变弱]", "MEHR": "[增强|加强]", "BEGINNEN": "[开始|出现]",
    "ENDE": "[结束|停止]", "VERSCHWINDEN": "[消失|消散]", "BLEIBEN": "[持续|不断]",
}  # fmt: skip
MANY = ("WOLKE", "SCHAUER", "GEWITTER", "REGEN", "SCHNEE")
"""Topics that grow in number or amount rather than in strength."""
TRENDS_OF_MANY = {"WENIGER": "[减少|减弱]", "MEHR": "[增多|增加]"}
WEATHER = {
    "BESSER": ("[转好|变好]", "[稍微|略微]", "[明显|大大]"),
    "SCHLECHT": ("[糟糕|恶劣]", "[有点|稍]", "[很|非常]"),
    "SCHOEN": ("[晴好|好]", "[比较|还算]", "[很|非常]"),
    "AENDERN": ("[变化|改变]", "[稍有|略有]", "[明显|大有]"),
    "RUHIG": ("[平稳|平静]", "[比较|还算]", "[很|非常]"),
    "WECHSELHAFT": ("多变", "[有点|稍]", "[很|非常]"),
}  # fmt: skip
AIRS = {"WARM": "暖", "KALT": "冷", "MILD": "温和", "KUEHL": "凉", "NASS": "[湿|潮湿]",
        "TROCKEN": "干"}  # fmt: skip
SKY = {
    "KLAR": "[晴朗|明净]", "BEDECKT": "[阴沉|阴暗]", "HEITER": "[少云|晴间少云]",
    "STERN": "[布满星星|星光闪烁]", "WOLKE": "[多云|有云]",
}  # fmt: skip
