"""The spool on disk, seen from outside: one file for each package, its number of events in the file's name (SPOOL_FORMAT.md)."""
import re

_PACKAGE = re.compile(r"(\d+)\.package$")
_EVENT = re.compile(rb'\{"s":"([\w.-]+)","n":(\d+),"pad":"[a-z]*","end":\d+\}')


def packages(state):
    """Files of whole packages, in the order of their names."""
    return sorted(file for file in (state / "spool").rglob("*.package"))


def set_aside(state):
    return sorted((state / "spool").rglob("*.damaged"))


def count(state):
    """Events that are in the spool."""
    return sum(events_of(file) for file in packages(state))


def events_of(file):
    return int(_PACKAGE.search(file.name)[1])


def keys(file):
    """-> {(sender, number), ...} of a package whose body is not compressed; empty when it is gone"""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return set()
    return {(sender.decode(), int(number)) for sender, number in _EVENT.findall(content.replace(b'\\"', b'"'))}


def all_keys(state):
    found = set()
    for file in packages(state):
        found |= keys(file)
    return found
