"""Segmentation of the avatar's Chinese sentences, which have no spaces, and parts of speech.

A sentence is divided into the fewest words of the lexicon. A word is its own lemma.
"""

from __future__ import annotations

from collections.abc import Sequence

from sign2text.avatar.annotated_word import Word, entry_of, read_lexicon
from sign2text.avatar.chinese_words import COMPASS, number

_DAYS = "一二三四五六日"
LEXICON = {number(value): (number(value), "NUM") for value in range(40)}
LEXICON |= {each: (each, "NOUN") for day in _DAYS for each in (f"周{day}", f"星期{day}")}
LEXICON |= {
    each: (each, "NOUN")
    for side in COMPASS.values()
    for each in (side, f"{side}部", f"{side}面", f"{side}风")
}
LEXICON |= read_lexicon(
    {
        "NUM": "两 一个",
        "NOUN": "今天 明天 后天 昨天 白天 日间 周末 下周 下周末 星期 未来 今后 几天 夜 夜里 夜间 "
        "本周 这周 周初 一周 之初 后期 周 现在 目前 眼下 时候 早上 清晨 早晨 中午 正午 下午 午后 "
        "晚上 傍晚 今夜 今晚 今早 明早 明晚 中部 沿海 海岸 沿岸 边缘 山区 山上 山谷 谷地 海上 海 "
        "沿河 河边 畔 谷 岛上 岛 岛屿 地区 当地 各地 城市 市区 乡村 乡间 边境 边界 上空 方向 "
        "小雨 雨 降雨 大雨 小雪 雪 降雪 大雪 阵雨 雷雨 雷暴 冰雹 闪电 阳光 太阳 云 薄云 厚云 浓云 "
        "薄雾 轻雾 雾 浓雾 大雾 微风 弱风 风 大风 强风 风暴 暴风 霜冻 冰冻 薄冰 结冰 路面 高温 "
        "炎热 酷热 危险 警报 天气 气温 温度 度 之间 高压 低压 高气压 低气压 空气 天空 天上 星星 "
        "星光 局部",
        "PROPN": "德国 巴伐利亚 黑森 萨克森 北海 波罗的海 阿尔卑斯山 莱茵河 多瑙河 易北河 柏林 "
        "汉堡 科隆 慕尼黑 黑森林 哈茨山",
        "ADJ": "微弱 轻微 强劲 猛烈 少许 零星 强烈 灿烂 少量 轻度 严重 极端 小 大 强 弱 轻 干燥 "
        "干爽 潮湿 湿润 温暖 暖和 寒冷 冷 凉爽 凉 温和 和煦 阴沉 阴暗 明朗 晴好 宜人 舒适 多变 "
        "变化无常 晴朗 很多 大量 暖 糟糕 恶劣 好 平稳 平静 湿 干 明净 少云 晴间少云 多云 部分",
        "ADV": "到处 接下来 晚些 稍后 然后 随后 之后 较 一点 稍 稍微 有点 略 略微 非常 十分 特别 "
        "不 并不 明显 显著 大幅 大大 比较 还算 很 更 还 完全 有时 时而 偶尔 再次 又 长时间 久 可能 "
        "也许 缓慢 逐渐 迅速 很快 零下 零上 最高 不断 如何 怎么样 怎样",
        "DET": "该 下个 下一",
        "ADP": "到 直到 至 从 自 向 往 在",
        "CCONJ": "和 而",
        "AUX": "会 将 将会",
        "PART": "的 吗",
        "VERB": "吹 刮 有 下 出 起 无 没有 出现 移动 推进 到来 移来 而来 减弱 变弱 增强 加强 开始 "
        "结束 停止 消失 消散 持续 减少 增多 增加 变 变得 保持 继续 上升 升高 回升 下降 降低 回落 "
        "转好 变好 变化 改变 停留 维持 靠近 流入 涌来 发布 布满 闪烁 可达",
    }
)
LONGEST = max(map(len, LEXICON))


def annotate(sentence: str) -> list[Word]:
    """Segment and annotate a sentence of the avatar's grammar.

    Raises:
        InputError: the sentence cannot be divided into the grammar's words.

    >>> [word.text for word in annotate("今天德国北部下大雨")]
    ['今天', '德国', '北部', '下', '大雨']
    """
    forms = segment(sentence)
    return [
        Word(form, form, _ambiguous(forms, place) or entry_of(form, LEXICON, sentence).pos)
        for place, form in enumerate(forms)
    ]


def segment(sentence: str) -> list[str]:
    """Divide a sentence into the fewest words; an unknown stretch becomes single characters.

    Of two divisions into equally many words, the one with the shorter last word is used: 很多|云.
    """
    best: list[tuple[int, int]] = [(0, 0)]  # (words, start of the last one) up to each character
    for end in range(1, len(sentence) + 1):
        starts = range(max(0, end - LONGEST), end)
        known = [(best[s][0] + 1, s) for s in starts if sentence[s:end] in LEXICON]
        unknown = best[end - 1][0] + len(sentence), end - 1
        best.append(min(known, key=lambda each: (each[0], -each[1]), default=unknown))
    forms, end = [], len(sentence)
    while end:
        start = best[end][1]
        forms.append(sentence[start:end])
        end = start
    return forms[::-1]


def _ambiguous(forms: Sequence[str], place: int) -> str | None:
    """Return the part of speech of an ambiguous form; None to use the lexicon's."""
    after = forms[place + 1] if place + 1 < len(forms) else ""
    if forms[place] == "危险" and after == "的":
        return "ADJ"
    return None
