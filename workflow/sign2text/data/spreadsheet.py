"""Reader of tables as spreadsheets and people write them: CSV or TSV, a header, a row per clip.

It accepts unambiguous variants: other line ends and encodings, empty columns and lines, headers in
other case, line breaks inside quotes. It refuses everything else and names the line. Annotation
files of publishers have a stricter reader (data/annotation_file.py).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.annotation_file import SEPARATORS, shortened
from sign2text.data.table_text import lines_of, read_table_text
from sign2text.data.text_form import nfc
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

OPENING_QUOTES = frozenset("“”„‟«»‘’‚‹›「『")
MOST_COLUMNS = 2**14  # limit of Excel and LibreOffice
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[\t,;|])"?[\t,;|]*', re.IGNORECASE)
"""A first line that tells Excel the separator."""
_BREAK = re.compile(r"\s*\n\s*")
_QUOTED = re.compile('"([^"]*)"')
_CURLY = (
    " It has typographic quotes (“ ”) around fields, as word processors write them: replace them "
    'by straight ones (").'
)


def read_spreadsheet(
    path: Path,
    needed: Sequence[str],
    further: Sequence[str] = (),
    known: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Read the named columns of a table as text; the index holds the file's line numbers.

    Args:
        path: as for `table_text.read_table_text`. The header shows the separator (a tab, a comma, a
            semicolon or '|'), unless a line such as `sep=;` comes before it.
        needed: required columns; case and surrounding whitespace may differ.
        further: optional columns, returned if present.
        known: all valid values of some columns, in lower case. A line with one of them in its
            column is a row, not part of a field with line breaks.

    A field may be in double quotes. It may then hold the separator, doubled quotes, and line
    breaks, which become spaces. Empty lines and columns without a name are ignored.

    Raises:
        InputError: as `read_table_text`; a column is missing or duplicate; a line has too few or
            too many fields; a quote is not closed.
    """
    import pandas as pd

    lines = lines_of(read_table_text(path))
    first, separator = _find_header(path, lines)
    values: dict[int, Collection[str]] = {}  # by the index of a column, once the header is read
    records = _records(path, lines, first, separator, values)
    number, header = next(records)
    places = _find_columns(path, number, header, needed, further, separator)
    named = max(index for index, name in enumerate(header) if name) + 1
    values |= {places[name]: allowed for name, allowed in (known or {}).items() if name in places}
    rows, numbers = [], []
    for number, fields in records:
        if not any(fields):
            continue
        _check_width(path, number, fields, header, named, separator)
        rows.append([fields[index] for index in places.values()])
        numbers.append(number)
    if not rows:
        raise InputError(f"{path}: a header and no line; expected a line a clip. Add your clips.")
    return pd.DataFrame(rows, columns=list(places), index=numbers, dtype=str)


def read_header(path: Path) -> tuple[list[str], str]:
    """Read all column names as written, and the separator, for adding lines to a table.

    Raises:
        InputError: as `read_spreadsheet`.
    """
    lines = lines_of(read_table_text(path))
    first, separator = _find_header(path, lines)
    _, header = next(_records(path, lines, first, separator, {}))
    return header, separator


def _find_header(path: Path, lines: list[str]) -> tuple[int, str]:
    """Find the index of the header line and the separator of its fields."""
    first, told = 0, None
    if match := _SEPARATOR_LINE.fullmatch(lines[0].strip()):
        first, told = 1, match["separator"]
    while first < len(lines) - 1 and not lines[first].strip(' \t",;|'):
        first += 1
    if first == len(lines):
        raise InputError(
            f"{path}, line 1: found {shortened(lines[0])} and no line after it, expected the names "
            "of columns. Export the table again."
        )
    header = lines[first]
    # On a tie the comma loses: it may be part of a column's name.
    separator = told or max("\t;|,", key=header.count)
    if separator not in header:
        raise InputError(
            f"{path}, line {first + 1}: found {shortened(header)}, expected the names of columns, "
            f"separated by {', '.join(SEPARATORS.values())}."
        )
    return first, separator


