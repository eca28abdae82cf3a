"""Read YAML that consists of mappings, lists and text only.

A .dvc file needs no more. Without aliases, tags, merge keys and repeated keys, all readers agree on
the content, and nothing in it expands.
"""

from __future__ import annotations

from typing import Any

DEEPEST = 10
_NO_KEY = object()


def parse_plain(content: bytes) -> Any:
    """Parse one document; every scalar is text, including `3` and the empty one.

    Raises:
        ValueError: it is not YAML in UTF-8, or has more than mappings, lists and text.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    document: list[Any] = []
    open_: list[dict | list] = [document]
    keys: list[Any] = [_NO_KEY]
    try:
        # Decode first, since YAML may be in UTF-16, too.
        for event in yaml.parse(content.decode("utf-8"), Loader=loader):
            _check(event, len(open_), len(document))
            if isinstance(event, yaml.CollectionEndEvent):
                open_.pop()
                keys.pop()
            elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                value = _value(event)
                _add(value, open_[-1], keys, event)
                if not isinstance(value, str):
                    open_.append(value)
                    keys.append(_NO_KEY)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    if not document:
        raise ValueError("it is empty")
    return document[0]


def _value(event: Any) -> Any:
    import yaml

    if isinstance(event, yaml.ScalarEvent):
        return event.value
    return {} if isinstance(event, yaml.MappingStartEvent) else []


def _add(value: Any, holder: dict | list, keys: list[Any], event: Any) -> None:
    """Add a value to the open list or mapping; in a mapping, keys and values alternate."""
    if isinstance(holder, list):
        holder.append(value)
    elif keys[-1] is not _NO_KEY:
        holder[keys[-1]] = value
        keys[-1] = _NO_KEY
    elif not isinstance(value, str):
        raise _refused(event, "a key that is not text")
    elif value in holder:
        raise _refused(event, f"the key {value[:100]!r} twice")
    elif value == "<<":
        raise _refused(event, "a merge key")
    else:
        keys[-1] = value


def _check(event: Any, depth: int, documents: int) -> None:
    import yaml

    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise _refused(event, "an anchor or alias")
    if isinstance(event, yaml.NodeEvent) and event.tag is not None:
        raise _refused(event, f"the tag {event.tag[:100]!r}")
    if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags or documents):
        raise _refused(event, "a directive or a second document")
    if isinstance(event, yaml.CollectionStartEvent) and depth > DEEPEST:
        raise _refused(event, f"more than {DEEPEST} levels")


def _refused(event: Any, found: str) -> ValueError:
    return ValueError(f"line {event.start_mark.line + 1}: found {found}")
