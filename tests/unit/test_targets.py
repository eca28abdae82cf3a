"""Commands take a file of the workflow however its path is written."""

import os
from pathlib import Path

import pytest

from sign2text.commands.main import make_parser
from sign2text.ground.errors import InputError
from sign2text.ground.targets import workflow_path

SCORE = "results/avatar/fla_llm.bleu"


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workflow's folder, which is the current one; it is reached by a link too."""
    folder = tmp_path / "disk" / "project"
    (folder / "results/avatar").mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "written",
    [
        SCORE,
        f"./{SCORE}",
        f"././/{SCORE}",
        f"{SCORE}/",
        "results//avatar/fla_llm.bleu",
        "results/avatar/../avatar/fla_llm.bleu",
        "results/other/../avatar/./fla_llm.bleu",
        f"../project/{SCORE}",
        "{folder}/" + SCORE,
        "{folder}/../project/./" + SCORE,
        "{folder}/../../link/" + SCORE,
        "//{folder}/" + SCORE,
    ],
)
def test_a_path_is_the_workflows_own(workflow: Path, written: str) -> None:
    assert workflow_path(written.format(folder=workflow)) == SCORE


def test_results_on_another_disk_are_the_workflows(workflow: Path, tmp_path: Path) -> None:
    (workflow / "results").rename(tmp_path / "results2")
    (workflow / "results").symlink_to(tmp_path / "results2")
    for path in (SCORE, f"{workflow}/{SCORE}", f"{tmp_path}/results2/avatar/fla_llm.bleu"):
        assert workflow_path(path) == SCORE


def test_a_link_at_the_end_is_not_followed(workflow: Path) -> None:
    (workflow / SCORE).symlink_to("/nowhere/x.bleu")
    assert workflow_path(f"{workflow}/{SCORE}") == SCORE


def test_a_name_that_is_not_utf8_stays(workflow: Path) -> None:
    name = os.fsdecode(b"results/avatar/caf\xe9.bleu")
    assert workflow_path(f"./{name}") == name


@pytest.mark.parametrize(
    "outside", ["/etc/passwd", f"../{SCORE}", f"../project2/{SCORE}", "..", "/"]
)
def test_a_path_outside_is_refused(workflow: Path, outside: str) -> None:
    with pytest.raises(InputError, match=r"lies outside of the workflow's folder .*/disk/project"):
        workflow_path(outside)


@pytest.mark.parametrize("command", ["explain", "verify", "publish", "pull", "plan"])
def test_each_command_about_a_target_takes_them(workflow: Path, command: str) -> None:
    for path in (f"./{SCORE}", f"{workflow}/{SCORE}"):
        assert make_parser().parse_args([command, path]).target == SCORE
