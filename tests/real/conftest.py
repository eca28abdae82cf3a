"""Corpora that cannot be shipped: an environment variable names the folder of each.

Without the variable its tests are skipped; with it, a skip is a failure.
"""

import os
from pathlib import Path

import pytest

PHOENIX = "SIGN2TEXT_PHOENIX"
HOW2SIGN = "SIGN2TEXT_HOW2SIGN"
LANDMARKS = "SIGN2TEXT_REAL_LANDMARKS"
NAMES = (PHOENIX, HOW2SIGN, LANDMARKS)


@pytest.fixture(scope="session")
def phoenix_folder() -> Path:
    """The folder of PHOENIX-2014T that holds annotations/ and features/."""
    if not (folder := os.environ.get(PHOENIX)):
        pytest.skip(f"{PHOENIX} names no folder with annotations/ and features/")
    return Path(folder)


@pytest.fixture(scope="session")
def how2sign_folder() -> Path:
    """The folder of How2Sign's re-aligned csv files; those of val and test are enough."""
    if not (folder := os.environ.get(HOW2SIGN)):
        pytest.skip(f"{HOW2SIGN} names no folder with how2sign_realigned_val.csv and _test.csv")
    return Path(folder)


@pytest.fixture(scope="session")
def landmarks_folder() -> Path:
    """The folder of published .pose files, with dgs/, slp_datasets/ and fingerspelling/."""
    if not (folder := os.environ.get(LANDMARKS)):
        pytest.skip(f"{LANDMARKS} names no folder with dgs/, slp_datasets/ and fingerspelling/")
    return Path(folder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Turn a skip into a failure where the corpus was promised."""
    outcome = yield
    report = outcome.get_result()
    promised = [name for name in NAMES if os.environ.get(name)]
    unset = {*NAMES} - set(promised)
    if report.skipped and promised and not any(name in str(report.longrepr) for name in unset):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {promised} is set: {report.longrepr}"
