"""Wrong values of options, on the command line of `sign2text` and of stages."""

import os
from pathlib import Path

import pytest
from odd_paths import MAKERS, odd_path
from score_files import score_file

from sign2text.commands import main as cli
from sign2text.data.annotation_file import read_lines
from sign2text.fetching.acquisition import TABLE
from sign2text.ground.errors import InputError
from sign2text.ground.files import kind_of
from sign2text.ground.terminal import visible
from sign2text.jobs.command_line import _check_inputs, _make_parser, _unreachable
from sign2text.stages import sample_frames
from sign2text.untrusted.pickles import load_data

CONFIG = """
datasets: {avatar: {adapter: avatar, language: de}}
experiments: {fla_llm: {method: fla_llm}}
"""
NO_FILE = [each for each in MAKERS if each not in ("empty", "binary", "text", "not utf-8")]
KINDS = {
    "missing": "nothing",
    "folder": "a folder",
    "null": "a device",
    "zero": "a device",
    "pipe": "a pipe",
    "socket": "a socket",
    "circle": "a link in a circle",
    "link to nothing": "a link to nothing",
    "inside a file": "nothing",
    "long": "a name that is too long for a file",
}


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and stderr of a command."""
    with pytest.raises(SystemExit) as end:
        cli.main([str(each) for each in arguments])
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_at_a_path_has_a_name(tmp_path: Path, kind: str) -> None:
    assert kind_of(odd_path(tmp_path, kind)) == KINDS[kind]


@pytest.mark.parametrize("kind", MAKERS)
def test_scores_that_are_none_keep_no_others_from_being_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    odd, good = odd_path(tmp_path, kind, ".bleu"), score_file(tmp_path / "good.bleu")
    with pytest.raises(SystemExit) as end:
        cli.main(["show", str(odd), str(good)])
    said = capsys.readouterr()
    assert end.value.code == cli.WRONG_INPUT
    assert "all test clips" in said.out and str(good) in said.out
    assert visible(f"sign2text: {odd}: ") in said.err


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("command", ["explain", "verify", "plan"])
def test_a_target_that_is_none_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    odd = odd_path(tmp_path / "files", kind, ".txt")
    code, said = ended(capsys, command, odd)
    assert code in (cli.WRONG_INPUT, cli.FAILED)
    assert visible(f"files/{odd.relative_to(tmp_path / 'files')}") in said
    assert "by hand" not in said and "--force" not in said


@pytest.mark.parametrize("kind", MAKERS)
def test_a_configuration_that_is_none_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = odd_path(tmp_path, kind, ".yaml")
    code, said = ended(capsys, "explain", "results/avatar/x.bleu", "--configfile", odd)
    assert code == cli.WRONG_INPUT and visible(f"sign2text: {odd}: ") in said
    if kind in NO_FILE and KINDS[kind] != "nothing":
        assert f"{KINDS[kind]} found, expected a configuration in YAML" in said


@pytest.mark.parametrize("number", ["-1", "1e9", "nan", "9" * 5000, "many", "10000000000"])
@pytest.mark.parametrize("option", ["--steps", "--warm-up", "--vocabulary", "--threads"])
def test_a_number_of_a_plan_is_bounded(
    capsys: pytest.CaptureFixture[str], option: str, number: str
) -> None:
    code, said = ended(capsys, "plan", "results/avatar/fla_llm.bleu", option, number)
    assert code == 2
    assert f"argument {option}: {number[:40]}" in said and "a whole number from " in said


@pytest.mark.parametrize("number", ["-1", "1e9", "nan", "1000000000"])
def test_the_threads_of_a_stage_are_bounded(
    capsys: pytest.CaptureFixture[str], number: str
) -> None:
    import typing

    parser = _make_parser(sample_frames.run, typing.get_type_hints(sample_frames.run), "x")
    given = ["--manifest", "a", "--output", "b", "--threads"]
    with pytest.raises(SystemExit):
        parser.parse_args([*given, number])
    assert f"{number} found, a whole number from 0 to 4096 expected" in capsys.readouterr().err
    assert parser.parse_args([*given, "2"]).threads == 2


@pytest.mark.parametrize("kind", NO_FILE)
def test_an_input_of_a_stage_that_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    odd = odd_path(tmp_path, kind)
    if kind == "folder":
        return _check_inputs({"manifest": odd})
    expected = "no file" if KINDS[kind] == "nothing" else f"{KINDS[kind]} found, a file or folder"
    with pytest.raises(InputError, match=f"--train-manifest: .*{expected}"):
        _check_inputs({"train_manifest": odd})
    with pytest.raises(InputError, match=expected):
        _check_inputs({"scores": [tmp_path, odd]})
    return None


@pytest.mark.parametrize("kind", NO_FILE)
@pytest.mark.parametrize("reader", [read_lines, load_data])
def test_annotations_that_are_no_file_are_named(tmp_path: Path, kind: str, reader) -> None:
    odd = odd_path(tmp_path, kind, ".csv")
    expected = "no such" if KINDS[kind] == "nothing" else f"{KINDS[kind]} found"
    with pytest.raises(InputError, match=expected):
        reader(odd)


@pytest.mark.parametrize("reader", [read_lines, load_data])
def test_annotations_without_rights_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader
) -> None:
    path = tmp_path / "clips.csv"
    path.write_text("x")

    def read(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(InputError, match=r"clips\.csv: cannot be read \(Permission denied\)"):
        reader(path)


@pytest.mark.parametrize("kind", NO_FILE)
def test_an_archive_that_is_no_file_is_passed_over(tmp_path: Path, kind: str) -> None:
    if kind != "long":
        odd_path(tmp_path, kind, ".tar.gz")
    assert TABLE.pieces[0].find_archives(tmp_path) == []


def test_a_path_that_cannot_be_opened_needs_no_traceback(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / ("x" * 300), odd_path(tmp_path, "circle")):
        with pytest.raises(OSError) as error:
            os.close(os.open(path, os.O_RDWR))
        assert _unreachable(error.value).startswith(f"{path}: cannot be opened (")
    assert _unreachable(FileNotFoundError(2, "No such file", "x")) is None
    assert _unreachable(ValueError("x")) is None
