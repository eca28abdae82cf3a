"""Attacks on `sign2text pull`: .dvc files, the places that they name, and what comes."""

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from attacks import refusal, tree
from published_files import HONEST, MD5, PUBLISHED, SCORE, committed, make_project, refused

from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import record_path
from sign2text.lineage.provenance_file import SUFFIX
from sign2text.sharing import publish as publishing
from sign2text.sharing import pull as pulling
from sign2text.sharing.dvc_command import run_dvc
from sign2text.sharing.dvc_files import (
    LARGEST,
    MOST_JOBS,
    PARTIAL,
    dvc_place,
    find_published,
)
from sign2text.sharing.pull import check_arrived, md5_of, pull

RECORD = {"rule": "score", "input": ["a"], "endtime": 12.5, "incomplete": False}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose score is published; to call DVC fails the test."""
    return make_project(tmp_path, monkeypatch)


def link_below(project: Path) -> None:
    Path("results").mkdir()
    Path("results/avatar").symlink_to(project / "outer/outside")


def link_at(project: Path) -> None:
    Path(SCORE).parent.mkdir(parents=True)
    Path(SCORE).symlink_to(project / "outer/project/Snakefile")


def dangling_link_at(project: Path) -> None:
    Path(SCORE).parent.mkdir(parents=True)
    Path(SCORE).symlink_to(project / "outer/outside/new")


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (link_below, "results/avatar: a link to another place"),
        (link_at, f"{SCORE}: found a link, expected a file or nothing"),
        (dangling_link_at, f"{SCORE}: found a link, expected a file or nothing"),
        (lambda _: Path(SCORE).mkdir(parents=True), f"{SCORE}: found a folder or device"),
        (lambda _: Path("results").write_text("x"), "results: found a file, expected a folder"),
    ],
)
def test_what_lies_where_files_come_to_is_refused(
    project: Path, prepare: Callable[[Path], None], said: str
) -> None:
    prepare(project)
    assert said in refused(project)


def unreadable(kind: str) -> Path:
    """A .dvc file before the published one, which names the score and cannot be read."""
    place = Path("artefacts/results/a.dvc")
    if kind == "a link":
        place.symlink_to("/dev/zero")
    elif kind == "a folder":
        place.mkdir()
    elif kind == "a pipe":
        os.mkfifo(place)
    elif kind == "large":
        place.write_bytes(SCORE.encode() + b" " * LARGEST)
    else:
        place.write_text(f"{SCORE} \0 \x1b[2J [[[", encoding="utf-8")
    return place


@pytest.mark.parametrize("kind", ["a link", "a folder", "a pipe", "large", "no YAML"])
def test_an_unreadable_file_ends_no_pull_of_anything_else(
    project: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    unreadable(kind)
    with caplog.at_level(logging.WARNING):
        assert find_published(SCORE) == PUBLISHED
    assert "Passed over: artefacts/results/a.dvc" in caplog.text
    assert "\x1b" not in caplog.text


def test_the_unreadable_file_that_is_needed_is_named(project: Path) -> None:
    PUBLISHED.write_text(HONEST.replace("size: 3", "size: x"), encoding="utf-8")
    assert f"{PUBLISHED}: outs[0].size: found x" in refused(project)


def test_needs_behind_a_link_are_refused(project: Path) -> None:
    Path("artefacts/l").symlink_to(project / "outer/outside")
    committed(PUBLISHED, [SCORE], [Path("artefacts/l/x.dvc")])
    (project / "outer/outside/x.dvc").write_text(HONEST)
    assert "artefacts/l: a link to another place" in refused(project)


def test_needs_in_a_circle_are_each_read_once(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path("artefacts/results/avatar/other.dvc")
    committed(PUBLISHED, [SCORE], [other, PUBLISHED])
    committed(other, ["results/z"], [PUBLISHED, other])
    called = []
    monkeypatch.setattr(pulling, "run_dvc", lambda *given, **_: called.append(given))
    with pytest.raises(InputError, match="found nothing, expected md5"):
        pull(SCORE)
    assert [Path(each).name for each in called[0][1:]] == ["fla_llm.dvc", "other.dvc"]


def test_an_endless_chain_of_needs_is_refused(project: Path) -> None:
    places = [Path(f"artefacts/results/c{number}.dvc") for number in range(MOST_JOBS + 1)]
    committed(PUBLISHED, [SCORE], places[:1])
    text = places[0].parent.parent.joinpath("results/avatar/fla_llm.dvc").read_text()
    for number, place in enumerate(places):
        need = places[min(number + 1, MOST_JOBS)].as_posix()
        plain = text.replace(SCORE, f"results/c/{number}").replace("../../..", "../..")
        place.write_text(plain.replace(places[0].as_posix(), need))
    assert f"needs more than {MOST_JOBS} other .dvc files" in refused(project)


def test_dvc_reads_nothing_that_others_wrote(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HONEST.replace(MD5, "12e45678901234567890123456789012")
    PUBLISHED.write_text(f"{text}# a remark of theirs\n", encoding="utf-8")
    PARTIAL.symlink_to(project / "outer/outside")
    seen = []

    def run(*given: str, **_: Any) -> None:
        seen.append(Path(given[1]).read_text(encoding="utf-8"))

    monkeypatch.setattr(pulling, "run_dvc", run)
    with pytest.raises(InputError, match="found nothing, expected md5"):
        pull(SCORE)
    out = {"path": SCORE, "hash": "md5", "md5": "12e45678901234567890123456789012", "size": 3}
    assert json.loads(seen[0]) == {"wdir": "../../..", "outs": [out]}
    assert not PARTIAL.exists() and not PARTIAL.is_symlink()
    assert list((project / "outer/outside").iterdir()) == []


@pytest.mark.parametrize(
    "record",
    [
        *(RECORD | {"endtime": each} for each in (None, "12", True, -1, 10**400, 1e300, [1])),
        *("inf", "nan", "-inf"),
        *(RECORD | {key: 5} for key in ("rule", "input", "params", "code", "input_checksums")),
        *(RECORD | {"input": [5]}, RECORD | {"incomplete": "no"}, RECORD | {"starttime": True}),
        *([1], "text", {"rule": ""}, {}),
        *("[" * 100_000, '{"rule": ' + "[" * 100_000, '{"rule": ' + "1" * 5000 + "}", "\0", ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_record_that_snakemake_could_not_use_is_removed(
    project: Path, monkeypatch: pytest.MonkeyPatch, record: Any
) -> None:
    text = record if isinstance(record, str) else json.dumps(record)
    if text in ("inf", "nan", "-inf"):
        text = json.dumps(RECORD | {"endtime": float(text)})
    place = record_path(SCORE)

    def bring(*_: str, **__: Any) -> None:
        for path, content in ((Path(SCORE), "abc"), (place, text)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    bring()
    committed(PUBLISHED, [SCORE, place.as_posix()], [])
    values = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    for out in values["outs"]:
        path = Path(out["path"])
        out |= {"md5": md5_of(path), "size": path.stat().st_size}
        path.unlink()
    PUBLISHED.write_text(yaml.safe_dump(values), encoding="utf-8")
    monkeypatch.setattr(pulling, "run_dvc", bring)
    message = refusal(lambda: pull(SCORE))
    assert message.startswith("Snakemake's records that came are not what it writes")
    assert place.as_posix() in message and len(message) < 2000
    assert not place.exists()


def test_a_size_that_lies_and_a_folder_or_link_that_came_are_refused(project: Path) -> None:
    good = Path(SCORE)
    good.parent.mkdir(parents=True)
    good.write_text("abc")
    (good.parent / "link").symlink_to(good.name)
    (good.parent / "folder").mkdir()
    outs = [
        pulling.Out(SCORE, md5_of(good), 9),
        pulling.Out("results/avatar/link", md5_of(good), 3),
        pulling.Out("results/avatar/folder", MD5, 3),
    ]
    message = refusal(lambda: check_arrived(outs))
    assert f"{SCORE}: found 3 bytes, expected 9 bytes" in message
    assert "results/avatar/link: found nothing" in message
    assert "results/avatar/folder: found nothing" in message
    assert not good.exists() and not (good.parent / "link").is_symlink()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has published a score to a folder with DVC itself, and lost it since."""
    folder = tmp_path / "outer/project"
    (folder / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(folder)
    for kind in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE"):
        monkeypatch.setenv(f"DVC_{kind}_DIR", str(tmp_path / "machine"))
    (folder / ".dvc/config").write_text(
        "[core]\n    no_scm = true\n    remote = shelf\n['remote \"shelf\"']\n"
        f"    url = {tmp_path / 'remote'}\n"
    )
    (folder / "Snakefile").write_text("its own")
    Path(SCORE).parent.mkdir(parents=True)
    Path(SCORE).write_text("{}")
    Path(SCORE).chmod(0o755)  # DVC notes that
    record = record_path(SCORE)
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps(RECORD))
    parcel = publishing.Parcel(
        dvc_place(f"results/avatar/fla_llm{SUFFIX}"), (SCORE,), (record.as_posix(),), (), ()
    )
    monkeypatch.setattr(publishing, "trace", lambda *_: None)
    monkeypatch.setattr(publishing, "pack", lambda *_, **__: [parcel])
    for name in ("check_nothing_due", "check_all"):
        monkeypatch.setattr(publishing, name, lambda *_: None)
    publishing.publish(SCORE, None, Path("config.yaml"))
    for name in ("results", ".snakemake", ".dvc/cache"):
        shutil.rmtree(name)
    return tmp_path


