"""Attacks with provenance files, Snakemake's records and score files that others made."""

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from attacks import refusal, tree
from score_files import score_file

from sign2text.commands import main as cli
from sign2text.comparing.score_runs import read_run
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import end_of, read_record, record_path
from sign2text.jobs.unrecorded import mark_unrecorded
from sign2text.lineage.chain import DEEPEST, trace
from sign2text.lineage.explain import chain_json, format_chain
from sign2text.lineage.job_clock import JobClock
from sign2text.lineage.provenance_file import File, Part, Provenance, read_provenance
from sign2text.lineage.provenance_form import LARGEST
from sign2text.lineage.stage_times import read_times
from sign2text.lineage.up_to_date import find_problems
from sign2text.lineage.verify import verify
from sign2text.scoring.score_reader import read_score_file
from sign2text.scoring.show import format_scores

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path("results/avatar/common/make_manifest/make_manifest.provenance.json")
OUTPUT = "results/avatar/common/make_manifest/dev.tsv"
BEGUN = "2026-01-02T03:04:05+00:00"
FILE = {"path": OUTPUT, "bytes": 5, "sha256": "0" * 64}
PART = {"started": BEGUN, "seconds": 1.5, "peak_memory": 7, "ended": "done", "cpu_seconds": 2.5}


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A provenance's values; what is written of them lies at PLACE."""
    monkeypatch.chdir(tmp_path)
    Path(OUTPUT).parent.mkdir(parents=True)
    Path(OUTPUT).write_text("table")
    (tmp_path / "config.yaml").symlink_to(ROOT / "config.yaml")
    made = Provenance(
        "make_manifest", "avatar", "common", {"a": [1, 2.5, None, True]}, "c0de", 1,
        (File("resources/avatar/checksums.tsv", 3, "1" * 64),), (File(**FILE),),
        {"python": "3.11"}, "cpu", 2, (Part(**PART),),
    )  # fmt: skip
    made.write(PLACE)
    assert read_provenance(PLACE) == made
    return json.loads(PLACE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("missing", ["peak_gpu_memory", None])
def test_older_provenances_and_whole_seconds_are_read(
    good: dict[str, Any], missing: str | None
) -> None:
    good.pop(missing, None)
    good["parts"][0]["seconds"] = 3
    del good["parts"][0]["cpu_seconds"]
    good.pop("cpu_seconds", None)
    PLACE.write_text(json.dumps(good), encoding="utf-8")
    assert (read_provenance(PLACE).seconds, read_provenance(PLACE).cpu_seconds) == (3, None)


ATTACKS = [
    *(("stage", each) for each in (5, None, [], "../../x", "/etc/x", "a\nb", "")),
    *(("data_set", each) for each in (5, ["avatar"], {}, "../avatar", "..")),
    *(("experiment", each) for each in (True, "../x", {"a": 1})),
    *(("settings", each) for each in (None, [], "x", {"a": float("nan")}, {"a": 10**400})),
    *(("settings", {"a": each}) for each in (float("inf"), [[float("-inf")]], -(10**30))),
    *(("code", each) for each in (5, [])),
    *(("seed", each) for each in ("1", 1.5, True, 10**30)),
    *(("inputs", each) for each in (None, {}, "x", [5], [{}], [[1]], FILE, [FILE | {"more": 1}])),
    *(("outputs", [FILE | {"path": each}]) for each in (
        "/etc/passwd", "../x", "a/../../x", "a//b", "./a", ".", "", "a/", "a\0b", "a\x1b[2J", 5,
        None, ["a"], "x" * 300, "x/" * 600 + "y", "\ud800",
    )),
    *(("outputs", [FILE | {"bytes": each}]) for each in (-1, 1.5, "5", None, True, 10**30)),
    *(("outputs", [FILE | {"sha256": each}]) for each in ("", "x" * 64, "0" * 63, 0, "A" * 64)),
    ("outputs", [FILE, FILE | {"bytes": 6}]),
    ("inputs", [FILE, FILE | {"sha256": "2" * 64}]),
    ("versions", {"python": 3}), ("versions", []), ("device", 5), ("threads", "2"),
    ("peak_gpu_memory", -1), ("peak_gpu_memory", "x"),
    *(("parts", each) for each in ([], None, {}, [5], [PART | {"more": 1}])),
    *(("parts", [PART | {"seconds": each}]) for each in (
        float("nan"), float("inf"), -1, 1e300, 10**400, "1", None, True, [1],
    )),
    *(("parts", [PART | {"cpu_seconds": each}]) for each in (-1, float("nan"), "x", 2**70)),
    *(("parts", [PART | {"peak_memory": each}]) for each in (-1, float("inf"), "x", 2**70)),
    *(("parts", [PART | {"started": each}]) for each in ("", "now", 5, None, "9" * 5000)),
    ("parts", [PART | {"ended": 5}]),
    ("place", "/etc/x"), ("unknown", 1),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), ATTACKS, ids=lambda value: str(value)[:40])
