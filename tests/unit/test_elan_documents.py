"""Documents of ELAN: the times that ELAN shows, tiers, videos, and foreign XML."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from annotation_files import SCHEMA, aligned, dependent, media, tier, write_eaf, write_numbered
from attacks import refusal

from sign2text.data.imported_annotations.choose_tiers import choose_parts
from sign2text.data.imported_annotations.elan_document import read_eaf
from sign2text.data.imported_annotations.import_files import Request, import_files
from sign2text.ground.errors import InputError

SLOTS = {"ts1": 0, "ts2": 1000, "ts3": 1000, "ts4": 4001}
TEXTS = [aligned("a1", "ts1", "ts2", "one"), aligned("a2", "ts3", "ts4", "two")]


def spans(path: Path, name: str) -> list[tuple[int | None, int | None, str]]:
    (found,) = [each for each in read_eaf(path).tiers if each.name == name]
    return [(each.start, each.end, each.value) for each in found.annotations]


def parts(path: Path, *texts: str, glosses: tuple[str, ...] = ()) -> list[tuple]:
    found, _ = choose_parts(read_eaf(path), texts, glosses)
    return [(each.start, each.end, each.text, each.gloss, each.signer) for each in found]


def test_annotations_without_a_time_of_their_own(tmp_path):
    """Associations, subdivisions in the order that they name, and both within each other."""
    path = write_eaf(
        tmp_path / "a.eaf",
        SLOTS,
        [
            tier("Text", *TEXTS),
            tier("Note", dependent("a3", "a2", "a note"), PARENT_REF="Text"),
            tier(
                "Signs",
                dependent("a6", "a2", "third", "a5"),
                dependent("a4", "a2", "first"),
                dependent("a5", "a2", "second", "a4"),
                PARENT_REF="Text",
            ),
            tier(
                "Hands",
                dependent("a7", "a5", "left"),
                dependent("a8", "a5", "right", "a7"),
                PARENT_REF="Signs",
            ),
        ],
    )
    assert spans(path, "Note") == [(1000, 4001, "a note")]
    assert spans(path, "Signs") == [
        (1000, 2000, "first"),
        (2000, 3000, "second"),
        (3000, 4001, "third"),
    ]
    assert spans(path, "Hands") == [(2000, 2500, "left"), (2500, 3000, "right")]
    assert parts(path, "Text", glosses=("Signs",))[1] == (
        1000,
        4001,
        "two",
        "first second third",
        "",
    )


def test_time_slots_without_a_value_get_even_steps_of_their_tier(tmp_path):
    """Also where slots of another tier stand between them in the document."""
    slots = {
        "ts1": 0,
        "ts2": None,
        "ts9": 3500,
        "ts3": None,
        "ts4": 10_000,
        "ts5": None,
        "ts6": 9000,
    }
    path = write_eaf(
        tmp_path / "a.eaf",
        slots,
        [
            tier("Text", aligned("a1", "ts1", "ts4", "all")),
            tier("Other", aligned("a2", "ts9", "ts4", "other")),
            tier(
                "Words",
                aligned("a3", "ts1", "ts2", "x"),
                aligned("a4", "ts2", "ts3", "y"),
                aligned("a5", "ts3", "ts4", "z"),
                PARENT_REF="Text",
            ),
            # Its slots are those of the tier above, which have been given times.
            tier(
                "Syllables",
                aligned("a6", "ts2", "ts5", "p"),
                aligned("a7", "ts5", "ts3", "q"),
                PARENT_REF="Words",
            ),
        ],
    )
    assert spans(path, "Words") == [(0, 3333, "x"), (3333, 6666, "y"), (6666, 10_000, "z")]
    assert spans(path, "Syllables") == [(3333, 4999, "p"), (4999, 6666, "q")]


def test_what_has_no_time_at_all_is_refused_by_name_where_it_is_used(tmp_path):
    path = write_eaf(
        tmp_path / "a.eaf",
        {"ts1": 0, "ts2": 1000, "ts3": 2000, "ts4": None},
        [
            tier("Text", aligned("a1", "ts1", "ts2", "one"), aligned("a2", "ts3", "ts4", "two")),
            tier("Other", aligned("a3", "ts1", "ts3", "three")),
        ],
    )
    assert parts(path, "Other") == [(0, 2000, "three", "", "")]
    with pytest.raises(InputError, match=r"a\.eaf, annotation a2 of tier 'Text': has no time"):
        parts(path, "Text")


def test_glosses_go_to_the_text_in_whose_time_their_middle_lies(tmp_path):
    slots = {"ts1": 0, "ts2": 1000, "ts3": 2000, "g1": 900, "g2": 1098, "g3": 1102, "g4": 2600}
    path = write_eaf(
        tmp_path / "a.eaf",
        {name.replace("g", "ts9"): time for name, time in slots.items()},
        [
            tier("Text", aligned("a1", "ts1", "ts2", "one"), aligned("a2", "ts2", "ts3", "two")),
            tier("Right", aligned("a3", "ts91", "ts93", "LATE"), aligned("a4", "ts2", "ts3", "")),
            tier(
                "Left", aligned("a5", "ts91", "ts92", "EARLY"), aligned("a6", "ts3", "ts94", "NO")
            ),
        ],
    )
    file = read_eaf(path)
    found, notes = choose_parts(file, ["Text"], ["Right", "Left"])
    assert [(each.text, each.gloss) for each in found] == [("one", "EARLY"), ("two", "LATE")]
    assert notes == ["1 of 3 glosses lie in the time of no text"]


@pytest.mark.parametrize("known", ["participants", "parents", "order"])
def test_glosses_of_several_people_are_told_apart(tmp_path, known):
    slots = {"ts1": 0, "ts2": 1000, "ts3": 100, "ts4": 200}
    people = {"A": {"PARTICIPANT": "Ann"}, "B": {"PARTICIPANT": "Bo"}}
    about = people if known == "participants" else {"A": {}, "B": {}}
    above = {"A": {"PARENT_REF": "Text A"}, "B": {"PARENT_REF": "Text B"}}
    more = above if known == "parents" else {"A": {}, "B": {}}
    path = write_eaf(
        tmp_path / "a.eaf",
        slots,
        [
            tier("Text A", aligned("a1", "ts1", "ts2", "a"), **about["A"]),
            tier("Text B", aligned("a2", "ts1", "ts2", "b"), **about["B"]),
            tier("Gloss B", aligned("a3", "ts3", "ts4", "BB"), **about["B"], **more["B"]),
            tier("Gloss A", aligned("a4", "ts3", "ts4", "AA"), **about["A"], **more["A"]),
            tier("Gloss C", aligned("a5", "ts3", "ts4", "CC")),
        ],
    )
    glosses = ("Gloss A", "Gloss B") if known == "order" else ("Gloss B", "Gloss A")
    signers = ("Ann", "Bo") if known == "participants" else ("", "")
    assert parts(path, "Text A", "Text B", glosses=glosses) == [
        (0, 1000, "a", "AA", signers[0]),
        (0, 1000, "b", "BB", signers[1]),
    ]
    with pytest.raises(InputError, match="2 tiers of texts and 3 of glosses, and nothing says"):
        parts(path, "Text A", "Text B", glosses=(*glosses, "Gloss C"))


@pytest.mark.parametrize("tiers", [[], ["Translatoin"], ["nothing", "of this"]])
def test_tiers_are_listed_where_none_is_named(tmp_path, tiers):
    path = write_eaf(
        tmp_path / "a.eaf",
        SLOTS,
        [
            tier("Translation", *TEXTS, aligned("a3", "ts1", "ts2", ""), PARTICIPANT="Ann"),
            tier("Gloss", PARENT_REF="Translation"),
        ],
    )
    with pytest.raises(InputError) as error:
        parts(path, *tiers)
    message = str(error.value)
    assert "'Translation': 2 annotations, 1 empty, participant Ann\n" in message
    assert "'Gloss': 0 annotations, depends on 'Translation'\n" in message
    assert ("no --tier given" in message) == (not tiers)
    assert ("Did you mean --tier 'Translation'" in message) == (tiers == ["Translatoin"])


def test_names_of_tiers_in_another_case_and_form(tmp_path):
    path = write_eaf(tmp_path / "a.eaf", SLOTS, [tier("Übersetzung_A", *TEXTS)])
    assert len(parts(path, "U\u0308bersetzung_a", "Übersetzung_B")) == 2


def test_empty_overlapping_and_reversed_annotations_are_noted(tmp_path):
    slots = SLOTS | {"ts5": 500, "ts6": 900, "ts7": 3000}
    texts = [*TEXTS, aligned("a3", "ts5", "ts6", "in one"), aligned("a4", "ts2", "ts2", "none")]
    texts += [aligned("a5", "ts1", "ts2", "  "), aligned("a6", "ts7", "ts5", "back")]
    path = write_eaf(tmp_path / "a.eaf", slots, [tier("Text", *texts)], [media("v.mp4")])
    (imported,) = import_files([path], tmp_path, Request("train", tiers=["Text"]))
    assert [clip.text for clip in imported.clips] == ["one", "in one", "two"]
    assert "1 empty annotations of tier 'Text' passed over" in imported.notes
    assert "2 annotations end where they begin, or before; left out" in imported.notes
    assert any(note.endswith("ends, such as annotation a3") for note in imported.notes)
    assert "v.mp4 is not there yet; expected in " + str(tmp_path) in imported.notes


def test_times_before_and_beyond_the_video_are_noted(tmp_path):
    write_numbered(tmp_path / "v.mp4", 50)
    slots = {"ts1": 0, "ts2": 900, "ts3": 1500, "ts4": 2900, "ts5": 3100, "ts6": 4000, "ts7": 1000}
    texts = [
        aligned("a1", "ts1", "ts2", "before"),
        aligned("a2", "ts2", "ts3", "half"),
        aligned("a3", "ts7", "ts5", "ends beyond"),
        aligned("a4", "ts5", "ts6", "beyond"),
    ]
    video = media("v.mp4", TIME_ORIGIN=-1000)
    path = write_eaf(tmp_path / "a.eaf", slots, [tier("Text", *texts)], [video])
    (imported,) = import_files([path], tmp_path, Request("train", tiers=["Text"]))
    assert [clip.path.partition("#")[2] for clip in imported.clips] == [
        "t=0,0.5",
        "t=0,2.1",
        "t=2.1,3",
    ]
    assert "1 annotations lie before the video's beginning; left out" in imported.notes
    assert "annotation a2 begins 100 ms before the video; its rest is taken" in imported.notes
    (beyond,) = [note for note in imported.notes if "end after the video's 2.00 s" in note]
    assert beyond.startswith("2 annotations end after")
    assert "; 1 of them begin after it too. Check --offset" in beyond


@pytest.mark.parametrize("place", ["./%00/v.mp4", "../../../etc/v.mp4", "http://127.0.0.1:9/v.mp4"])
def test_addresses_of_videos_lead_nowhere(tmp_path, place):
    video = media("v.mp4", RELATIVE_MEDIA_URL=place)
    path = write_eaf(tmp_path / "a.eaf", SLOTS, [tier("Text", *TEXTS)], [video])
    (imported,) = import_files([path], tmp_path, Request("train", tiers=["Text"], signer="x"))
    assert imported.notes == [f"v.mp4 is not there yet; expected in {tmp_path}"]


PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>\n'
OUTSIDE = '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">\n'
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace(PROLOG, PROLOG + BOMB), "found a document type declaration"),
        (lambda t: t.replace(PROLOG, PROLOG + OUTSIDE), "found a document type declaration"),
        (lambda t: t.replace(PROLOG, PROLOG + FILE), "found a document type declaration"),
        (lambda t: t.replace(PROLOG, "<!DOCTYPE a>\n"), "found a document type declaration"),
        (lambda t: t.replace("one", "&nbsp;"), "not a readable XML file .undefined entity"),
        (lambda t: t[:-40], "not a readable XML file .no element found|unclosed token"),
        (lambda t: "TIER,begin,end\n", "not a readable XML file .syntax error"),
        (lambda t: "<html><body/></html>", "outermost element 'html', expected ANNOTATION_DOC"),
        (lambda t: t.replace("UTF-8", "klingon"), "not a readable XML file .unknown encoding"),
        (lambda t: t.replace('TIME_SLOT_REF1="ts1"', 'TIME_SLOT_REF1="ts0"'), "time slot 'ts0', w"),
        (lambda t: t.replace('TIME_SLOT_REF1="ts1"', ""), "not a document as ELAN writes it .Key"),
        (lambda t: t.replace('TIER_ID="Text"', ""), "not a document as ELAN writes it .KeyError"),
        (lambda t: t.replace('"a1"', '"first"'), "not a document as ELAN writes it .ValueError"),
        (lambda t: t.replace('="1000"', '="soon"'), "not a document as ELAN writes it .ValueError"),
        (
            lambda t: t.replace('="1000"', f'="{"9" * 400}"'),
            "time slot 'ts2' is 999.* expected mil",
        ),
        (lambda t: t.replace('"a2"', '"a1"'), "2 elements ALIGNABLE_ANNOTATION with 1 names"),
        (lambda t: t.replace('"ts2" TIME_V', '"ts1" TIME_V'), "4 elements TIME_SLOT with 3 names"),
        (lambda t: t.replace("milliseconds", "PAL-frames"), "TIME_UNITS is 'PAL-frames', expected"),
        (lambda t: t.replace("ANNOTATION_VALUE", "VALUE"), None),
        (lambda t: t.replace("<ANNOTATION_VALUE>one</ANNOTATION_VALUE>", ""), "ELAN writes it"),
        (
            lambda t: t.replace("</HEADER>", media("v.mp4", TIME_ORIGIN="x") + "</HEADER>"),
            "TIME_OR",
        ),
        (lambda t: t.replace("<TIME_ORDER>", "<a>" * 40 + "<TIME_ORDER>"), "32 elements within"),
    ],
)
def test_foreign_xml(tmp_path, change, message):
    path = write_eaf(tmp_path / "a.eaf", SLOTS, [tier("Text", *TEXTS)])
    path.write_text(change(path.read_text()), encoding="utf-8")
    if message is None:
        assert len(parts(path, "Text")) == 2
        return
    with pytest.raises(InputError, match=message) as error:
        parts(path, "Text")
    assert str(error.value).startswith(f"{path}")


def test_a_document_type_is_found_in_every_encoding(tmp_path):
    path = write_eaf(tmp_path / "a.eaf", SLOTS, [tier("Text", *TEXTS)])
    text = path.read_text().replace("UTF-8", "UTF-16")
    path.write_bytes(text.encode("utf-16"))
    assert len(parts(path, "Text")) == 2
    path.write_bytes(text.replace("<ANNOTATION_DOC", BOMB + "<ANNOTATION_DOC", 1).encode("utf-16"))
    with pytest.raises(InputError, match="document type declaration"):
        parts(path, "Text")


@pytest.mark.parametrize(
    "tiers",
    [
        [tier("A", dependent("a1", "a2", "x"), dependent("a2", "a1", "y"), PARENT_REF="B"),
         tier("B")],
        [tier("A", dependent("a1", "a9", "x"))],
        [tier("A", PARENT_REF="B"), tier("B", PARENT_REF="A")],
        [tier("A", *TEXTS), tier("B", aligned("a1", "ts1", "ts2", "again"))],
    ],
    ids=["circle of annotations", "missing parent", "circle of tiers", "id in two tiers"],
)  # fmt: skip
def test_references_that_lead_nowhere(tmp_path, tiers):
    path = write_eaf(tmp_path / "a.eaf", SLOTS, tiers)
    with pytest.raises(InputError, match="save it again"):
        parts(path, "A")


def test_documents_of_other_programs_need_no_schema(tmp_path):
    path = write_eaf(tmp_path / "a.eaf", SLOTS, [tier("Text", *TEXTS)], schema="")
    assert SCHEMA not in path.read_text()
    assert [part[2] for part in parts(path, "Text")] == ["one", "two"]


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ("<a/>" * 2_000_000, "more than 1048576 elements"),
        ("".join(f'<TIER TIER_ID="{number}"/>' for number in range(300_000)), "300000 tiers"),
    ],
    ids=["elements", "tiers"],
)
def test_what_is_far_larger_than_documents_are_is_refused_in_bounds(tmp_path, elements, message):
    path = tmp_path / "a.eaf"
    path.write_text(f"<ANNOTATION_DOCUMENT>{elements}</ANNOTATION_DOCUMENT>")
    assert message in refusal(lambda: read_eaf(path))
