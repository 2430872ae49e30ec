"""What arrived where, how often, and in which life of the program."""
import collections
import threading
import time

from harness import events


class Ledger:
    """The destination's book. Thread-safe.

    A life is one process of the program, numbered from 0; the test turns the page with `next_life` after each kill. An entry
    belongs to the life that opened its connection.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._arrivals = collections.defaultdict(list)  # (sender, number) -> lives, in the order of arrival
        self._first = {}  # (sender, number) -> time.monotonic() of its first arrival
        self._life = 0
        self.torn = []
        self.doubtful = set()  # answered so late that the client may have given up: (sender, number)

    @property
    def life(self):
        with self._lock:
            return self._life

    def next_life(self):
        with self._lock:
            self._life += 1

    def record(self, entries, life=None, doubtful=False):
        """Entries as bytes, each one event."""
        keys, torn = [], []
        for entry in entries:
            try:
                keys.append(events.read(entry))
            except events.Torn as what:
                torn.append(str(what))
        now = time.monotonic()
        with self._lock:
            for key in keys:
                self._first.setdefault(key, now)
                self._arrivals[key].append(self._life if life is None else life)
            self.torn += torn
            if doubtful:
                self.doubtful.update(keys)

    def __len__(self):
        """Different events."""
        with self._lock:
            return len(self._arrivals)

    def has(self, keys):
        with self._lock:
            return all(key in self._arrivals for key in keys)

    def missing(self, keys):
        with self._lock:
            return [key for key in keys if key not in self._arrivals]

    def numbers(self, sender):
        """In the order of their first arrival."""
        with self._lock:
            return [number for name, number in self._arrivals if name == sender]

    def senders(self):
        with self._lock:
            return {sender for sender, _ in self._arrivals}

    def arrivals(self):
        """-> [((sender, number), [life, ...]), ...]"""
        with self._lock:
            return [(key, list(lives)) for key, lives in self._arrivals.items()]

    def arrived_at(self, key):
        """time.monotonic() of its first arrival."""
        with self._lock:
            return self._first[key]

    def duplicates(self):
        """Arrivals beyond each event's first."""
        with self._lock:
            return sum(len(lives) - 1 for lives in self._arrivals.values())