def test_a_provenance_of_another_form_is_refused(
    good: dict[str, Any], key: str, value: Any
) -> None:
    PLACE.write_text(json.dumps(good | {key: value}), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_provenance(PLACE)
    message = str(refused.value)
    assert message.startswith(f"{PLACE}: is no whole provenance (") and len(message) < 1500
    known = key in good and "different content" not in message
    assert key in message if known else ("place" in message or "twice" in message or key in message)
    with pytest.raises(InputError):
        trace(OUTPUT, None)


@pytest.mark.parametrize("key", ["stage", "outputs", "parts", "started", "seconds", "settings"])
def test_a_provenance_without_a_key_is_refused(good: dict[str, Any], key: str) -> None:
    del good[key]
    PLACE.write_text(json.dumps(good), encoding="utf-8")
    with pytest.raises(InputError, match=f"is no whole provenance .*{key}"):
        read_provenance(PLACE)


def nested(levels: int) -> str:
    return '{"a": ' * levels + "1" + "}" * levels


TEXTS = {
    "deep": '{"settings": ' + "[" * 100_000,
    "deep settings": '{"settings": ' + nested(900) + "}",
    "a list": "[1]",
    "a number": "5",
    "long number": '{"seed": ' + "1" * 100_000 + "}",
    "NUL": "\0" * 100,
    "large": "[" + "1," * LARGEST,
    "empty": "",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_another_file_in_its_place_is_refused(good: dict[str, Any], kind: str) -> None:
    PLACE.write_text(TEXTS[kind], encoding="utf-8")
    assert f"{PLACE}: is no whole provenance (" in refusal(lambda: read_provenance(PLACE))


def test_settings_nested_deeply_are_refused(good: dict[str, Any]) -> None:
    text = json.dumps(good | {"settings": "HERE"}).replace('"HERE"', nested(900))
    PLACE.write_text(text, encoding="utf-8")
    assert "settings: found" in refusal(lambda: trace(OUTPUT, None))


def test_a_hundred_megabytes_are_not_read(good: dict[str, Any]) -> None:
    with PLACE.open("r+b") as file:
        file.truncate(100 * 2**20)
    assert f"104857600 bytes found, at most {LARGEST}" in refusal(lambda: read_provenance(PLACE))


def test_a_long_chain_ends_with_a_message(good: dict[str, Any]) -> None:
    folder = PLACE.parent
    for number in range(DEEPEST + 2):
        files = [{**FILE, "path": f"{folder}/{n}.tsv"} for n in (number, number + 1)]
        values = good | {"outputs": files[:1], "inputs": files[1:]}
        (folder / f"x{number}.provenance.json").write_text(json.dumps(values), encoding="utf-8")
    message = refusal(lambda: trace(f"{folder}/0.tsv", None))
    assert f"found more than {DEEPEST} jobs behind one another" in message


def test_jobs_in_a_circle_are_shown_once(good: dict[str, Any]) -> None:
    for number in (0, 1):
        files = [{**FILE, "path": f"{PLACE.parent}/{n}.tsv"} for n in (number, 1 - number)]
        values = good | {"outputs": files[:1], "inputs": files[1:]}
        place = PLACE.with_name(f"x{number}.provenance.json")
        place.write_text(json.dumps(values), encoding="utf-8")
    chain = trace(f"{PLACE.parent}/0.tsv", None)
    assert len(chain.jobs) == 2
    assert format_chain(chain, {}).count("(see above)") == 1
    assert len(verify(chain).findings) == 2


def test_thousands_of_files_take_seconds(good: dict[str, Any]) -> None:
    paths = [f"{PLACE.parent}/{number}" for number in range(9000)]
    files = [{**FILE, "path": path} for path in paths]
    PLACE.write_text(json.dumps(good | {"inputs": files, "outputs": files}), encoding="utf-8")

    def follow() -> None:
        project = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
        chain = trace(paths[0], project)
        problems = find_problems(chain, project)
        format_chain(chain, problems), chain_json(chain, problems)
        raise InputError(f"{len(verify(chain).findings)} findings")

    assert "9000 findings" in refusal(follow)


def test_what_is_wrong_ends_neither_a_dry_run_nor_a_page(good: dict[str, Any]) -> None:
    project = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    before = None
    for key, value in (*ATTACKS, ("inputs", [{**FILE, "path": f"{PLACE.parent}/x"}])):
        PLACE.write_text(json.dumps(good | {key: value}), encoding="utf-8")
        list(mark_unrecorded(project))
        (time,) = read_times(Path("logs"), "avatar", ["common/make_manifest"])
        assert time.seconds is None or time.seconds == 1.5
        after = {name: kind for name, kind in tree(Path()).items() if name != PLACE.as_posix()}
        before = before or after
        assert after.keys() - before.keys() <= {".snakemake", ".snakemake/incomplete"} | {
            name for name in after if name.startswith(".snakemake/incomplete/")
        }


@pytest.mark.parametrize("seconds", ["nan", "inf", "-5", "1e300", "x"])
def test_a_benchmark_file_that_is_no_time_counts_as_none(
    good: dict[str, Any], seconds: str
) -> None:
    PLACE.unlink()
    path = Path("logs/common/make_manifest.benchmark.tsv")
    path.parent.mkdir(parents=True)
    path.write_text(f"s\tmax_rss\n{seconds}\tnan\n")
    (time,) = read_times(Path("logs"), "avatar", ["common/make_manifest"])
    assert (time.seconds, time.peak) == (None, None)


@pytest.mark.parametrize("part", [PART | {"seconds": "x"}, PART | {"seconds": 1e300}, 5, []])
def test_notes_of_a_killed_job_that_lie_are_passed_over(
    good: dict[str, Any], part: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = {"settings": {}, "code": None, "inputs": ()}
    clock = JobClock(PLACE, about)
    notes = {"key": clock.notes.key, "parts": [part]}
    clock.notes.path.write_text(json.dumps(notes), encoding="utf-8")
    assert JobClock(PLACE, about).before == []
    clock.notes.path.write_text(json.dumps(notes | {"parts": [PART]}), encoding="utf-8")
    assert [asdict(each) for each in JobClock(PLACE, about).before] == [PART]


@pytest.mark.parametrize("end", ["null", "true", '"5"', "NaN", "Infinity", "-1", "1e300", "9" * 99])
def test_a_record_whose_end_is_no_time_is_refused(good: dict[str, Any], end: str) -> None:
    place = record_path(OUTPUT)
    place.parent.mkdir(parents=True)
    place.write_text(f'{{"rule": "x", "endtime": {end}}}', encoding="utf-8")
    assert f"{place}: endtime: found" in refusal(lambda: end_of(OUTPUT))


@pytest.mark.parametrize("kind", TEXTS)
def test_a_record_of_another_form_is_refused(good: dict[str, Any], kind: str) -> None:
    place = record_path(OUTPUT)
    place.parent.mkdir(parents=True)
    place.write_text(TEXTS[kind], encoding="utf-8")
    assert f"{OUTPUT}: Snakemake's record of it ({place}) " in refusal(lambda: read_record(OUTPUT))


INFINITE = float("inf")
GROUP = {"clips": 5, "bleu1": 1.0, "bleu4": 2.0}


def shown(path: Path) -> str:
    return format_scores([(path, read_score_file(path, ["scores"]))])


def printed(path: Path) -> None:
    """Run `sign2text show`, which names such a file, goes on, and ends with code 2."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            cli.run_show(_options(path))
        except SystemExit as ended:
            assert ended.code == cli.WRONG_INPUT
            raise InputError(said.getvalue().removeprefix("sign2text: ")) from None


@pytest.mark.parametrize("read", [shown, read_run, printed])
@pytest.mark.parametrize(
    "changes",
    [
        *({"scores": each} for each in ([], "x", None, 5, {}, {"all": []}, {"all": 5})),
        *({"scores": {"all": GROUP | {"bleu4": each}}} for each in ("1", None, [1], True)),
        *({"scores": {"all": GROUP | {"bleu4": each}}} for each in (INFINITE, -1e300, 10**400)),
        *({"scores": {"all": GROUP | {"clips": each}}} for each in (-1, 1.5, "5", None, {})),
        *(
            {"scores": {"all": GROUP | {"bleu4_interval": each}}}
            for each in ([], [1], [1, 2, 3], "ab", [1, "x"], [float("nan"), 1], {"a": 1}, 5)
        ),
        *({"scores": {"all": GROUP | {"cap_bleu4": each}}} for each in ("x", INFINITE, [1])),
        *({"examples": each} for each in ("abc", [5], [{}], [{"id": 1}], {"a": 1})),
        *({"left_out": each} for each in ([], "x", {"test": "x"}, {"test": -1}, None)),
        *({"in_train": each} for each in ([], 5, {}, {"clips": "x"}, {"clips": INFINITE})),
        *({"seed": each} for each in ("1", [1], {"a": "b"}, 1.5)),
        *({"split": each} for each in (5, None, [])),
        *({key: 5} for key in ("data_set", "convention", "settings", "control", "code", "time")),
        {"conventions": []}, {"conventions": {"words": {"bleu4": "x"}}},
        {"checkpoint": {}}, {"checkpoint": {"epoch": "x"}}, {"checkpoint": 5},
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_a_score_file_of_another_form_is_refused(
    tmp_path: Path, changes: dict[str, Any], read: Callable[[Path], Any]
) -> None:
    path = score_file(tmp_path / "fla_llm.bleu")
    read(path)
    score_file(path, **changes)
    with pytest.raises(InputError) as refused:
        read(path)
    message = str(refused.value)
    assert message.startswith(f"{path}: {next(iter(changes))}") and len(message) < 1000
    assert "Make it again" in message


def _options(path: Path) -> Any:
    return cli.make_parser().parse_args(["show", str(path)])


@pytest.mark.parametrize("missing", ["clips", "bleu1", "bleu4"])
def test_a_group_without_scores_is_refused(tmp_path: Path, missing: str) -> None:
    group = {key: value for key, value in GROUP.items() if key != missing}
    path = score_file(tmp_path / "fla_llm.bleu", scores={"all": GROUP, "unseen_signers": group})
    assert f"the scores of unseen signers have no {missing}" in refusal(lambda: shown(path))


@pytest.mark.parametrize("kind", TEXTS)
def test_another_file_than_a_score_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "fla_llm.bleu"
    path.write_text(TEXTS[kind], encoding="utf-8")
    message = refusal(lambda: shown(path))
    assert message.startswith(f"{path}: ") and "Make it again" in message
