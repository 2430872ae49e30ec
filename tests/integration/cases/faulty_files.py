"""Each file operation on the state directory and the output fails in turn, for once or for ever, or is the process's last."""
import shutil

from harness import events, faulty_files
from harness.ledger import Ledger
from harness.site import Failure, case

EVENTS = 2000
KEYS = [("file", n) for n in range(1, EVENTS + 1)]
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
            return w.run("run", "script.lua", "--state", "data/state", "--workers", "1", timeout=60,
                         env=faulty_files.environment(library, data, **faults) if faults else None)

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
                raise Failure(f"operation {first} of {operations}: {failure}\nbroken run: exit {broken.code}: {broken.stderr.decode()[-1500:]}") from None
        w.note(f"{operations} operations")

    def check(w, place, broken, run):
        if broken.code == 0:
            w.waits_for(lambda: place.ledger().has(KEYS), "every event, for the exit status was 0", within=2)
        after = run().exits(0)
        w.waits_for(lambda: place.ledger().has(KEYS), lambda: f"every event after the next run, which said {after.stderr.decode()[-1000:]}", within=2)
        assert not place.ledger().torn, place.ledger().torn[:3]

    return holds


for kind, chosen in HOWS.items():
    case(each_operation(FileOutput, chosen), f"file to file: an operation {kind}")
    case(each_operation(SpooledOutput, chosen), f"file to spool to http: an operation {kind}")
