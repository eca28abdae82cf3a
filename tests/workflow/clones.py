"""Clones of a project, each on a machine of its own as far as DVC and git can tell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ("Snakefile", "rules", "profiles", "envs", "workflow", ".gitignore")
SHARED = (".dvc/config", ".dvc/.gitignore", ".dvcignore")


class Clone:
    """A clone of a project, on a machine of its own as far as DVC and git can tell."""

    def __init__(self, folder: Path, machine: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(folder / "workflow"),
            "DVC_SITE_CACHE_DIR": str(machine / "site"),
            "DVC_GLOBAL_CONFIG_DIR": str(machine / "dvc"),
            "DVC_SYSTEM_CONFIG_DIR": str(machine / "dvc"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_{what}": "somebody@example.org" for who in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")},
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def run(self, *command: str) -> str:
        """Run a command that must succeed, and return its output."""
        done = self.call(*command)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def refused(self, *command: str) -> str:
        """Run a command of `sign2text` that must fail, and return its output."""
        done = self.call(sys.executable, "-m", "sign2text.commands.main", *command)
        assert done.returncode == 2, done.stdout
        return done.stdout

    def sign2text(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "sign2text.commands.main", *arguments)

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def due(self, *arguments: str) -> list[str]:
        """The rules of the jobs that a dry run lists."""
        said = self.run(sys.executable, "-m", "snakemake", "--dry-run", *arguments)
        found = re.findall(r"^(?:local)?rule (\w+):$", said, re.MULTILINE)
        assert found or "Nothing to be done" in said, said
        return found


def files_below(folder: Path, *roots: str) -> dict[str, bytes]:
    found = (path for root in roots for path in (folder / root).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def copy_project(folder: Path, configuration: str = "tiny.yaml") -> None:
    """Copy the workflow into `folder`, with the configuration of the tiny corpus."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / ".dvc").mkdir()
    for name in SHARED:
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(Path(__file__).parent / configuration, folder / "config.yaml")
    shown = (ROOT / "dvc.yaml").read_text(encoding="utf-8").replace("avatar", "tiny")
    (folder / "dvc.yaml").write_text(shown, encoding="utf-8")
    (folder / "README.md").write_text("# Tiny\n")


def make_repository(folder: Path, machine: Path) -> Clone:
    """Commit all of `folder`, with a remote of DVC on the same machine."""
    clone = Clone(folder, machine)
    clone.git("init", "--quiet", "--initial-branch", "main")
    clone.dvc("remote", "add", "--default", "shelf", str(machine / "shelf"))
    clone.git("add", ".")
    clone.git("commit", "--quiet", "--message", "Tiny")
    return clone


def published_and_pulled(
    run: Path, configuration: str, score: str, place: Path
) -> tuple[Path, Clone, set[str]]:
    """Publish `score` of a copy of the folder `run`, and pull it in a clone: nothing is due then.

    Args:
        configuration: the run's, such as tiny_mmtlb.yaml.
        place: a folder for both.

    Returns:
        the copy, the clone, and the names of the pulled files.
    """
    folder = Path(shutil.copytree(run, place / "maker/sign2text"))
    copy_project(folder, configuration)
    maker = make_repository(folder, place / "maker")
    maker.sign2text("publish", score)
    maker.git("add", "artefacts")
    maker.git("commit", "--quiet", "--message", "Publish")
    maker.git("clone", "--quiet", str(folder), str(place / "other/elsewhere"))
    clone = Clone(place / "other/elsewhere", place / "other")
    clone.sign2text("pull", score)
    assert clone.due(score) == []
    made = files_below(folder, "results", "resources")
    pulled = files_below(clone.folder, "results", "resources")
    assert all(made[name] == content for name, content in pulled.items())
    assert "nothing to mend" in clone.sign2text("verify", score)
    return folder, clone, set(pulled)
