"""Logs that are rotated while the program is killed and started again."""
import itertools
import random

from harness import senders
from harness.ledger import Ledger
from harness.site import case

SCRIPT = '''p.pipeline "tail" {
  p.source.file { path = "log/in.log*", format = "json", rescan = "50ms" },
  p.sink.file { path = "out.ndjson", linger = "20ms" },
}'''


def arrived(w):
    """A ledger of what is in the output now; a life is nothing here, for nobody knows which one wrote a line."""
    ledger = Ledger()
    whole, _, unended = w.read("out.ndjson").rpartition(b"\n")
    assert not unended, f"the output ends in the middle of an event: {unended!r}"
    ledger.record(whole.split(b"\n"))
    return ledger


def run_with_kills(w, writer, kills):
    """-> the ledger, and how the last life ended"""
    rng = random.Random(w.seed)
    (w.path / "log").mkdir()
    w.script(SCRIPT)
    program = w.penstock("run", "script.lua", "--state", "state")
    writer.start()
    for _ in range(kills):
        program.start().lives_for(rng.uniform(0.02, 0.8))
        program.kill()
    program.start()
    writer.stop()
    return program


@case
def rotation_by_rename_loses_nothing_over_kills(w):
    writer = senders.RotatingWriter(w.path / "log/in.log", "rename", seed=w.seed)
    program = run_with_kills(w, writer, w.kills // 2)
    w.waits_for(lambda: arrived(w).has(writer.accepted), "every line in the output", within=30)
    program.stop().exits(0).balances("tail")
    ledger = arrived(w)
    assert not ledger.torn, ledger.torn[:3]
    assert not ledger.missing(writer.accepted)
    assert len(ledger) == len(writer.accepted), "events that nobody wrote"
    w.note(f"{writer.rotations} rotations, {len(writer.accepted)} events, {ledger.duplicates()} arrived twice, seed {w.seed}")


@case
def rotation_by_copy_and_truncate_over_kills_tears_nothing(w):
    """Lines written between the copy and the truncation are in neither; all others are in the copy, and must arrive."""
    writer = senders.RotatingWriter(w.path / "log/in.log", "copy", seed=w.seed)
    program = run_with_kills(w, writer, w.kills // 2)
    w.waits_for(lambda: arrived(w).has(writer.accepted), "every line in the output", within=30)
    program.stop()
    ledger = arrived(w)
    assert not ledger.torn, ledger.torn[:3]
    assert len(ledger) == len(writer.accepted), "events that nobody wrote"
    w.note(f"{writer.rotations} rotations, {len(writer.accepted)} events, {ledger.duplicates()} arrived twice, seed {w.seed}")
