"""A real Kafka whose one broker hangs, and is killed and started again, in turn."""
import bisect
import collections
import itertools
import random
import signal
import threading
import time

from harness import kafka
from harness.ledger import Ledger


class FaultyKafka:
    """A destination of crash runs. Its ledger is made of what is in the topic: see look()."""

    TOPIC = "crash"

    def __init__(self, site, seed=1):
        self.kafka = kafka.Kafka(site)
        self.broker = self.kafka.brokers[0]
        # One partition, so that what is new stands at its end.
        self.kafka.create(self.TOPIC, partitions=1)
        self.ledger = Ledger()
        self.met = collections.Counter()
        self._random = random.Random(f"{seed} broker")
        self._seen = 0   # messages
        self._ends = []  # when each life but the present one was over
        self._well = threading.Event()
        self._thread = None

    @staticmethod
    def faults():
        return ["hang", "kill"]

    def start(self):
        return self

    def stop(self):
        self.behave_well()

    def sink(self, options):
        # Within `timeout` the producer is idempotent, so that what the broker does makes no repetitions.
        options = options.replace('timeout = "1s"', 'timeout = "20s"')
        return f'p.sink.kafka {{ brokers = "{self.kafka.addresses()}", topic = "{self.TOPIC}", {options} }}'

    def fail_in_turn(self):
        self._well.clear()
        self._thread = threading.Thread(target=self._turn, daemon=True)
        self._thread.start()

    def behave_well(self):
        self._well.set()
        if self._thread:
            self._thread.join()

    def _turn(self):
        for fault in itertools.cycle(("hang", "kill", "hang")):
            if self._well.wait(self._random.uniform(0.3, 1.5)):
                return
            if fault == "kill":
                self.broker.kill()
                self._well.wait(self._random.uniform(0, 2))
                self.broker.start()
                self.kafka.wait_until_ready()
            else:
                self.broker.process.send_signal(signal.SIGSTOP)
                self._well.wait(self._random.uniform(0.1, 2))
                self.broker.process.send_signal(signal.SIGCONT)
            self.met[fault] += 1

    def look(self):
        """Puts new messages into the ledger, each as of the life in which it was produced."""
        if len(self._ends) < self.ledger.life:
            raise AssertionError("a life ended and nobody looked")
        if len(self._ends) == self.ledger.life:
            self._ends.append(time.time())
        if not self._well.is_set():
            return  # the broker may not be there; what it has stays there
        lines = self.kafka.values(self.TOPIC, "-p", "0", "-o", str(self._seen), "-f", "%T %s\n")
        self._seen += len(lines)
        lives = collections.defaultdict(list)
        for line in lines:
            stamp, _, value = line.partition(b" ")
            lives[min(bisect.bisect_left(self._ends, int(stamp) / 1000), self.ledger.life)].append(value)
        for life, values in lives.items():
            self.ledger.record(values, life=life)
