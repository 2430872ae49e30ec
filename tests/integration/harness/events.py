"""Numbered events: each one can be told to be whole from its own bytes, whatever it was wrapped in on its way.

    {"s":"a","n":17,"pad":"rrrrrr","end":17}
"""
import json
import re

# Of what senders write: the shortest and the longest event, for bounds.
BYTES_MIN, BYTES_MAX = 30, 240

_PLAIN = re.compile(rb'\{"s":"([\w.-]+)","n":(\d+),"pad":"[a-z]*","end":\d+\}')


class Torn(Exception):
    """Bytes that no sender wrote as one event."""


def event(sender, number):
    """The bytes of one event, without a line's end. The same arguments give the same bytes."""
    pad = chr(ord("a") + number % 26) * (number * 31 % 157)
    return b'{"s":"%s","n":%d,"pad":"%s","end":%d}' % (sender.encode(), number, pad.encode(), number)


def lines(sender, numbers):
    return b"".join(event(sender, number) + b"\n" for number in numbers)


def read(entry):
    """-> (sender, number) of an event as it left: its own bytes, or the `message` of another object. Raises Torn."""
    found = _PLAIN.fullmatch(entry)
    if not found:
        return read(_message(entry))
    sender, number = found[1].decode(), int(found[2])
    if entry != event(sender, number):
        raise Torn(f"not as it was written: {entry[:300]!r}")
    return sender, number


def _message(entry):
    try:
        message = json.loads(entry)["message"]
    except (ValueError, KeyError, TypeError):
        raise Torn(f"no event: {entry[:300]!r}") from None
    return message.encode()
