"""A stand-in for MediaPipe that speaks the worker's protocol; what it finds hangs on the red value.

BLACK: no person. DIES, KILLED: the program ends. FAILS: MediaPipe raises an error. ONE_HANDED: the
right hand is missing. Otherwise the points' x is their number / POINTS, y the red value / 255, and
z counts the frames of the clip plus the width that the detector sees / 1000.
"""

import importlib.util
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

BLACK, DIES, KILLED, FAILS, ONE_HANDED = 0, 13, 14, 15, 16


def write_python(folder, program=__file__):
    """Write a script that stands for the environment's Python, and always runs `program`."""
    python = Path(folder) / "bin/python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{program}"\n', encoding="utf-8")
    python.chmod(0o755)
    return python


def load_protocol():
    """The real worker's module, by its path: the stand-in runs isolated from the project."""
    path = Path(__file__).parents[2] / "workflow/sign2text/landmarks/mediapipe_worker.py"
    spec = importlib.util.spec_from_file_location("mediapipe_worker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Holistic:
    def __init__(self, **settings):
        assert settings == {"model_complexity": 1, "refine_face_landmarks": True}
        self.frames = 0

    def process(self, frame):
        red = int(frame[0, 0, 0])
        if red == DIES:
            print("F0000 out of luck", file=sys.stderr)
            sys.stderr.flush()
            os._exit(3)
        if red == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if red == FAILS:
            raise RuntimeError("CalculatorGraph::Run() failed")
        found, number = {}, 0
        for name, count in worker.PARTS:
            points = [
                SimpleNamespace(
                    x=at / worker.POINTS, y=red / 255, z=self.frames + frame.shape[1] / 1000
                )
                for at in range(number, number + count)
            ]
            number += count
            missing = red == BLACK or (red == ONE_HANDED and name == "right_hand")
            found[f"{name}_landmarks"] = None if missing else SimpleNamespace(landmark=points)
        self.frames += 1
        return SimpleNamespace(**found)

    def close(self):
        pass


if __name__ == "__main__":
    worker = load_protocol()
    holistic = SimpleNamespace(Holistic=Holistic)
    sys.modules["mediapipe.python.solutions.holistic"] = holistic
    for name in ("mediapipe", "mediapipe.python", "mediapipe.python.solutions"):
        sys.modules[name] = SimpleNamespace(__path__=[])
    worker.installed_version = lambda: worker.VERSION
    worker.main()
