"""Data sets whose clips are landmarks alone: what reads videos is refused before anything runs."""

import pytest
import yaml
from made_stages import made_method, made_stage
from test_kinds_of_data_sets import Nothing, reading

from sign2text.config.project import Project
from sign2text.config.reads import Read, Settings
from sign2text.ground.errors import InputError

MANIFEST = Read("manifest", "manifest", "{split}.tsv")
FRAMES = Read("frames", "frames", "{split}.tar")
LANDMARKS = Read("landmarks", "extract", "{split}.index")
CONFIG = """
datasets:
  talks: {adapter: how2sign, language: en}
  arrays: {adapter: vsl_gh, language: vi}
  files: {adapter: poses, language: de, stages: {extract: {size: 2}}}
experiments: {slt: {method: slt}}
"""


def from_videos(settings: Settings) -> bool:
    """True for the setting of the stand-in that means: extract from the videos."""
    return settings("extract").size == 1


def project(config: str = CONFIG) -> Project:
    stages = (
        made_stage("manifest", Nothing, "common"),
        reading("frames", Nothing, "slt", MANIFEST, reads_videos=True),
        reading("train_on_frames", Nothing, "slt", FRAMES),
        reading("extract", Nothing, "slt", MANIFEST, reads_videos=from_videos),
        reading("train_on_landmarks", Nothing, "slt", LANDMARKS),
    )
    names = [stage.name for stage in stages[1:]]
    return Project(yaml.safe_load(config), {s.name: s for s in stages},
                   {"slt": made_method(*names)})  # fmt: skip


def test_stages_that_read_frames_are_refused_with_the_reason():
    found = project()
    found.check_needs("talks", "slt", "train_on_frames")
    found.check_needs("arrays", "common", "manifest")
    for dataset, adapter in (("arrays", "vsl_gh"), ("files", "poses")):
        with pytest.raises(
            InputError,
            match=rf"^train_on_frames of slt on {dataset}: needs the videos of {dataset} "
            r"\(train_on_frames reads frames, frames reads videos\), and the clips of "
            rf'{dataset} are landmarks alone \(adapter "{adapter}"\)\. Choose an experiment that '
            "reads text or landmarks",
        ):
            found.check_needs(dataset, "slt", "train_on_frames")


def test_whether_a_stage_reads_videos_may_hang_on_its_settings():
    found = project()
    found.check_needs("files", "slt", "train_on_landmarks")
    found.check_needs("talks", "slt", "train_on_landmarks")
    with pytest.raises(InputError, match=r"extract reads videos.*are landmarks alone"):
        found.check_needs("arrays", "slt", "train_on_landmarks")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "{adapter: avatar, language: vi}",
            r'datasets\.more\.language: found "vi", expected one of de, en, zh, which the avatar',
        ),
        (
            "{adapter: avatar, language: vi, sentences: arrays}",
            r'datasets\.more\.sentences: found "arrays", whose clips are landmarks alone',
        ),
        (
            "{adapter: avatar, language: en, sentences: tube}",
            r'datasets\.more\.sentences: found "tube", whose corpus \(youtube_asl\) has no glosses',
        ),
    ],
)
def test_data_sets_that_make_no_sense_are_refused(keys, message):
    more = f"  more: {keys}\n  tube: {{adapter: youtube_asl, language: en}}\nexperiments:"
    config = CONFIG.replace("experiments:", more)
    with pytest.raises(InputError, match=message):
        project(config)
