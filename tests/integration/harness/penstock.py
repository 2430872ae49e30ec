"""The program under test, as a process that is started, killed and started again."""
import os
import pathlib
import re
import signal
import subprocess

from golden import Failure

TICKS = os.sysconf("SC_CLK_TCK")  # of /proc/PID/stat, a second

_SUMMARY = re.compile(r"^(?P<pipeline>[\w.-]+): (?P<counts>\d+ events read, .*?); ", re.M)
_COUNT = re.compile(r"(\d+) ([a-z -]+?)(?: in Lua)?(?:,|$)")


class Ended:
    """How a run ended that was asked to."""

    def __init__(self, code, said):
        self.code, self.said = code, said

    def exits(self, code):
        if self.code != code:
            raise Failure(f"expected exit status {code}, got {self.code}; it said:\n{self.said[-3000:]}")
        return self

    def says(self, *patterns):
        for pattern in patterns:
            if not re.search(pattern, self.said, re.M):
                raise Failure(f"expected /{pattern}/ in:\n{self.said[-3000:]}")
        return self

    def counts(self, pipeline):
        """The summary line's numbers by their names: {"events read": 10, "delivered": 9, ...}"""
        for found in _SUMMARY.finditer(self.said):
            if found["pipeline"] == pipeline:
                return {name: int(count) for count, name in _COUNT.findall(found["counts"])}
        raise Failure(f"no summary line of {pipeline} in:\n{self.said[-3000:]}")

    def balances(self, pipeline):
        """read + born + found in the spool = all that became of them."""
        counts = self.counts(pipeline)
        came = sum(counts.get(name, 0) for name in ("events read", "born", "found in the spool"))
        went = sum(counts.get(name, 0) for name in ("delivered", "waiting in the spool", "filtered", "sampled out", "dropped", "dead-lettered", "read again",
                                                    "undelivered"))
        if came != went:
            raise Failure(f"{came} events came and {went} went: {counts}")
        return self


class Penstock:
    """`penstock ARGUMENTS`, one process at a time. What it says goes to a file, so that no pipe can hold it up."""

    def __init__(self, workspace, *arguments, prefix=(), env=None, name="penstock"):
        self.workspace, self.name = workspace, name
        self.command = [*map(str, prefix), str(workspace.program), *map(str, arguments)]
        self.env = env
        self.process = None
        self.lives = 0
        self.rss_max = 0  # bytes, over all lives that were asked
        workspace.penstocks.append(self)

    @property
    def log(self):
        """Of the present life."""
        return self.workspace.path / f"{self.name}-{self.lives}.log"

    def said(self):
        return self.log.read_text(errors="backslashreplace")

    def start(self):
        self.lives += 1
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.workspace.path,
                                            env=self.workspace.environment(self.env))
        return self

    def lives_for(self, seconds):
        """Lets it work for that long; its end in the meantime is a failure."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return self
        raise Failure(f"ended by itself with status {self.process.returncode}; it said:\n{self.said()[-3000:]}")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, and its end."""
        self.note_memory()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)
        return self

    def ends(self, within=60):
        """Waits for an end by itself."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            said = self.said()
            self.kill()
            raise Failure(f"expected an end within {within} s; it said:\n{said[-3000:]}") from None
        return Ended(self.process.returncode, self.said())

    def stop(self, within=60):
        """SIGTERM: drains and ends. One that has just begun is given the time to listen for it."""
        self.workspace.waits_for(self._listens_for_the_end, "a program that listens for SIGTERM")
        self.note_memory()
        return self.signal(signal.SIGTERM).ends(within)

    def _listens_for_the_end(self):
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return True  # it has ended
        caught = re.search(r"^SigCgt:\s+([0-9a-f]+)$", status, re.MULTILINE)
        return not caught or int(caught[1], 16) >> (signal.SIGTERM - 1) & 1 == 1 or self.process.poll() is not None

    def note_memory(self):
        """The most that this life has used so far."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        if peak:
            self.rss_max = max(self.rss_max, int(peak[1]) * 1024)

    def cpu_seconds(self):
        """User and system time of this life so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()
