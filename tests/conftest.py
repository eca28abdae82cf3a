"""Shared fixtures: a tiny model and tokenizer, a scored comparison, a browser.

Tests of pages run in a real Chromium, the one that SIGN2TEXT_CHROMIUM names or that is installed.
Where there is none they are skipped; with the variable, a skip is a failure, and so it is for Slurm
with SIGN2TEXT_SLURM and for MediaPipe with SIGN2TEXT_LANDMARKS. With `--minutes`, what would begin
too late is skipped and named. With `-n 2 --dist loadscope`, as `make test` has it, two processes
share the tests.
"""

import gc
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes at once; before torch is imported

CHROMIUM = "SIGN2TEXT_CHROMIUM"
PROMISED = {
    CHROMIUM: "browser",
    "SIGN2TEXT_SLURM": "slurm",
    "SIGN2TEXT_LANDMARKS": "mediapipe",
}
"""Variables that promise a fixture's requirement: if one is set, a skipped test is a failure."""
START, LATE = pytest.StashKey[float](), pytest.StashKey[bool]()
TINY_RUN = "finished run"
FROM_TINY_RUN = tuple(
    f"tests/workflow/test_{name}.py"
    for name in (
        *("add_method", "faults", "full_disk", "kills", "several_gpus", "sharing", "tiny_avatar"),
    )
)
"""Files of tests that start from the finished run of the workflow, which takes a minute or two."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--minutes", type=float, help="skip the tests that would begin so long after the start"
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[START] = time.monotonic()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest files first if several processes share the tests."""
    for item in items:
        group = _group(item.nodeid)
        if "tiny_run" in getattr(item, "fixturenames", ()) and group != TINY_RUN:
            raise pytest.UsageError(
                f"{item.nodeid} starts from the finished run, and its file is not in FROM_TINY_RUN "
                "of tests/conftest.py. Add it, or the run is made more than once."
            )
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith("tests/workflow/"))
        items.sort(key=lambda item: _group(item.nodeid) != TINY_RUN)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of garbage collection, which takes a second a training."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of a file stay together for its fixtures' sake, and so do those of a finished run."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return ByGroup(config, log) if config.getoption("dist") == "loadscope" else None


def _group(nodeid: str) -> str:
    path = nodeid.partition("::")[0]
    return TINY_RUN if path in FROM_TINY_RUN else path


# Before a test's fixtures, of which some take minutes.
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    minutes = item.config.getoption("minutes")
    if minutes is not None and time.monotonic() - item.config.stash[START] > 60 * minutes:
        item.stash[LATE] = True
        pytest.skip(f"no time left of {minutes:g} minutes: {item.nodeid}")


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    from sign2text.text.tokenizer import train_unigram

    return train_unigram(["am montag regnet es", "im norden scheint die sonne"] * 9, 60, "de")


@pytest.fixture(scope="session")
def tiny_translator(tiny_tokenizer: Any) -> Callable[..., Any]:
    """Make an untrained translator of FLa-LLM; keywords go to its configuration."""
    from transformers import ResNetConfig, set_seed

    from sign2text.methods.fla_llm.translator import SignTranslator, SignTranslatorConfig
    from sign2text.models.frame_encoder import FrameEncoderConfig
    from sign2text.models.small_language_models import mbart_config

    def make(*, seed: int = 0, dropout: float = 0.0, **settings: Any) -> SignTranslator:
        set_seed(seed)
        resnet = ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic"
        )
        language_model = mbart_config(
            tiny_tokenizer,
            layers=1,
            heads=2,
            width=16,
            feed_forward=32,
            positions=64,
            dropout=dropout,
            attention_dropout=dropout,
        )
        frames = FrameEncoderConfig(resnet=resnet)
        config = SignTranslatorConfig(frames=frames, language_model=language_model, **settings)
        return SignTranslator.class_for(config)(config)

    return make


