"""Files of measurements of a method, made up, and what the option `--measured` says of them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from sign2text.data.manifest import write_manifest

KNOWN = {
    "data_set": "avatar",
    "method": "sign2gpt",
    "seed": 1,
    "settings": "0123456789ab",
    "settings_without_seed": "aaaa00001111",
    "code": "ba9876543210",
}


def finds(name: str, clips: list[tuple[int, int, int]], **changes: Any) -> dict[str, Any]:
    """Write an experiment's scores of clips of test: finds that are right, finds, and all there."""
    ids = changes.pop("ids", [f"c{number}" for number in range(len(clips))])
    right, found, there = (list(counts) for counts in zip(*clips, strict=True))
    made = {"threshold": 0.5, "ids": ids, "right": right, "found": found, "there": there}
    path = Path(f"results/avatar/{name}/score_pseudo_glosses/scores.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"test": {"clips": len(ids), "finds": made}}), "utf-8")
    return {**KNOWN, "experiment": name, "files": {"scores": str(path)}, **changes}


def vocabulary(name: str, texts: list[str], size: int, language: str = "de") -> dict[str, Any]:
    """Write an experiment's sizes of a vocabulary, and the manifest of the training text."""
    folder = Path(f"results/avatar/{name}/generate_pseudo_glosses")
    folder.mkdir(parents=True)
    about = {"pseudo_glosses": size, "language": language}
    (folder / "about.json").write_text(json.dumps(about), "utf-8")
    clips = [f"c{number}" for number in range(len(texts))]
    columns = {"id": clips, "video": clips, "frames": 9, "fps": 25.0, "signer": "s", "text": texts}
    columns |= {"gloss": "", "language": language, "phrasings": [[] for _ in texts]}
    write_manifest(pd.DataFrame(columns), folder / "train.tsv")
    files = {"about": str(folder / "about.json"), "train_manifest": str(folder / "train.tsv")}
    return {**KNOWN, "seed": {}, "experiment": name, "files": files}