def _records(
    path: Path, lines: list[str], first: int, separator: str, known: Mapping[int, Collection[str]]
) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of each row from line index `first` on; quotes may span lines.

    An empty line has one field, "".
    """
    position = first
    while position < len(lines):
        fields, count = _read_record(path, lines, position, separator, known)
        yield position + 1, [_BREAK.sub(" ", field.strip()) for field in fields]
        position += count


def _read_record(
    path: Path,
    lines: list[str],
    position: int,
    separator: str,
    known: Mapping[int, Collection[str]],
) -> tuple[list[str], int]:
    """Read the fields of the row that starts in a line, and count the lines that it spans."""
    line = lines[position]
    if '"' not in line:
        return line.split(separator), 1
    rest = (f"{lines[number]}\n" for number in range(position, len(lines)))
    reader = csv.reader(rest, delimiter=separator, strict=True)
    try:
        fields = next(reader)
    except csv.Error as error:
        unclosed = reader.line_num > 1 or "unexpected end" in str(error)
        raise _unclosed(path, position, line, None if unclosed else str(error)) from None
    count = reader.line_num
    if count > 1 and (row := _swallowed(lines, position, count, fields, separator, known)):
        raise _unclosed(path, position, line, f"a quote does not close, and line {row} is a row")
    return fields, count


def _swallowed(
    lines: list[str],
    position: int,
    count: int,
    fields: list[str],
    separator: str,
    known: Mapping[int, Collection[str]],
) -> int | None:
    """Return the number of a line that is a row, although it lies inside a quoted field.

    If a quote is not closed, a quote in another line may close it. A line is a row if it has a
    known value in the right column inside the quotes, that is, after the opening quote in the first
    line and before the closing quote in the last.
    """
    broken = [index for index, field in enumerate(fields) if "\n" in field]
    opened = broken[0] + sum(field.count(separator) for field in fields[: broken[0]])
    closed = fields[broken[-1]].rpartition("\n")[2].count(separator)
    for number in range(position, position + count):
        found = lines[number].split(separator)
        for at, allowed in known.items():
            outside = at <= opened if number == position else at >= closed
            if at >= len(found) or (outside and number in (position, position + count - 1)):
                continue
            if _QUOTED.sub(r"\1", found[at].rstrip()).lower() in allowed:
                return number + 1
    return None


def _unclosed(path: Path, position: int, line: str, problem: str | None = None) -> InputError:
    return InputError(
        f"{path}, line {position + 1}: {problem or 'a quote does not close'}. A field that begins "
        "with a double quote ends with one, and quotes within it are doubled; found: "
        + shortened(line)
    )


def _find_columns(
    path: Path,
    number: int,
    header: list[str],
    needed: Sequence[str],
    further: Sequence[str],
    separator: str,
) -> dict[str, int]:
    """Map the name of each column to its index among the fields."""
    if len(header) > MOST_COLUMNS:
        raise InputError(
            f"{path}, line {number}: {len(header)} columns found, at most {MOST_COLUMNS} expected, "
            "as in spreadsheets. It is another file."
        )
    places: dict[str, int] = {}
    for name in dict.fromkeys((*needed, *further)):
        exact = [index for index, each in enumerate(header) if nfc(each) == nfc(name)]
        found = exact or [index for index, each in enumerate(header) if _key(each) == _key(name)]
        if len(found) > 1:
            raise InputError(
                f"{path}, line {number}: column {name} stands twice, in columns "
                f"{', '.join(str(index + 1) for index in found[:8])}. Rename or remove one of them."
            )
        if found:
            places[name] = found[0]
    if twice := [name for name, times in Counter(filter(None, header)).items() if times > 1]:
        raise InputError(
            f"{path}, line {number}: column {', '.join(twice[:8])} stands twice. Rename or remove "
            "one of them."
        )
    if missing := [name for name in needed if name not in places]:
        curly = _CURLY if any(each[:1] in OPENING_QUOTES for each in header if each) else ""
        raise InputError(
            f"{path}, line {number}: missing column {', '.join(missing)}; found "
            f"{', '.join(header)[:200]}; expected {', '.join(needed)}, separated by "
            f"{SEPARATORS[separator]}.{curly} Name your columns so, or say in config.yaml how they "
            "are called (make_manifest: table)."
        )
    return places


def _key(name: str) -> str:
    """Normalise a column's name: remove case, surrounding whitespace and invisible marks."""
    return nfc(name).strip("\ufeff\u200b \t\xa0").casefold()


def _check_width(
    path: Path, number: int, fields: list[str], header: list[str], named: int, separator: str
) -> None:
    """Raise InputError if a line has too few fields, or content after the last named column."""
    more = [index for index, field in enumerate(fields) if index >= named and field]
    if len(fields) >= named and not more:
        return
    curly = _CURLY if any(field[:1] in OPENING_QUOTES for field in fields if field) else ""
    if len(fields) < named or more[-1] >= len(header):
        raise InputError(
            f"{path}, line {number}: {len(fields)} fields found, expected {named} as in the "
            f"header, separated by {SEPARATORS[separator]}.{curly} Correct the line (a field that "
            f"holds the separator is put in double quotes); found: "
            f"{shortened(separator.join(fields))}"
        )
    raise InputError(
        f"{path}, line {number}: column {more[0] + 1} has no name and holds "
        f"{shortened(fields[more[0]])}.{curly} Give the column a name or empty it; if it is the "
        "rest of a sentence, put the sentence in double quotes."
    )
