"""Each file operation on the state directory and the output fails in turn, for once or for ever, or is the process's last."""
import http.client
import shutil
import signal
import socket
import time

from harness import events, faulty_files
from harness.ledger import Ledger
from harness.site import Failure, case

EVENTS = 2000
KEYS = [("file", n) for n in range(1, EVENTS + 1)]
PUSHED = [("push", n) for n in range(1, EVENTS + 1)]
SOURCE = 'p.source.file { path = "in.ndjson", format = "json", follow = false }'

HOWS = {
    "fails for want of space": dict(how=faulty_files.NO_SPACE, times=2),  # a write ends short first
    "and all after it fail": dict(how=faulty_files.IO_ERROR),
    "is the process's last": dict(how=faulty_files.KILL),
}


class FileOutput:
    """The file sink; its files are under data/, too."""

    def __init__(self, w):
        self.w = w
        self.sink = 'p.sink.file { path = "data/out/out.ndjson", batch = { bytes = "32KiB" }, rotate = { size = "100KiB" } }'

    def begin(self):
        pass

    def ledger(self):
        ledger = Ledger()
        for file in (self.w.path / "data/out").glob("*"):
            whole, _, unended = file.read_bytes().rpartition(b"\n")
            if unended:
                ledger.torn.append(f"{file.name} ends in the middle of an event: {unended[:100]!r}")
            ledger.record(whole.splitlines())
        return ledger


class SpooledOutput:
    """The HTTP sink over its spool, into a destination that is well."""

    def __init__(self, w):
        self.destination = w.destination()
        self.sink = f'''p.sink.http {{ url = "{self.destination.url}", buffer = {{ type = "disk" }}, linger = "10ms",
          batch = {{ events = 400 }}, retry = {{ min = "10ms", max = "50ms" }} }}'''

    def begin(self):
        self.destination.ledger = Ledger()

    def ledger(self):
        return self.destination.ledger


def each_operation(output, options):
    def holds(w):
        library = faulty_files.build(w)
        place = output(w)
        w.script(f'p.pipeline "faulty" {{ {SOURCE}, {place.sink} }}')
        w.write("in.ndjson", events.lines("file", range(1, EVENTS + 1)))
        data, count = w.path / "data", w.path / "count"

        def run(**faults):
            program = w.penstock("run", "script.lua", "--state", "data/state", "--workers", "1",
                                 env=faulty_files.environment(library, data, **faults) if faults else None).start()
            if "how" in faults and "times" not in faults:
                end_if_it_waits(program)
            return program.ends()

        def end_if_it_waits(program):
            """A file sink waits for its disk as long as it takes: two signals end it."""
            w.waits_for(lambda: not program.is_running() or "events wait" in program.said(), "the run to end or to wait", within=60)
            if program.is_running():
                program.signal(signal.SIGTERM)
                time.sleep(0.3)  # sooner the next one counts as the same wish
                program.signal(signal.SIGTERM)

        run(count=count).exits(0)
        w.waits_for(lambda: place.ledger().has(KEYS), "every event, for nothing failed")
        operations = count.stat().st_size
        assert operations > 20, f"only {operations} file operations were seen"
        for first in range(1, operations + 1):
            shutil.rmtree(data)
            place.begin()
            broken = run(first=first, **options)
            try:
                check(w, place, broken, run)
            except (AssertionError, Failure) as failure:
                raise Failure(f"operation {first} of {operations}: {failure}\nbroken run: exit {broken.code}: {broken.said[-1500:]}") from None
        w.note(f"{operations} operations")

    def check(w, place, broken, run):
        if broken.code == 0:
            w.waits_for(lambda: place.ledger().has(KEYS), "every event, for the exit status was 0", within=2)
        after = run().exits(0)
        w.waits_for(lambda: place.ledger().has(KEYS), lambda: f"every event after the next run, which said {after.said[-1000:]}", within=2)
        assert not place.ledger().torn, place.ledger().torn[:3]

    return holds


def each_operation_under_a_push_source(options):
    def holds(w):
        """Answered with success means in the spool, for the destination is down: it arrives after the next start, whatever failed."""
        library, port, destination = faulty_files.build(w), w.free_port(), w.destination()
        w.script(f'''p.pipeline "faulty" {{ p.source.http {{ listen = "127.0.0.1:{port}", format = "json", answer_timeout = "1s" }},
          p.sink.http {{ url = "{destination.url}", buffer = {{ type = "disk" }}, linger = "10ms", batch = {{ events = 400 }},
            retry = {{ min = "10ms", max = "50ms" }} }} }}''')
        data, count = w.path / "data", w.path / "count"

        def life(**faults):
            program = w.penstock("run", "script.lua", "--state", "data/state", "--workers", "1",
                                 env=faulty_files.environment(library, data, **faults) if faults else None).start()
            w.waits_for(lambda: connects(port) or not program.is_running(), "the source to listen")
            return program

        def accepted():
            return post(port, events.lines("push", range(1, EVENTS + 1))) == 200

        destination.behave("refuse")
        program = life(count=count)
        assert accepted()
        program.kill()
        operations, answered = count.stat().st_size, 0
        for first in range(1, operations + 1):
            shutil.rmtree(data, ignore_errors=True)
            destination.behave("refuse")
            destination.ledger = Ledger()
            program = life(first=first, **options)
            was_accepted = program.is_running() and accepted()
            answered += was_accepted
            if program.is_running():
                program.kill()
            destination.behave("ok")
            program = life()
            if not was_accepted:
                w.waits_for(accepted, "success after the next start")
            w.waits_for(lambda: destination.ledger.has(PUSHED), f"what was accepted (operation {first} of {operations})")
            program.stop().exits(0)
            assert not destination.ledger.torn
        w.note(f"{operations} operations, {answered} times accepted in spite of a fault")

    return holds


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def post(port, body):
    """-> the answer's status; None: no answer"""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("POST", "/", body)
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


for kind, chosen in HOWS.items():
    case(each_operation(FileOutput, chosen), f"file to file: an operation {kind}")
    case(each_operation(SpooledOutput, chosen), f"file to spool to http: an operation {kind}")
for kind in ("fails for want of space", "is the process's last"):
    case(each_operation_under_a_push_source(HOWS[kind]), f"http to spool: an operation {kind}")
