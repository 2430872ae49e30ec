"""SIGHUP under way: plans change while events flow, and none is lost or sent twice."""
import random
import re
import signal

from harness import senders
from harness.crash import DELIVERY
from harness.site import case

RELOADS = 20
STAGES = ("", "p.filter \"n >= 0\",", "p.set { generation = 1 }, p.remove { \"generation\" },", "p.transform (function(event) end),")


def reloading(w, source, make_sender, accepted):
    """Reloads at random moments, also with scripts that are wrong, while a sender sends. -> the ledger and the sender"""
    rng = random.Random(w.seed)
    destination = w.destination()
    ledger = destination.ledger

    def script(stage):
        return f'''p.pipeline "reloaded" {{ {source}, {stage} p.sink.http {{ url = "{destination.url}", {DELIVERY} }} }}'''

    w.script(script(""))
    program = w.penstock("run", "script.lua", "--state", "state").start()
    sender = make_sender().start()
    for reload in range(1, RELOADS + 1):
        enough = len(ledger) + rng.randint(1, 300)
        w.waits_for(lambda: len(ledger) >= enough, lambda: f"events to flow; it said {program.said()[-2000:]}")
        w.script("this is not Lua" if reload % 5 == 0 else script(STAGES[reload % len(STAGES)]))
        program.signal(signal.SIGHUP)
        w.waits_for(lambda: len(told(program)) >= reload, lambda: f"word of reload {reload} in {program.said()}")
    sender.stop()
    keys = accepted(sender)
    w.waits_for(lambda: ledger.has(keys), lambda: f"every event at the destination; missing are {ledger.missing(keys)[:5]}", within=30)
    program.stop().exits(0).balances("reloaded")
    assert not ledger.torn, ledger.torn[:3]
    assert ledger.duplicates() == 0, f"{ledger.duplicates()} arrived twice"
    return ledger, sender


def told(program):
    return re.findall(r"(?:info|error) +reload: SIGHUP.*", program.said())


@case
def reload_of_a_file_source(w):
    ledger, sender = reloading(w, 'p.source.file { path = "in.ndjson", format = "json", rescan = "50ms" }',
                               lambda: senders.FileWriter(w.path / "in.ndjson", seed=w.seed), lambda sender: sender.accepted)
    assert len(ledger) == len(sender.accepted), "events that nobody wrote"


@case
def reload_of_an_http_source(w):
    """A plan that is replaced answers what it took; what comes too late for it is sent to the next one, by 503 with Retry-After."""
    port = w.free_port()
    ledger, sender = reloading(w, f'p.source.http {{ listen = "127.0.0.1:{port}", format = "json" }}',
                               lambda: senders.HttpSender(port, seed=w.seed, seconds_between=0.002), lambda sender: sender.accepted)
    assert len(ledger) == len(sender.accepted), "events that nobody sent"
    assert set(sender.statuses) <= {200, 503} and sender.statuses.get(503, 0) <= RELOADS, sender.statuses
    assert sender.retry_after_seen or 503 not in sender.statuses
    w.note(f"{len(sender.accepted)} events accepted over {RELOADS} reloads; answers: {sender.statuses}; {sender.unanswered} events of tries without one")


@case
def reload_of_a_tcp_source(w):
    """A plan that is replaced reads what is there and closes its connections: each arrives without a hole, the last one in whole."""
    port = w.free_port()
    ledger, sender = reloading(w, f'p.source.tcp {{ listen = "127.0.0.1:{port}", format = "json" }}',
                               lambda: senders.StreamSender(senders.tcp(port), senders.line, seed=w.seed),
                               accepted=lambda sender: [key for key in sender.keys_of_this_life() if key[0] == f"tcp-{len(sender.sent)}"])
    for connection in ledger.senders():
        numbers = sorted(ledger.numbers(connection))
        assert numbers == list(range(1, len(numbers) + 1)), f"{connection}: a hole in {numbers}"
        assert len(numbers) <= sender.attempted[connection]
    w.note(f"{sum(sender.attempted.values())} events sent over {len(sender.sent)} connections, {len(ledger)} arrived")
