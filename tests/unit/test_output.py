"""Commands print whatever a name or a text holds, to whatever terminal."""

import io
import json
import os
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml
from made_jobs import ROOT, make_corpus, make_job
from odd_paths import NOT_UTF8
from score_files import score_file

from sign2text.commands import main as cli
from sign2text.config.project import Project
from sign2text.ground.terminal import VisibleStream, json_text, print_json

ENCODINGS = ["ascii", "latin-1", "cp437", "utf-8", "utf-16"]
TEXT = "Grüße, 天气 \U0001f600"
STEERING = "a\x1b[2J\x7f\x9b31m\u202eb\r"


class Terminal:
    """stdout or stderr that takes one encoding alone, as with PYTHONIOENCODING."""

    def __init__(self, encoding: str) -> None:
        self.raw, self.encoding = io.BytesIO(), encoding
        self.stream = io.TextIOWrapper(self.raw, encoding=encoding, errors="strict")

    @property
    def text(self) -> str:
        self.stream.flush()
        return self.raw.getvalue().decode(self.encoding)


def run(monkeypatch: pytest.MonkeyPatch, encoding: str, *arguments: object) -> tuple[int, str]:
    """Exit code and stdout of a command on a terminal of that encoding."""
    terminal, code = Terminal(encoding), 0
    monkeypatch.setattr(sys, "stdout", terminal.stream)
    try:
        cli.main([str(each) for each in arguments])
    except SystemExit as ended:
        code = ended.code or 0
    return code, terminal.text


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", [NOT_UTF8, TEXT, STEERING, 'quote"\\'])
@pytest.mark.parametrize("indent", [None, 1])
def test_json_is_json_on_every_terminal(encoding: str, name: str, indent: int | None) -> None:
    value = {"clip": name, "hypotheses": [{"text": TEXT, "score": -0.5}]}
    text = json_text(value, encoding, indent)
    assert json.loads(text.encode(encoding)) == value
    assert not set(text) & set("\x1b\x7f\x9b\u202e\r\udce9")
    assert ("\n" in text) == (indent is not None)


def test_json_shows_letters_where_the_terminal_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert json_text(["süß 天气"]) == '["süß 天气"]'
    assert json_text(["süß"], "latin-1") == '["süß"]'
    assert json_text(["süß 天"], "latin-1") == '["s\\u00fc\\u00df \\u5929"]'
    terminal = Terminal("ascii")
    monkeypatch.setattr(sys, "stdout", terminal.stream)
    print_json({"a": "ß"})
    assert terminal.text == '{"a": "\\u00df"}\n'


def test_a_name_that_is_not_utf8_comes_back_from_json() -> None:
    assert os.fsencode(json.loads(json_text(NOT_UTF8))) == b"caf\xe9"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_scores_are_shown_on_every_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    example = {"id": TEXT, "signer": NOT_UTF8, "reference": STEERING, "hypothesis": TEXT}
    paths = [
        score_file(tmp_path / f"{name}.bleu", experiment="x", seed=seed, examples=[example])
        for seed, name in enumerate(("Größe", NOT_UTF8, "天气"))
    ]
    code, out = run(monkeypatch, encoding, "show", *paths)
    assert code == 0
    assert out.count("all test clips") >= 3 and r"caf\udce9.bleu" in out
    assert "\x1b" not in out and "\u202e" not in out and r"\x1b[2J" in out
    plus_minus = "±" if encoding != "ascii" else r"\xb1"
    assert "seeds 0, 1, 2 of one experiment on phoenix" in out and plus_minus in out


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workflow's folder with some jobs made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").symlink_to(ROOT / "config.yaml")
    project = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    make_corpus(partial(make_job, project))
    return tmp_path


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_chains_are_shown_on_every_terminal(
    workflow: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    target = "results/avatar/common/sample_frames/dev.tar"
    for asked in (f"./{target}", workflow / target):
        code, out = run(monkeypatch, encoding, "explain", asked)
        assert code == 0 and out.startswith(target) and "synthesize_avatar" in out
        assert "by hand" not in out
    code, out = run(monkeypatch, encoding, "explain", target, "--json")
    assert code == 0 and json.loads(out)["target"] == target
    code, out = run(monkeypatch, encoding, "verify", workflow / target)
    assert code == 0 and out.startswith(f"{target}: ") and "nothing to mend" in out


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", ["", "translate", "show", "plan", "explain", "publish", "pull"])
def test_help_is_shown_on_every_terminal(
    monkeypatch: pytest.MonkeyPatch, encoding: str, command: str
) -> None:
    code, out = run(monkeypatch, encoding, *filter(None, [command]), "--help")
    assert code == 0 and "usage: sign2text" in out


def test_a_wrong_option_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["show", f"--{STEERING}"], [STEERING], ["plan", "x", "--steps", STEERING]):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        said = capsys.readouterr().err
        assert ended.value.code == 2
        assert "\x1b" not in said and "\u202e" not in said and "error: " in said


def test_a_process_without_stdout_ends_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after `>&-` in a shell."""
    path = score_file(tmp_path / "x.bleu")
    monkeypatch.setattr(sys, "stdout", None)
    cli.main(["show", str(path)])
    assert capsys.readouterr().err == ""
    assert VisibleStream(None).write("abc") == 3


def test_a_full_disk_behind_stdout_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = score_file(tmp_path / "x.bleu")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            cli.main(["show", str(path)])
        monkeypatch.undo()
    assert ended.value.code == cli.FAILED
    assert capsys.readouterr().err == "sign2text: No space left on device\n"


def test_an_interrupt_ends_a_command_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sign2text.scoring.score_reader.read_score_file", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main(["show", str(tmp_path / "x.bleu")])
    assert ended.value.code == 130
    assert capsys.readouterr().err == ""
