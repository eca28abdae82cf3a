"""The command `sign2text` as a terminal sees it."""

import signal
import subprocess
import sys

COMMAND = (
    "import sys; from sign2text.commands import main as cli; from sign2text.scoring import show;"
    "show.format_scores = lambda results: 'a line of many\\n' * 10**5;"
    "from sign2text.scoring import score_reader; score_reader.read_score_file = lambda *_: {};"
    "cli.main(['show', 'some.bleu'])"
)


def test_a_reader_that_has_seen_enough_ends_it_without_a_traceback() -> None:
    """As `head -1` behind it does."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"a line of many\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE
