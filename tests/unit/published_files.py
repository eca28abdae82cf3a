"""A project whose score is published, and .dvc files as attackers write them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from attacks import refusal, tree

from sign2text.jobs.snakemake_records import record_path
from sign2text.sharing import pull as pulling
from sign2text.sharing.dvc_files import write_dvc_file
from sign2text.sharing.pull import pull

SCORE = "results/avatar/fla_llm.bleu"
PUBLISHED = Path("artefacts/results/avatar/fla_llm.dvc")
MD5 = "0" * 32
HONEST = (
    f"wdir: ../../..\nouts:\n- path: {SCORE}\n  hash: md5\n  md5: {MD5}\n  size: 3\n"
    "meta:\n  needs: []\n"
)


def committed(place: Path, paths: list[str], needs: list[Path], **changes: Any) -> None:
    """Write a .dvc file in its state after `dvc commit`; `changes` are keys of the first out."""
    write_dvc_file(place, paths, needs)
    values = yaml.safe_load(place.read_text(encoding="utf-8"))
    values["outs"] = [each | {"md5": MD5, "size": 3} for each in values["outs"]]
    values["outs"][0] |= changes
    place.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with a published score; a call of DVC fails the test."""
    folder = tmp_path / "outer/project"
    (folder / ".dvc").mkdir(parents=True)
    (folder / "Snakefile").write_text("its own")
    (tmp_path / "outer/outside").mkdir()
    monkeypatch.chdir(folder)
    committed(PUBLISHED, [SCORE, record_path(SCORE).as_posix()], [])
    monkeypatch.setattr(pulling, "run_dvc", lambda *_, **__: pytest.fail("DVC was called"))
    return tmp_path


def refused(project: Path, target: str = SCORE) -> str:
    """Return `pull`'s message about an attack, after checking that nothing was written."""
    before = tree(project)
    said = refusal(lambda: pull(target))
    after = tree(project)
    after.pop("outer/project/.dvc/tmp", None)
    assert after == before
    return said
