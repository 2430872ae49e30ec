"""Where one test works: the golden tests' workspace, and what these tests start beside the program."""
import os
import random
import socket
import subprocess

import golden
from golden import Failure, Skip, case  # noqa: F401: for the cases

from harness.destination import Destination
from harness.ledger import Ledger
from harness.penstock import Penstock

# Below the range that the kernel takes for outgoing connections, so that none of those can be on it.
PORTS = range(20_000, 32_000)


class Site(golden.Workspace):
    """Ends whatever it started. `kills` and `seed` are the runner's; `note` says something that the output shows."""

    def __init__(self, path, program, kills, seed):
        super().__init__(path, program)
        os.chmod(path, 0o755)  # daemons drop their rights
        self.kills, self.seed = kills, seed
        self.penstocks, self.destinations, self.processes, self.last_words = [], [], [], []
        self.notes = []

    def note(self, text):
        self.notes.append(text)

    def penstock(self, *arguments, **options):
        return Penstock(self, *arguments, **options)

    def destination(self, **options):
        return self.runs_destination(Destination(Ledger(), seed=self.seed, **options))

    def runs_destination(self, destination):
        """Until the end of the test."""
        self.destinations.append(destination.start())
        return destination

    def environment(self, extra=None):
        return self._environment(extra)

    def finally_do(self, action):
        """At the end, the last one first."""
        self.last_words.append(action)

    def spawn(self, *command, log=None, **options):
        """Another program, until the end of the test."""
        log = log or f"{os.path.basename(command[0])}.log"
        with open(self.path / log, "ab") as output:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.path,
                                       **options)
        self.processes.append(process)
        return process

    def call(self, *command, within=60, **options):
        """Another program, to its end; its output. A failure of it fails the test."""
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.path, timeout=within,
                              **options)
        if done.returncode != 0:
            raise Failure(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout.decode(errors='replace')[-2000:]}")
        return done.stdout

    def free_port(self, kind=socket.SOCK_STREAM):
        for port in random.sample(PORTS, 200):
            with socket.socket(socket.AF_INET, kind) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise Failure("no free port")

    def listens(self, port, within=20):
        """Waits until something takes connections there."""
        self.waits_for(lambda: _connects(("127.0.0.1", port)), f"a listener on port {port}", within)

    def end_all(self):
        super().end_all()
        for penstock in self.penstocks:
            penstock.end()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for destination in self.destinations:
            destination.stop()
        for action in reversed(self.last_words):
            action()


def _connects(address):
    try:
        socket.create_connection(address, timeout=1).close()
        return True
    except OSError:
        return False


def needs_root(what):
    if os.geteuid() != 0:
        raise Skip(f"{what} needs root")