@pytest.fixture(scope="session")
def write_comparison() -> Callable[..., dict[str, Any]]:
    """Write what `score` leaves of some experiments, and the manifest with small videos."""
    import av
    import numpy as np
    import pandas as pd

    from sign2text.data.manifest import write_manifest, write_table
    from sign2text.scoring.bleu import sentence_scores
    from sign2text.scoring.conventions import CONVENTIONS

    def write_video(path: Path, frames: int) -> None:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
            for number in range(frames):
                picture = np.full((96, 128, 3), 40, np.uint8)
                picture[32:64, number % 96 : number % 96 + 32] = (230, 160, 40)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode(None))

    def write(
        folder: Path,
        references: Sequence[str],
        hypotheses: Mapping[str, Sequence[str]],
        *,
        frames: int = 50,
        language: str = "de",
        convention: str = "words",
        **of_scores: Any,
    ) -> dict[str, Any]:
        """Return the arguments of report_translations's `run`, but `output` and `config`.

        All clips share one video; `of_scores` goes into the score files.
        """
        folder.mkdir(parents=True, exist_ok=True)
        video = folder / "video.mp4"
        write_video(video, frames)
        count = len(references)
        clips = {
            "id": [f"clip-{number:03}" for number in range(count)],
            "signer": [f"signer{number % 3:02}" for number in range(count)],
        }
        table = pd.DataFrame(clips).assign(
            video=str(video), frames=frames, fps=25.0, text=references, gloss="",
            language=language, phrasings=[[]] * count,
        )  # fmt: skip
        write_manifest(table, folder / "test.tsv")
        found: dict[str, Any] = {"name": "controls", "manifest": folder / "test.tsv"}
        for name, said in hypotheses.items():
            scores = sentence_scores(said, [[r] for r in references], CONVENTIONS[convention])
            sentences = pd.DataFrame(clips).assign(
                reference=references, hypothesis=said,
                **{key: [f"{value:.4f}" for value in values] for key, values in scores.items()},
                words=[len(r.split()) for r in references], unseen_words=0, in_train=0,
            )  # fmt: skip
            write_table(sentences, folder / f"{name}.tsv")
            whole = {key: sum(values) / count for key, values in scores.items()}
            result = {
                "data_set": "tiny", "experiment": name, "method": "fla_llm", "split": "test",
                "seed": 1, "settings": "0123456789ab", "control": None, "convention": convention,
                "scores": {"all": {**whole, "bleu4": whole["bleu"], "bleu4_interval": [1, 99]}},
            } | of_scores  # fmt: skip
            path = folder / f"{name}.bleu"
            path.write_text(json.dumps(result), encoding="utf-8")
            found.setdefault("scores", []).append(path)
            found.setdefault("sentences", []).append(folder / f"{name}.tsv")
        return found

    return write


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Turn a skip into a failure where what the test needs was promised."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not item.stash.get(LATE, False):
        for variable, fixture in PROMISED.items():
            if os.environ.get(variable) and fixture in item.fixturenames:
                report.outcome = "failed"
                report.longrepr = (
                    f"{item.nodeid} was skipped although {variable} is set: {report.longrepr}"
                )


# Not of the whole session: while it is open, no other test of this process could run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium (playwright's)."""
    found = filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser")))
    path = os.environ.get(CHROMIUM) or next(found, None)
    if path is None:
        pytest.skip(f"no Chromium: install the package chromium, or name one in {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def mediapipe() -> Path:
    """The Python of MediaPipe's environment."""
    from sign2text.ground.errors import InputError
    from sign2text.landmarks.environment import find_python

    try:
        return find_python()
    except InputError as error:
        pytest.skip(f"no MediaPipe: {error}")


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file as a page; at the end, it must have had no errors and asked for nothing else."""
    problems: list[str] = []
    contexts = []

    def open_it(
        path: Path, width: int = 1400, scheme: str = "light", report: bool = False, **options: Any
    ) -> Any:
        """`report`: of Snakemake, which opens pages beside it; `options`: of new_context."""
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        mine = (path.parent if report else path).as_uri()

        def check_request(request: Any) -> None:
            if not request.url.startswith((mine, "data:", "blob:")):
                problems.append(f"asked for {request.url}")

        def check_message(message: Any) -> None:
            # Snakemake's own page has the whole of Tailwind in it, which says that this is slow.
            expected = report and "tailwindcss.com should not be used" in message.text
            if message.type in ("error", "warning") and not expected:
                problems.append(f"console {message.type}: {message.text}")

        page.on("request", check_request)
        page.on("console", check_message)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.goto(path.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert problems == []
