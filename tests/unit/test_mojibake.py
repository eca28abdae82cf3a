"""UTF-8 that was read as Latin-1 or Windows-1252 is undone; right text is never touched."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sign2text.data.clip_table import clip_table
from sign2text.data.mojibake import is_broken, mend

RIGHT = [
    "„Das macht Spaß“, sagte er.",
    "macht Spaß“, sagte er",  # the end of a sentence that began in another clip
    "der Buchstabe „Ä“ und das „ß“…, von Ä–Z und A–Ä–Z",
    "Ärger über Öl – und Übermut…",
    "«Où est l’été ?» demanda-t-il… Ça ira, dès l’aube, à Noël.",
    "«café»… “café”… ‘café’… café— café–",
    "ÂGE D’OR, TÊTE, PÂTÉ",
    "NÃO! “MANHÔ, MANHÃ – IRMÃ… SÃO",
    "naïve façade, jalapeño, Åse, Łódź, Dvořák, İstanbul",
    "今天下雨，明天晴。“你好！”——他说……",
    "5 °C, ½ l, 3 × 4 ± 1 µm, § 5, © 2020, £5, €7, 20 ‰",
    "это по-русски, ελληνικά, עברית, हिन्दी, Tiếng Việt ạ ấ",
    "😀 👍🏽 ❤️ ™ → • …",
    "plain ASCII & nothing else <b>",
    "",
]
RESTORED = [
    "you’re", "“quoted” – dash — ellipsis…", "Größe über Äpfel, Österreich, GRÖSSE, Straße",
    "café à la crème, voilà, où, Noël, ça", "5 °C", "€ 7 ™", "naïve façade", "Åse", "½ l",
    "今天下雨，明天晴。", "→ weiter", "😀 hi", "cœur, œuvre", "« Bonjour »",
]  # fmt: skip


def latin1(text: str) -> str:
    return text.encode().decode("latin-1")


def cp1252(text: str) -> str:
    """As Windows reads it: five bytes have no character there and stay control characters."""
    return "".join(
        bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in text.encode()
    )


@pytest.mark.parametrize("text", RIGHT)
def test_right_text_stays(text):
    assert mend(text) == text
    assert not is_broken(text)


@pytest.mark.parametrize("misread", [latin1, cp1252])
@pytest.mark.parametrize("text", RESTORED)
def test_what_was_misread_is_restored(text, misread):
    assert misread(text) != text
    assert is_broken(misread(text))
    assert mend(misread(text)) == text


def test_twice_misread_is_restored_and_right_text_beside_it_stays():
    assert mend(cp1252(cp1252("It’s"))) == "It’s"
    assert mend("„Spaß“ " + latin1("über")) == "„Spaß“ über"


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("cafÃ", "cafÃ"),  # cut in the middle of a character
        ("\x80\x99 â\x80", "\x80\x99 â\x80"),
        ("macht Spa\xdf\x93", "macht Spa\xdf\x93"),  # Windows read as Latin-1: another fault
        ("Ã\x80\x80", "À\x80"),
    ],
)
def test_what_is_no_whole_character_stays(broken, mended):
    assert mend(broken) == mended


@pytest.mark.parametrize("text", ["don‚Äôt", "√ºber", "├╝ber", "鈥檚", "锟斤拷锟斤拷"])
def test_other_wrong_readings_are_noted_and_left(text):
    assert is_broken(text)
    assert mend(text) == text


WORD = st.text(string.ascii_letters + "äöüßÄÖÜéèêàçïôœæ", min_size=2, max_size=8)
POINT = st.sampled_from([" ", ", ", ". ", "… ", "“ ", "” ", "’", " – ", "—", "»", "” – ", "“…"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(WORD, POINT), min_size=1, max_size=8))
def test_no_german_or_french_is_touched(words):
    text = "".join(word + point for word, point in words)
    assert mend(text) == text


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(WORD, min_size=1, max_size=8))
def test_german_and_french_words_are_restored(words):
    # A word that ends in a capital with a mark is left: Ã may be a letter before a quote.
    text = " ".join(f"{word}e" for word in words)
    assert mend(latin1(text)) == mend(cp1252(text)) == text


@pytest.mark.parametrize(("asked", "text"), [(True, "voilà, you’re"), (False, None)])
def test_a_table_of_clips_is_mended_where_it_is_asked_for(asked, text):
    published = latin1("voilà, you’re")
    table = clip_table(
        ids=["a"],
        videos=["a.mp4"],
        fps=25.0,
        signers=["s"],
        texts=[published],
        glosses=[latin1("SÜD")],
        language="en",
        mend_mojibake=asked,
    )
    assert table["text"][0] == (text or " ".join(published.split()))
    assert table["gloss"][0] == ("SÜD" if asked else latin1("SÜD"))
