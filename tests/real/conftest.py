"""Corpora that cannot be shipped: an environment variable names the folder of each.

Without the variable its tests are skipped; with it, a skip is a failure.
"""

import os
from pathlib import Path

import pytest

PHOENIX = "SIGN2TEXT_PHOENIX"


@pytest.fixture(scope="session")
def phoenix_folder() -> Path:
    """The folder of PHOENIX-2014T that holds annotations/ and features/."""
    if not (folder := os.environ.get(PHOENIX)):
        pytest.skip(f"{PHOENIX} names no folder with annotations/ and features/")
    return Path(folder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Turn a skip into a failure where the corpus was promised."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get(PHOENIX):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {PHOENIX} is set: {report.longrepr}"
