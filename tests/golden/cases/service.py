"""What a service manager is told: sd_notify(3)."""
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from golden import ROOT, Skip, case


class Manager:
    """Listens where systemd would."""

    def __init__(self, w, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.name = f"@penstock-test-{os.getpid()}-{id(w)}" if abstract else str(w.path / "notify")
        self.socket.bind(self.name.replace("@", "\0"))
        self.messages = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.messages.append(self.socket.recv(4096).decode())

    def heard(self, text):
        return sum(text in message.split("\n") for message in self.messages)


TICKS = 'p.pipeline "ticks" { p.source.generate { rate = 100 }, p.set { v = %d }, p.sink.blackhole {}, workers = 1 }'


def says_ready_reloading_and_stopping(abstract):
    def holds(w):
        w.script(TICKS % 1)
        manager = Manager(w, abstract)
        running = w.start("run", "script.lua", env={"NOTIFY_SOCKET": manager.name}, log="log")
        w.waits_for(lambda: manager.heard("READY=1") == 1, "READY=1")
        assert manager.heard("STATUS=1 pipeline runs") == 1, manager.messages
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        w.script(TICKS % 2)
        running.signal(signal.SIGHUP)
        w.waits_for(lambda: manager.heard("READY=1") == 2, "READY=1 after the reload")
        reloading = next(message for message in manager.messages if "RELOADING=1" in message)
        stamp = int(re.search(r"^MONOTONIC_USEC=(\d+)$", reloading, re.M)[1])
        assert before <= stamp <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        w.script("p.pipeline 'ticks' {")
        running.signal(signal.SIGHUP)
        w.waits_for(lambda: manager.heard("READY=1") == 3, "READY=1 after a reload that was refused")
        running.signal(signal.SIGTERM).ends().exits(0)
        w.waits_for(lambda: manager.heard("STOPPING=1") == 1, "STOPPING=1")
        assert manager.heard("WATCHDOG=1") == 0

    return holds


case(says_ready_reloading_and_stopping(False), "the manager hears of start, reload and end")
case(says_ready_reloading_and_stopping(True), "an abstract socket does as well")


@case
def the_watchdog_is_fed_while_the_workers_answer(w):
    w.script(TICKS % 1)
    manager = Manager(w)
    running = w.start("run", "script.lua", env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"}, log="log")
    w.waits_for(lambda: manager.heard("WATCHDOG=1") >= 5, "WATCHDOG=1")
    running.signal(signal.SIGTERM).ends().exits(0)


@case
def the_watchdog_is_not_fed_while_a_worker_hangs(w):
    w.script('''p.pipeline "slow" { script_time = "30s", p.source.generate { count = 1 },
      p.transform (function(event) while true do end end), p.sink.blackhole {}, workers = 1 }''')
    manager = Manager(w)
    running = w.start("run", "script.lua", env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"}, log="log")
    w.waits_for(lambda: manager.heard("READY=1") == 1, "READY=1")
    # Until the manager would have given up, several times over; one that was under way is allowed.
    time.sleep(1)
    assert manager.heard("WATCHDOG=1") <= 2, manager.messages
    running.signal(signal.SIGKILL).ends()


@case
def without_a_manager_nothing_is_told(w):
    w.script('p.pipeline "x" { p.source.generate { count = 3 }, p.sink.blackhole {} }')
    w.run("run", "script.lua", env={"NOTIFY_SOCKET": "", "WATCHDOG_USEC": "x"}).exits(0)
    w.run("run", "script.lua", env={"NOTIFY_SOCKET": str(w.path / "nobody")}).exits(0)


@case
def the_unit_file_is_one(w):
    if not shutil.which("systemd-analyze"):
        raise Skip("no systemd-analyze")
    unit = (ROOT / "packaging/systemd/penstock.service").read_text().replace("/usr/bin/penstock", str(w.program))
    w.write("penstock.service", unit)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(w.path / "penstock.service")], capture_output=True, text=True)
    assert done.returncode == 0 and "penstock.service" not in done.stderr, done.stderr
    for option in re.findall(r"--[a-z-]+", re.search(r"^ExecStart=.*$", unit, re.M)[0]):
        w.run("run", "--help").exits(0).prints_like(re.escape(option))
