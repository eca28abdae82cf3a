"""Names and messages cannot steer the terminal that they are printed to."""

import io
import logging
from pathlib import Path

import pytest

from sign2text.commands.main import main
from sign2text.ground.terminal import VisibleFormatter, VisibleStream, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("clip\x1b[2J.mp4", r"clip\x1b[2J.mp4"),
        ("a\rb", r"a\rb"),
        ("\x9b31m", r"\x9b31m"),
        ("a\x00\x7f", r"a\x00\x7f"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("clip\udcff", r"clip\udcff"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("süß 天气 — ok", "süß 天气 — ok"),
    ],
)
def test_what_would_steer_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (text,), None)
    assert VisibleFormatter("%(message)s").format(record) == shown
    stream = io.StringIO()
    print(text, end="", file=VisibleStream(stream))
    assert stream.getvalue() == shown


def test_letters_that_a_terminal_does_not_know_are_escaped_too() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print("süß", file=VisibleStream(stream))
    stream.flush()
    assert raw.getvalue() == b"s\\xfc\\xdf\n"


def test_the_command_line_escapes_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["show", str(tmp_path / "a\x1b[2J.bleu")])
    shown = capsys.readouterr().err
    assert r"a\x1b[2J.bleu" in shown and "\x1b" not in shown
