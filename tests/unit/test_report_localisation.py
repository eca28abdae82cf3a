"""The stage report_localisation, on the clips of colours of test_score_pseudo_glosses."""

import base64
import json
import re

import numpy as np
import pytest
import torch
from colour_clips import COLOURS, WORDS, inputs, write_corpus
from tiny_sign2gpt import prototype_model

from sign2text.data.frame_store import FrameStore, decode_frames
from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.shown_clips import choose_clips
from sign2text.methods.sign2gpt.stages import report_localisation as stage
from sign2text.text.pseudo_glosses import write_pseudo_glosses

QUALITY = {"precision": 50.0, "recall": 80.0, "f1": 61.5, "macro_f1": 44.0}
PLACE = {
    "cases": 1234, "hits": 77.5, "interval": [75.1, 79.9], "chance": 21.2,
    "intersection_over_union": 0.4321,
}  # fmt: skip
SCORES = {
    "signs": [{"pseudo_gloss": w, "gloss": w.upper(), "jaccard": 1.0} for w in WORDS.words],
    "dev": {"quality": [{"threshold": 0.5, **QUALITY}], "localisation": PLACE},
    "test": {"quality": [{"threshold": 0.5, **QUALITY}], "localisation": None},
}
IDENTITY = {
    "data_set": "tiny", "experiment": "sign2gpt", "method": "sign2gpt", "seed": 1,
    "settings": "0123456789ab", "code": "ba9876543210",
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("colours"))
    prototype_model(pseudo_glosses=WORDS.words).save_pretrained(folder / "model")
    return folder


def report(corpus, output, *, split="dev", scores=SCORES, files=None, **settings):
    given = inputs(corpus, (split,))
    given = {name.removeprefix(f"{split}_"): path for name, path in given.items()}
    (output.parent / "scores.json").write_text(json.dumps(scores), "utf-8")
    given |= {"scores": output.parent / "scores.json", "corpus": corpus / "checksums.tsv"}
    given |= {"model": corpus / "model" / "model.safetensors", "identity": json.dumps(IDENTITY)}
    config = stage.Config(split=split, **settings)
    stage.run(output=output, config=config, threads=1, **(given | (files or {})))
    return output.read_text(encoding="utf-8")


def hints(page):
    """(word, start, end, E) of all cells."""
    found = re.findall(r"<title>(\w+), ([\d.]+) s to ([\d.]+) s: E ([\d.]+)</title>", page)
    return [(word, *map(float, numbers)) for word, *numbers in found]


def test_cells_have_the_evidence_of_the_model_in_the_order_of_the_text(corpus, tmp_path):
    page = report(corpus, tmp_path / "localisation.html")
    model = prototype_model(pseudo_glosses=WORDS.words)
    clips = model.open_clips(FrameStore(corpus / "dev.tar"), ["dev-0", "dev-1"], None, None)
    with torch.no_grad():
        red, both = model(**clips.inputs([0, 1])).evidence
    columns = [("rot", red), ("gelb", both), ("blau", both)]  # not in the vocabulary's order
    evidence = [
        (word, float(value)) for word, heat in columns for value in heat[:, WORDS.words.index(word)]
    ]
    found = hints(page)
    assert [word for word, *_ in found] == [word for word, _ in evidence]
    assert [each[3] for each in found] == pytest.approx([e for _, e in evidence], abs=6e-4)
    # Steps of dev-0, 10 frames, have their middles at frames 0, 4 and 8, and meet at 2.5 and 6.5.
    assert [each[1:3] for each in found[:3]] == [(0, 0.1), (0.1, 0.26), (0.26, 0.4)]
    assert [float(each) for each in re.findall(r'fill-opacity="([\d.]+)"', page)] == pytest.approx(
        [value / max(e for _, e in evidence) for _, value in evidence], abs=6e-4
    )


