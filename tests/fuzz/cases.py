"""Cases: the files that a reader is given, how they are changed, written and kept."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from file_forms import edits_of
from hypothesis import strategies as st
from mutations import LARGEST, TEXTS, Draw

Case = dict[str, bytes]
"""Files by their path below the case's folder. A name that ends in / is a folder's, one that ends
in @ a link's; the content is the link's target."""
_NAMES = (
    *("a", ".a", "a b", "-a", "12:30", "ü", "u\u0308", "\udcff", "[1]", "1", "000001", "0", "0007"),
    *(
        "9" * 30,
        "٣",
        "frame_0.04s",
        "a#t=1,2",
        "%05d",
        "*",
        "?",
        "a\nb",
        "a" * 250,
        "concat:a",
        "~",
    ),
)
_EDITS = (1, 1, 1, 1, 2, 3, 5)  # changes of a case: after many, most are refused at once


@st.composite
def changed_cases(
    draw: st.DrawFn, pool: Sequence[Case], names: bool, largest: int = LARGEST
) -> Case:
    """Draw a case of the pool with some changes.

    Args:
        names: names of files may change too.
        largest: bytes of a file at most.
    """
    choices = Draw(draw(st.randoms(use_true_random=True)))
    case = dict(choices.of(pool))
    for _ in range(choices.of(_EDITS)):
        if not case:
            break
        if names and choices.once_in(5):
            _change_names(case, choices)
            continue
        name = choices.of(sorted(case))
        data = case[name]
        other = choices.of(pool).get(name, data) if choices.number(0, 1) else data
        case[name] = choices.of(edits_of(name, data))(data, choices, other)[:largest]
    return case


def _change_names(case: Case, draw: Draw) -> None:
    """Remove, rename, copy or exchange a file, or put a folder or link in its place."""
    name, edit = draw.of(sorted(case)), draw.number(0, 6)
    path = PurePosixPath(name)
    if edit == 0:
        del case[name]
    elif edit == 1:
        case[str(path.with_name(draw.of(_NAMES) + path.suffix))] = case.pop(name)
    elif edit == 2:
        case[str(path.with_name(draw.of(_NAMES) + path.suffix))] = case[name]
    elif edit == 3:
        other = draw.of(sorted(case))
        case[name], case[other] = case[other], case[name]
    elif edit == 4:
        case[f"{name}/"] = case.pop(name)
    elif edit == 5:
        target = draw.of((draw.of(TEXTS), path.name, "/etc/passwd", ".", "..", "/dev/zero"))
        del case[name]
        case[f"{name}@"] = target.encode("utf-8", "surrogatepass")
    else:
        case[str(path.with_suffix(draw.of((".PNG", ".jpg", ".JPEG", ".txt", ".json", ""))))] = (
            case.pop(name)
        )


def write_case(case: Case, folder: Path) -> None:
    """Write the files below `folder`, which is made; names that no file can have are left out."""
    folder.mkdir()
    for name, data in case.items():
        path = folder / name.rstrip("/@")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir(exist_ok=True)
            elif name.endswith("@"):
                path.symlink_to(os.fsdecode(data))
            else:
                path.write_bytes(data)
        except (OSError, ValueError):
            continue


def read_folder(folder: Path) -> Case:
    """The case that the files below `folder` make."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def save_case(case: Case, about: str, path: Path) -> None:
    """Keep a case as JSON, beside words about it."""
    files = {name: base64.b64encode(data).decode() for name, data in case.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"about": about, "files": files}, indent=1), encoding="utf-8")


def load_case(path: Path) -> Case:
    """Read what `save_case` wrote."""
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return {name: base64.b64decode(data) for name, data in files.items()}
