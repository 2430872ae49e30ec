"""One crash run: a sender, the program killed again and again, a destination that fails in turn, and what must hold at the end."""
import random
import re

from golden import Failure

from harness import metrics, spool

MEGABYTE = 1024 * 1024
RSS_MAX = 160 * MEGABYTE
BATCH_EVENTS = 100  # of a package
CONCURRENCY = 4     # requests in flight, on the one worker
LIFE_SECONDS = (0.02, 0.8)

# Quick to try again, so that a short life sees many tries; small packages, so that many are in flight.
DELIVERY = f'''format = "ndjson", timeout = "1s", linger = "20ms", batch = {{ events = {BATCH_EVENTS} }}, concurrency = {CONCURRENCY},
      retry = {{ min = "20ms", max = "100ms" }}, pause = "1s"'''

BUFFERS = {
    "memory": 'buffer = { type = "memory", max_bytes = "2MiB" }, on_full = "block"',
    "memory and spool": 'buffer = { type = "memory", max_bytes = "64KiB" }, on_full = "spool"',
    "disk": 'buffer = { type = "disk", max_bytes = "256MiB" }',
}


def script(source, destination, buffer, more=""):
    """A pipeline named `crash`."""
    return f'''p.pipeline "crash" {{
    {source},
    {destination.sink(f"{DELIVERY}, {BUFFERS[buffer]}{more}")},
  }}'''


class CrashRun:
    """Kills on the way, and the end. What each kind of source promises is asserted by its case."""

    def __init__(self, w, source, buffer, more="", kills=None, to=None):
        """`to`: the destination; without it one that takes HTTP."""
        self.w, self.buffer, self.kills = w, buffer, kills or w.kills
        self.random = random.Random(f"{w.seed} kills")
        self.destination = to or w.destination()
        self.ledger = self.destination.ledger
        w.script(script(source, self.destination, buffer, more))
        self.admin = w.free_port()
        self.program = w.penstock("run", "script.lua", "--state", "state", "--workers", "1", "--admin", f"127.0.0.1:{self.admin}")

    def kill_again_and_again(self, before_kill=lambda: None, after_kill=lambda: None):
        self.destination.fail_in_turn()
        for _ in range(self.kills):
            self.program.start().lives_for(self.random.uniform(*LIFE_SECONDS))
            before_kill()
            self.program.kill()
            self.destination.look()
            after_kill()
            self.ledger.next_life()
        self.destination.behave_well()
        self.program.start()

    def wait_for(self, keys, within=60):
        """Until these events have arrived."""
        keys = list(keys)
        try:
            self.w.waits_for(lambda: self._has(keys), "every accepted event at the destination", within)
        except Failure as failure:
            missing = self.ledger.missing(keys)
            raise Failure(f"{failure}: {len(missing)} of {len(keys)} are missing, such as {missing[:5]}; the program said:\n"
                          f"{self.program.said()[-3000:]}") from None

    def _has(self, keys):
        self.destination.look()
        return self.ledger.has(keys)

    def wait_until_safe(self, keys, within=30):
        """Until these events are in the spool or have arrived."""
        keys = set(keys)
        self.w.waits_for(lambda: keys <= self._safe(), "what was sent to be safe", within)

    def _safe(self):
        return spool.all_keys(self.w.path / "state") | {key for key, _ in self.ledger.arrivals()}  # in this order: it moves from one to the other

    def _balances(self):
        try:
            return metrics.differences(metrics.read(self.admin)) == (0, 0, 0)
        except OSError:
            if not self.program.is_running():
                raise
            return False  # it has just been started and does not listen yet

    def finish(self):
        """Drains the last life and checks what holds for every source. -> the summary's numbers"""
        self.w.waits_for(self._balances, "metrics that balance")
        ended = self.program.stop().exits(0).balances("crash")
        self.destination.look()
        assert not self.ledger.torn, f"{len(self.ledger.torn)} torn, such as {self.ledger.torn[:3]}"
        unmet = set(self.destination.faults()) - set(self.destination.met)
        assert self.kills < 50 or not unmet, f"a run this long meets every fault, but not {unmet}"
        assert self.program.rss_max < RSS_MAX, f"{self.program.rss_max // MEGABYTE} MiB of memory"
        return ended.counts("crash")

    def twice_at_most(self, bound, why):
        duplicates = self.ledger.duplicates()
        assert duplicates <= bound, f"{duplicates} arrived twice, at most {bound} may: {why}"

    def in_flight_at_kills(self):
        """Deliveries that a kill may leave unknown to the program: each request under way, in full."""
        return self.kills * CONCURRENCY * BATCH_EVENTS

    def tell(self, accepted, bound):
        met = sum(count for name, count in self.destination.met.items() if name != "ok")
        self.w.note(f"{self.kills} kills, {accepted} events accepted, {len(self.ledger)} arrived, {self.ledger.duplicates()} of them twice "
                    f"(bound {bound}), {met} requests met a fault, {self.program.rss_max // MEGABYTE} MiB at most")


def checkpoint(w):
    """The position of the only stream; 0 when there is none."""
    said = w.run("state", "list", "--state", "state").stdout
    found = re.search(rb"position (\d+)", said)
    return int(found[1]) if found else 0
