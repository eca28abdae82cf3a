import re

from sign2text.pages.page import STYLE, page


def test_a_page_is_whole_with_its_title_escaped():
    text = page("<a> & b", "<p>body</p>", style="p { color: red; }", script="go();")
    assert text.startswith("<!DOCTYPE html>") and text.endswith("</html>\n")
    assert text.count("&lt;a&gt; &amp; b") == 2 and "<a>" not in text
    assert text.index(STYLE) < text.index("color: red") < text.index("<p>body</p>")
    assert text.index("<p>body</p>") < text.index("<script>go();</script>")
    assert "prefers-color-scheme: dark" in text and "width=device-width" in text


def test_a_page_asks_for_nothing_and_forbids_asking():
    text = page("title", "")
    assert not re.search(r"<script|<link|<img|@import|url\(|https?:", text)
    assert "default-src 'none'" in text