def test_an_honest_file_is_pulled_beside_broken_ones(shelf: Path) -> None:
    Path("artefacts/results/a.dvc").write_text(f"{SCORE} [[[", encoding="utf-8")
    Path("artefacts/dvc.yaml").write_text("[" * 100_000, encoding="utf-8")
    Path("artefacts/b.dvc").symlink_to("/dev/zero")
    (pulled,) = pull(SCORE)
    assert [out.path for out in pulled.outputs] == [SCORE]
    assert Path(SCORE).read_text() == "{}" and Path(SCORE).stat().st_mtime == RECORD["endtime"]
    assert not PARTIAL.exists()


@pytest.mark.parametrize("kind", ["dir", "files"])
def test_a_list_that_names_the_snakefile_writes_nothing(shelf: Path, kind: str) -> None:
    """The attack as it worked with DVC: its own list of files leads out of the folder."""
    evil = shelf / "evil"
    evil.write_text("overwritten")
    md5 = md5_of(evil)
    listing = shelf / "listing"
    listing.write_text(json.dumps([{"md5": md5, "relpath": "../../Snakefile"}]))
    folder = f"{md5_of(listing)}.dir"
    for name, source in ((md5, evil), (folder, listing)):
        place = shelf / "remote/files/md5" / name[:2] / name[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    out: dict[str, Any] = {"path": "results/avatar", "hash": "md5", "md5": folder, "size": 11}
    if kind == "files":
        del out["md5"]
        out["files"] = [{"relpath": "../../Snakefile", "md5": md5, "size": 11}]
    values = {"wdir": "../../..", "outs": [out], "meta": {"needs": []}}
    PUBLISHED.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    before = tree(shelf)
    message = refusal(lambda: pull("results/avatar"))
    assert ("files" if kind == "files" else folder) in message
    after = tree(shelf)
    assert {name: after.get(name) for name in before} == before
    assert not any(name.startswith("outer/project/results") for name in after)
    if kind == "dir":
        # That the attack works without us, else this test shows nothing.
        run_dvc("pull", "--force", PUBLISHED.as_posix())
        assert Path("Snakefile").read_text() == "overwritten"
