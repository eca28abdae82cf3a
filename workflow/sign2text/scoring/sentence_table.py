"""Hypotheses and references of a split as plain text, and scores of each sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.corpus_overlap import without_final_point
from sign2text.data.groups import GROUP
from sign2text.data.hypotheses import GLOSS

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.scoring.conventions import Convention

TABLE, HYPOTHESES, REFERENCES = "sentences.tsv", "hypotheses.txt", "references.txt"
COUNTS = ("words", "unseen_words", "in_train")
GLOSSES = ("gloss", "gloss_hypothesis")
"""Further columns for methods that write glosses: reference and predicted glosses."""
COLUMNS = ("id", "signer", "reference", "hypothesis", "bleu", "chrf", "rouge_l", *COUNTS)


def write_texts(
    folder: Path,
    rows: pd.DataFrame,
    run: pd.DataFrame,
    train: pd.DataFrame,
    convention: Convention,
) -> None:
    """Write hypotheses.txt and references.txt, unchanged, a line per clip, and sentences.tsv.

    Args:
        rows: the split's manifest, by id.
        run: its hypotheses (data/hypotheses.py), in the same order.
        train: the training split's manifest.
        convention: convention of the sentence scores and the words.
    """
    from sign2text.data.manifest import write_table
    from sign2text.ground.files import filling

    table = sentence_table(rows, run, train, convention)
    with filling(folder, last=TABLE) as temporary:
        for name, column in ((HYPOTHESES, "hypothesis"), (REFERENCES, "reference")):
            lines = "".join(f"{text}\n" for text in table[column])
            (temporary / name).write_text(lines, encoding="utf-8", newline="\n")
        write_table(table, temporary / TABLE)


def sentence_table(
    rows: pd.DataFrame, run: pd.DataFrame, train: pd.DataFrame, convention: Convention
) -> pd.DataFrame:
    """Make a table with a row per clip and the columns COLUMNS; `words` counts the reference's.

    If the run has glosses, the columns GLOSSES follow, as written. If the rows have groups, GROUP
    follows.
    """
    import pandas as pd

    from sign2text.scoring.bleu import sentence_scores

    known = {word for text in train["text"] for word in convention.tokens(text)}
    words = [convention.tokens(text) for text in rows["text"]]
    hypotheses, references = run["hypothesis"].tolist(), rows["text"].tolist()
    scores = sentence_scores(hypotheses, [[text] for text in references], convention)
    table = pd.DataFrame(
        {
            "id": rows.index,
            "signer": rows["signer"].to_numpy(),
            "reference": references,
            "hypothesis": hypotheses,
            **{name: [f"{value:.4f}" for value in values] for name, values in scores.items()},
            "words": [len(each) for each in words],
            "unseen_words": [sum(word not in known for word in each) for each in words],
            "in_train": in_train(rows["text"], train["text"]).astype(int).to_numpy(),
        }
    )[list(COLUMNS)]
    if GLOSS in run:
        glosses = zip(GLOSSES, (rows["gloss"], run[GLOSS]), strict=True)
        table = table.assign(**{name: each.to_numpy() for name, each in glosses})
    if GROUP in rows:
        table = table.assign(**{GROUP: rows[GROUP].to_numpy()})
    return table


def in_train(text: pd.Series, train: pd.Series) -> pd.Series:
    """Return whether each sentence is also in the training text, ignoring full stops."""
    return without_final_point(text).isin(set(without_final_point(train)))
