"""Many connections, many files, nothing to do, and how long an event takes. Counted, not timed: what is measured is told, and only
bounds that a slow machine keeps are asserted."""
import random
import resource
import socket
import statistics
import time

from harness import events
from harness.ledger import Ledger
from harness.site import Skip, case

MEGABYTE = 1024 * 1024
CONNECTIONS = 10_000
FILES = 1000


def measuring(function):
    """Runs alone, when the other cases are done."""
    function.measures = True
    return function


def allow_descriptors(count):
    """For this process and what it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Skip(f"needs {count} descriptors in a process, and the hard limit is {hard}")
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def arrived(w):
    """What the file sink wrote up to now."""
    ledger = Ledger()
    file = w.path / "out.ndjson"
    whole = file.read_bytes().rpartition(b"\n")[0] if file.exists() else b""
    if whole:
        ledger.record(whole.split(b"\n"))
    return ledger


def bytes_out(w):
    file = w.path / "out.ndjson"
    return file.stat().st_size if file.exists() else 0


def size_of(keys):
    return sum(len(events.event(*key)) + 1 for key in keys)


def cpu_share(program, seconds):
    """Of one core, in percent, over some time."""
    before, started = program.cpu_seconds(), time.monotonic()
    program.lives_for(seconds)
    return 100 * (program.cpu_seconds() - before) / (time.monotonic() - started)


@case
@measuring
def ten_thousand_connections(w):
    allow_descriptors(CONNECTIONS + 200)
    port = w.free_port()
    w.script(f'''p.pipeline "many" {{
      p.source.tcp {{ listen = "127.0.0.1:{port}", format = "json" }},
      p.sink.file {{ path = "out.ndjson", linger = "50ms" }},
    }}''')
    program = w.penstock("run", "script.lua", "--state", "state").start()
    w.listens(port)
    rng = random.Random(w.seed)
    connections, keys = [], []
    try:
        for i in range(CONNECTIONS):
            connections.append(socket.create_connection(("127.0.0.1", port), timeout=20))
        for number in range(1, 4):
            for i in rng.sample(range(CONNECTIONS), CONNECTIONS if number == 1 else CONNECTIONS // 4):
                connections[i].sendall(events.event(f"c{i}", number) + b"\n")
                keys.append((f"c{i}", number))
            wanted = size_of(keys)
            w.waits_for(lambda: bytes_out(w) >= wanted, f"all of round {number}", within=60)
        idle = cpu_share(program, 2)
        program.note_memory()
    finally:
        for connection in connections:
            connection.close()
    program.stop().exits(0).balances("many")
    ledger = arrived(w)
    assert not ledger.torn and not ledger.missing(keys) and len(ledger) == len(keys) and ledger.duplicates() == 0
    w.note(f"measured: {CONNECTIONS} connections: {program.rss_max / MEGABYTE:.0f} MiB at most, {idle:.1f} % of a core while they are silent")
    assert program.rss_max < 400 * MEGABYTE


@case
@measuring
def a_thousand_files(w):
    allow_descriptors(FILES + 200)
    names = [f"log/{i:04}.log" for i in range(FILES)]
    for i, name in enumerate(names):
        w.write(name, events.lines(f"f{i}", [1]))
    w.script('''p.pipeline "many" {
      p.source.file { path = "log/*.log", format = "json", files_open_max = 2000 },
      p.sink.file { path = "out.ndjson", linger = "50ms" },
    }''')
    program = w.penstock("run", "script.lua", "--state", "state").start()
    keys = [(f"f{i}", 1) for i in range(FILES)]
    rng = random.Random(w.seed)
    for number in range(2, 6):
        for i in rng.sample(range(FILES), FILES):
            w.append(names[i], events.lines(f"f{i}", [number]))
            keys.append((f"f{i}", number))
        wanted = size_of(keys)
        w.waits_for(lambda: bytes_out(w) >= wanted, f"all of round {number}", within=60)
    idle = cpu_share(program, 5)
    program.stop().exits(0).balances("many")
    ledger = arrived(w)
    assert not ledger.torn and not ledger.missing(keys) and len(ledger) == len(keys) and ledger.duplicates() == 0
    w.note(f"measured: {FILES} files: {program.rss_max / MEGABYTE:.0f} MiB at most, {idle:.1f} % of a core while they are silent")
    assert program.rss_max < 200 * MEGABYTE
    assert idle < 30, f"{idle:.1f} % of a core for nothing"


@case
@measuring
def nothing_to_do(w):
    port = w.free_port()
    w.write("in.ndjson", "")
    w.script(f'''p.pipeline "idle" {{
      p.source.file {{ path = "in.ndjson", format = "json" }},
      p.source.tcp {{ listen = "127.0.0.1:{port}", format = "json" }},
      p.sink.file {{ path = "out.ndjson" }},
    }}''')
    program = w.penstock("run", "script.lua", "--state", "state").start()
    w.listens(port)
    idle = cpu_share(program, 5)
    program.stop().exits(0)
    w.note(f"measured: nothing to do: {idle:.2f} % of a core")
    assert idle < 5, f"{idle:.1f} % of a core for nothing"


def latency(options, bound):
    @measuring
    def holds(w):
        """From a line written to the file until the destination has its request."""
        destination = w.destination()
        w.write("in.ndjson", "")
        w.script(f'''p.pipeline "quick" {{
          p.source.file {{ path = "in.ndjson", format = "json" }},
          p.sink.http {{ url = "{destination.url}", format = "ndjson"{options} }},
        }}''')
        program = w.penstock("run", "script.lua", "--state", "state").start()
        written, rng = {}, random.Random(w.seed)
        with open(w.path / "in.ndjson", "ab", buffering=0) as file:
            for number in range(1, 1001):
                file.write(events.lines("file", [number]))
                written["file", number] = time.monotonic()
                time.sleep(rng.uniform(0.001, 0.01))  # the writer's pace
        w.waits_for(lambda: destination.ledger.has(written), "all lines at the destination")
        program.stop().exits(0).balances("quick")
        times = sorted(destination.ledger.arrived_at(key) - when for key, when in written.items())
        p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
        w.note(f"measured: latency{options or ' by default'}: p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms, most {1000 * times[-1]:.0f} ms")
        assert p99 < bound, f"p99 {p99:.2f} s"

    return holds


case(latency("", bound=5), "latency with the default settings")
case(latency(', linger = "10ms"', bound=5), "latency with a short linger")
