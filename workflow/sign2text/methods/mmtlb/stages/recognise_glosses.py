"""Recognise the glosses of a split's clips by the recogniser of Sign2Gloss.

Sign2Gloss2Text translates these glosses. They also give the recogniser's word error rate after
the recognition training.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import Read, kept_clips
from sign2text.ground.settings import Beams, stage_config
from sign2text.jobs.command_line import command_line

READS = (
    kept_clips("manifest"),
    Read("features", "extract_features", "{split}.safetensors"),
    Read("model", "train_sign2gloss", "model.safetensors"),
)

log = logging.getLogger(__name__)


@stage_config
class Config:
    beams: Annotated[Beams, Field(description="beam width of the CTC search (public code)")] = 5
    batch_steps: Annotated[int, Field(ge=1, description="steps in a batch; ours")] = 4096


def run(
    *,
    manifest: Path,
    features: Path,
    model: Path,
    output: Path,
    config: Config,
    split: str,
    threads: int = 0,
) -> None:
    """Write the table `output` (data/recognised_glosses.py) of the manifest's clips.

    Args:
        features: S3D's features, stored by extract_features.

    Raises:
        InputError: the features are from another model.
    """
    from sign2text.data.clips import FeatureClips
    from sign2text.data.feature_store import FeatureStore
    from sign2text.data.manifest import read_manifest
    from sign2text.data.recognised_glosses import write_recognised
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.work_limit import progress
    from sign2text.methods.mmtlb.recogniser import Recogniser, check_features
    from sign2text.models.recognition import recognise
    from sign2text.models.trained_model import load_trained

    use_threads(threads)
    network = load_trained(model.parent, Recogniser).to(best_device())
    ids = read_manifest(manifest)["id"].tolist()
    store = FeatureStore(features)
    check_features(store, network)
    lines = recognise(
        network,
        FeatureClips(store, ids, None, seed=None),
        network.glosses,
        beams=config.beams,
        batch_steps=config.batch_steps,
        over=progress,
    )
    write_recognised(output, ids, lines)
    log.info("%s: %d clips, for example: %s", split, len(ids), lines[0])


if __name__ == "__main__":
    command_line(run)