def test_signs_are_at_the_times_of_the_corpus(corpus, tmp_path):
    page = report(corpus, tmp_path / "localisation.html")
    signs = re.findall(r"<g><title>(\w+), ([\d.]+) s to ([\d.]+) s</title><rect", page)
    assert signs == [("ROT", "0.00", "0.24"), ("GELB", "0.00", "0.24"), ("BLAU", "0.24", "0.48")]
    places = re.findall(r'<rect class="sign" x="([\d.]+)" y="1" width="([\d.]+)"', page)
    assert [float(each) for each in places[2]] == [337.5, 337.5]  # of 0.64 s in 900 pixels
    assert page.count('<rect class="true"') == 3
    assert len(re.findall(r"<td>(?:yes|no)</td></tr>", page)) == 3


def test_without_times_and_signs_evidence_is_shown_alone(corpus, tmp_path):
    scores = SCORES | {"signs": [], "dev": SCORES["test"]}
    page = report(corpus, tmp_path / "localisation.html", scores=scores, files={"corpus": None})
    assert '<rect class="sign"' not in page and '<rect class="true"' not in page
    assert "does not say when its glosses are signed" in page
    assert len(hints(page)) == 3 + 4 + 4


def test_frames_are_those_of_their_times(corpus, tmp_path):
    page = report(corpus, tmp_path / "localisation.html")
    pictures = [base64.b64decode(each) for each in re.findall(r'base64,([^"]+)"', page)]
    times = re.findall(r"<title>([\d.]+) s</title>", page)
    assert len(pictures) == len(times) == 10 + 16  # no more than a clip has frames
    assert times[:2] == ["0.02", "0.06"]
    means = decode_frames(pictures).mean((1, 2))
    expected = 6 * ["rot"] + 4 * [None] + 6 * ["gelb"] + 6 * ["blau"] + 4 * [None]
    colours = np.array([COLOURS.get(each, (90, 90, 90)) for each in expected])
    assert np.abs(means - colours).max() < 15


def test_clips_and_height_are_settings(corpus, tmp_path):
    page = report(corpus, tmp_path / "localisation.html", split="test", height=16, threshold=0.01)
    assert "1 of 1 clips" in page and "<h3>test-0<" in page and "E above 0.01" in page
    picture = base64.b64decode(re.search(r'base64,([^"]+)"', page)[1])
    assert decode_frames([picture]).shape == (1, 16, 16, 3)
    one = report(corpus, tmp_path / "localisation.html", clips=1)
    assert "1 of 2 clips" in one and one.count("<article") == 1


def test_a_word_outside_the_vocabulary_is_named(corpus, tmp_path):
    path = tmp_path / "dev.tsv"
    write_pseudo_glosses(path, ["dev-0", "dev-1"], ["grau rot <b>", "gelb"])
    page = report(corpus, tmp_path / "localisation.html", files={"pseudo_glosses": path})
    assert 'not in the vocabulary: <span lang="de">grau, &lt;b&gt;</span>' in page


def test_a_clip_is_drawn_from_each_part_of_those_with_pseudo_glosses():
    targets = [[] if number % 2 else [0] for number in range(40)]
    found = choose_clips(targets, 4, 1)
    assert found == choose_clips(targets, 4, 1) != choose_clips(targets, 4, 2)
    assert [number // 10 for number in found] == [0, 1, 2, 3]
    assert not any(number % 2 for number in found)
    assert choose_clips(targets[:5], 6, 1) == [0, 2, 4]


def test_wrong_input_is_refused(corpus, tmp_path):
    output = tmp_path / "localisation.html"
    for broken in ({"signs": []}, SCORES | {"test": {"quality": []}}, {**SCORES, "signs": [{}]}):
        with pytest.raises(InputError, match=r"scores.json: cannot be read \(KeyError"):
            report(corpus, output, scores=broken)
    prototype_model(pseudo_glosses=[]).save_pretrained(tmp_path / "untrained")
    untrained = {"model": tmp_path / "untrained" / "model.safetensors"}
    with pytest.raises(InputError, match="has prototypes of 0 pseudo-glosses"):
        report(corpus, output, files=untrained)
    assert not output.exists()
