"""The harness itself: what it calls accepted, torn, lost and twice is what the other cases stand on."""
import gzip
import http.client
import socket

from harness import events
from harness.site import case


def post(destination, body, headers=None, timeout=5):
    """-> the answer's status; None: no whole answer."""
    client = http.client.HTTPConnection("127.0.0.1", destination.port, timeout=timeout)
    try:
        client.request("POST", "/ingest", body, headers or {})
        answer = client.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


@case
def an_entry_counts_when_the_whole_answer_was_given(w):
    destination = w.destination()
    assert post(destination, events.lines("a", [1, 2])) == 200
    assert post(destination, gzip.compress(events.lines("a", [3])), {"Content-Encoding": "gzip"}) == 200
    w.waits_for(lambda: destination.ledger.has([("a", 1), ("a", 2), ("a", 3)]), "three entries")
    assert destination.ledger.duplicates() == 0 and not destination.ledger.torn


REFUSALS = {"refuse": None, "hang": None, "500": 500, "503": 503, "429": 429, "401": 401, "cut body": None, "cut answer": None}


@case
def what_was_not_accepted_is_not_in_the_ledger(w):
    destination = w.destination()
    for fault, status in REFUSALS.items():
        destination.behave(fault)
        found = post(destination, events.lines("a", range(1, 500)), timeout=0.5)
        assert found == status, f"{fault}: {found}"
    destination.behave("413")
    assert post(destination, events.lines("a", range(1, 500))) == 413
    assert len(destination.ledger) == 0
    for fault in ("413", "slow", "ok"):
        destination.behave(fault)
        assert post(destination, events.lines(fault, range(1, 9))) == 200, fault
        w.waits_for(lambda: destination.ledger.has([(fault, n) for n in range(1, 9)]), "the entries that were accepted")


@case
def torn_entries_are_seen(w):
    destination = w.destination()
    whole = events.event("a", 7)
    for bad in (whole[:-1] + b"\n", whole + whole + b"\n", whole, whole.replace(b'"n":7', b'"n":8') + b"\n", b"\n"):
        before = len(destination.ledger.torn)
        post(destination, bad)
        w.waits_for(lambda: len(destination.ledger.torn) > before, f"{bad!r} to be called torn")
    half = gzip.compress(events.lines("a", [1]))[:-4]
    post(destination, half, {"Content-Encoding": "gzip"})
    w.waits_for(lambda: len(destination.ledger.torn) == 6, "half a compressed body to be called torn")
    assert len(destination.ledger) == 0


@case
def all_faults_come_in_turn(w):
    destination = w.destination()
    destination.fail_in_turn(seconds_max=0.1)
    number = 0
    while set(destination.met) < {"refuse", "hang", "500", "503", "429", "413", "401", "cut body", "cut answer", "slow", "ok"}:
        number += 1
        post(destination, events.lines("a", [number]), timeout=0.3)
        assert number < 5000, f"met so far: {destination.met}"
    destination.behave_well()
    w.waits_for(lambda: post(destination, events.lines("b", [1])) == 200, "good behaviour at the end")


@case
def a_stopped_destination_leaves_nothing_behind(w):
    destination = w.destination()
    client = socket.create_connection(("127.0.0.1", destination.port))
    destination.stop()
    try:
        assert client.recv(1) == b""
    except ConnectionResetError:
        pass
