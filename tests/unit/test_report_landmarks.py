"""The stage report_landmarks: its tables, its page, and what it refuses."""

import base64
import re
from pathlib import Path

import pandas as pd
import pytest
from landmark_report import FRAMES, provenance_of, report, write_corpus
from page_tags import Tags

from sign2text.data.frame_store import decode_frames
from sign2text.data.manifest import read_manifest, write_manifest
from sign2text.ground.errors import InputError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landmarks")
    write_corpus(folder, ("signer01", "<img src=x onerror=alert(1)>"))
    return folder


@pytest.fixture(scope="module")
def made(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("report")
    report(corpus, output, clips=1)
    return output


def page_of(made: Path) -> str:
    return (made / "landmarks.html").read_text(encoding="utf-8")


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    table = page.partition(f"<h2>{heading}")[2].partition("</table>")[0].partition("<tbody>")[2]
    return [
        re.sub(r"<small>(.*?)</small>", r" \1", row).replace("</th>", "</td>").split("</td>")[:-1]
        for row in re.findall(r"<tr><th scope=row>(.*?)</tr>", table)
    ]


def test_the_tables_have_every_clip_and_every_group(made: Path) -> None:
    clips = pd.read_csv(made / "clips.tsv", sep="\t").set_index("id")
    assert len(clips) == 6
    assert clips.loc["train-2", ["split", "frames", "shoulder_width"]].tolist() == [
        "train", FRAMES, 20
    ]  # fmt: skip
    assert clips["left_hand_detected"].to_dict()["train-2"] == FRAMES - 2
    assert clips["left_hand_longest_gap"].tolist() == [0, 1, 2, 3, 0, 0]
    assert clips["right_hand_ends"].tolist() == [0, 0, 0, FRAMES, 0, 0]
    assert clips["left_hand_error"].tolist() == pytest.approx([0.1] * 6, abs=0.002)
    assert clips["pose_error"].max() < 0.002, "of rounding in the store"
    groups = pd.read_csv(made / "landmarks.tsv", sep="\t", keep_default_na=False)
    assert len(groups) == (1 + 3 + 2) * 4
    left = groups[(groups["split"] == "train") & (groups["part"] == "left hand")].iloc[0]
    assert float(left["detected"]) == pytest.approx(1 - 6 / 48, abs=1e-5)


def cells(row: list[str]) -> list[str]:
    return [re.sub(r"<[^>]*>", "", cell) for cell in row]


def test_the_page_says_how_much_is_found(made: Path) -> None:
    page = page_of(made)
    tags = Tags()
    tags.feed(page)
    assert tags.open == [] and all(len(set(table)) == 1 for table in tags.widths)
    assert "Found: left hand 91.7 %, right hand 83.3 %, pose 100.0 %, face 100.0 % of 72" in page
    assert "Extractor: mediapipe; version: 0.10.21; settings: (every: 1)" in page
    found = [cells(row) for row in rows(page, "How often")]
    assert found[1] == ["train", "4", "48", "87.5 %", "75.0 % never in 1", "100.0 %", "100.0 %"]
    assert [row[0] for row in found] == ["all", "train", "dev", "test"]
    gaps = [cells(row) for row in rows(page, "Gaps")]
    assert gaps[0] == ["left hand", "3", "2", "3", "100.0 %", "0.0 %"]
    assert gaps[1] == ["right hand", "0", "–", "–", "–", "16.7 %"]
    errors = [cells(row) for row in rows(page, "Error and jitter")]
    assert errors[0][0] == "left hand" and float(errors[0][1]) == pytest.approx(0.1, abs=0.002)


def test_a_clip_that_was_left_out_is_counted_with_its_reason(made: Path) -> None:
    page = page_of(made)
    assert "Clips of the manifests without landmarks: 1." in page
    assert "<li>train-lost: no &lt;person&gt; in any frame</li>" in page


def test_names_from_the_corpus_are_text(made: Path) -> None:
    page = page_of(made)
    assert "&lt;img src=x onerror=alert(1)&gt;" in page and "<img src=x" not in page
    assert "<title>Landmarks of tiny &lt;b&gt;</title>" in page


def test_best_median_and_worst_are_drawn_over_their_frames(made: Path) -> None:
    page = page_of(made)
    ranks = re.findall(r"<h3>(\w+): ([\w-]+)<", page)
    assert ranks == [("best", "dev-0"), ("median", "train-0"), ("worst", "train-3")]
    pictures = [base64.b64decode(each) for each in re.findall(r'base64,([^"]+)"', page)]
    assert len(pictures) == 18
    frames = decode_frames(pictures[:6])
    assert frames.shape == (6, 480, 480, 3), "no higher than the setting"
    assert re.findall(r"<figcaption>([\d.]+ s)<", page)[:3] == ["0.04 s", "0.12 s", "0.20 s"]


def test_without_truth_there_is_no_error_and_a_missing_video_is_said(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = report(corpus, tmp_path, truth=False, clips=3, pictures=2, height=64)
    assert "<h2>Jitter</h2>" in page and "true jitter" not in page
    assert page.count("<img ") == 6 * 2
    assert page.count('<p class="note">') == 2
    assert "test-0.mp4" in page.partition("test-0<small>")[2].partition("</article>")[0]
    assert "clip 'test-0': drawn without its video" in caplog.text


def test_nobody_is_shown_where_no_clips_are_wanted(corpus: Path, tmp_path: Path) -> None:
    page = report(corpus, tmp_path, clips=0, most=2)
    assert "<h2>Pictures" not in page and "<img " not in page
    assert "Measured are 4 of 6 clips, evenly spread over each split." in page


def test_the_speed_is_that_of_the_provenance(corpus: Path, tmp_path: Path) -> None:
    for split, seconds in (("train", 4.0), ("dev", None)):
        path = corpus / f"{corpus.name}.{split}.provenance.json"
        path.write_text(provenance_of(f"{split}.index.safetensors", seconds))
    (corpus / f"{corpus.name}.test.provenance.json").write_text("{")
    page = report(corpus, tmp_path)
    assert "Extraction of train: 48 frames, 1.0 a second, 12.0 a second and core" in page
    assert "Extraction of dev: 12 frames, 0.2 a second.</p>" in page
    assert "Extraction of test" not in page


def test_landmarks_of_another_manifest_are_refused_before_anything_is_measured(
    corpus: Path, tmp_path: Path
) -> None:
    other = read_manifest(corpus / "dev.tsv").assign(id="other")
    for path in corpus.iterdir():
        if path.name != "dev.tsv":
            (tmp_path / path.name).symlink_to(path)
    write_manifest(other, tmp_path / "dev.tsv")
    with pytest.raises(InputError, match=r"dev.index.*1 clips that the manifest of dev lacks"):
        report(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
