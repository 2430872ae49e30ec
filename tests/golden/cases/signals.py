"""How a run ends: by itself, drained by a signal, or hard by a second one; and where the next one goes on."""
import fcntl
import json
import os
import re
import signal
import struct
import termios
import time

from golden import case

TAIL = '''p.pipeline "tail" {
  p.source.file { path = "in.ndjson", format = "json", follow = true },
  p.sink.file { path = "out.ndjson" },
}'''


def delivered(w):
    found = []
    for file in sorted(w.path.glob("out.ndjson*")):
        found += [json.loads(line)["n"] for line in file.read_bytes().splitlines() if line]
    return found


def events(first, last):
    return "".join(f'{{"n":{n}}}\n' for n in range(first, last + 1))


def drains_on(number):
    def holds(w):
        w.script(TAIL)
        w.write("in.ndjson", events(1, 1000))
        running = w.start("run", "script.lua", "--state", "state")
        w.waits_for(lambda: (w.path / "state").exists() and any(w.path.glob("out.ndjson*")), "the output to appear")
        running.signal(number).ends().exits(0).says(r"delivered")
        read = delivered(w)
        assert read == list(range(1, len(read) + 1)), "events out of order or twice"

    return holds


case(drains_on(signal.SIGTERM), "SIGTERM drains and stops")
case(drains_on(signal.SIGINT), "SIGINT drains and stops")


@case
def a_second_signal_stops_hard(w):
    w.script('''p.pipeline "slow" { p.source.stdin { format = "json" },
      p.transform (function(event) while true do end end),
      p.sink.stdout {} }''')
    running = w.start("run", "script.lua")
    running.send('{"n":1}\n')
    running.signal(signal.SIGTERM).signal(signal.SIGTERM)
    code = running.ends(within=20).code
    assert code != 0, "expected a failure: not everything was delivered"


@case
def a_second_signal_says_what_is_left(w):
    w.script('p.pipeline "away" { p.source.generate { count = 5 }, p.sink.http { url = "http://127.0.0.1:1", linger = "10ms" } }')
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: running.said(r"127\.0\.0\.1:1"), "the log to say so")
    running.signal(signal.SIGTERM)
    w.waits_for(lambda: running.said("reading stops"), "the log to say so")
    time.sleep(0.3)  # sooner it counts as the same wish
    began = time.monotonic()
    running.signal(signal.SIGTERM).ends(within=5).exits(1).says("stopped hard", r"away: 5 events read, .* 0 delivered,.* 5 undelivered")
    assert time.monotonic() - began < 3


@case
def a_finite_run_waits_for_its_disk(w):
    """/dev/full stands for a disk that stays full: nothing is given up before somebody ends the run."""
    w.write("in.ndjson", events(1, 3))
    w.script(TAIL.replace("follow = true", "follow = false").replace("out.ndjson", "/dev/full"))
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: running.said("No space left on device; events wait"), "the log to say so")
    time.sleep(2)  # five tries took 1.5 s
    assert running.process.poll() is None, "the run gave up"
    running.signal(signal.SIGTERM)
    w.waits_for(lambda: running.said("reading stops"), "the log to say so")
    time.sleep(0.3)
    running.signal(signal.SIGTERM).ends(within=5).exits(1).says(r"tail: 3 events read, .* 0 delivered,.* 3 undelivered")


@case
def a_restart_goes_on_where_it_was(w):
    w.script(TAIL.replace("follow = true", "follow = false"))
    w.write("in.ndjson", events(1, 100))
    w.run("run", "script.lua", "--state", "state").exits(0)
    w.append("in.ndjson", events(101, 150))
    w.run("run", "script.lua", "--state", "state").exits(0)
    assert sorted(delivered(w)) == list(range(1, 151)), delivered(w)


@case
def a_restart_inside_an_array_goes_on_in_it(w):
    script = 'p.pipeline "x" { p.source.file { path = "in.json", format = "json", follow = false }, p.sink.stdout {} }'
    w.script(script)
    w.write("in.json", '[\n{"n":1},\n{"n":2},\n')
    # The file's end inside the array is told; it may be mended all the same.
    w.run("run", "script.lua", "--state", "state").exits(1).prints(events(1, 2)).says("1 dead-lettered")
    w.append("in.json", '{"n":3},\n{"n":4}\n]\n')
    w.run("run", "script.lua", "--state", "state").exits(0).prints(events(3, 4))


@case
def a_function_that_keeps_running_away_stops_its_pipeline_only(w):
    w.script('''p.pipeline "bad" { script_time = "50ms", p.source.generate { rate = 1000 }, p.transform (function() while true do end end), p.sink.blackhole {} }
      p.pipeline "good" { p.source.generate { count = 500 }, p.sink.blackhole {} }''')
    w.run("run", "script.lua", "--workers", "1", "--state", "state").exits(1).says(r"bad: the pipeline is stopped", r"good: 500 events read, 500 matched")


@case
def without_a_state_directory_a_run_begins_at_the_start(w):
    w.script('p.pipeline "x" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.stdout {} }')
    w.write("in.ndjson", events(1, 3))
    for _ in range(2):
        w.run("run", "script.lua").exits(0).prints(events(1, 3))


@case
def kill_9_loses_nothing(w):
    w.script(TAIL.replace("follow = true", "follow = false"))
    w.write("in.ndjson", events(1, 200_000))
    running = w.start("run", "script.lua", "--state", "state")
    w.waits_for(lambda: any(f.stat().st_size > 100_000 for f in w.path.glob("*out.ndjson*")) or running.process.poll() is not None, "output")
    running.signal(signal.SIGKILL).ends()
    w.run("run", "script.lua", "--state", "state").exits(0)
    assert set(delivered(w)) >= set(range(1, 200_001)), "events are missing"


@case
def tail_follows_rotation_by_rename(w):
    w.script(TAIL)
    w.write("in.ndjson", events(1, 10))
    running = w.start("run", "script.lua", "--state", "state")
    w.waits_for(lambda: position_reached(w, 10), "10 events")
    w.append("in.ndjson", events(11, 20))
    (w.path / "in.ndjson").rename(w.path / "in.ndjson.1")
    w.write("in.ndjson", events(21, 30))
    w.waits_for(lambda: position_reached(w, 30), "30 events")
    running.signal(signal.SIGTERM).ends().exits(0)
    assert sorted(set(delivered(w))) == list(range(1, 31)), delivered(w)


@case
def tail_follows_rotation_by_copy_and_truncate(w):
    w.script(TAIL)
    w.write("in.ndjson", events(1, 10))
    running = w.start("run", "script.lua", "--state", "state")
    w.waits_for(lambda: position_reached(w, 10), "10 events")
    w.write("in.ndjson.1", w.read("in.ndjson"))
    os.truncate(w.path / "in.ndjson", 0)
    w.append("in.ndjson", events(11, 20))
    w.waits_for(lambda: position_reached(w, 20), "20 events")
    running.signal(signal.SIGTERM).ends().exits(0).never_says("lost")
    assert delivered(w) == list(range(1, 21)), delivered(w)


HELD = 'p.pipeline "held" { p.source.file { path = "in.ndjson", format = "json", rescan = "20ms" }, p.sink.stdout {} }'


def start_held(w, size):
    """A run that stands still before the end of in.ndjson, for nobody reads what it writes."""
    w.script(HELD)
    w.write("in.ndjson", events(1, size))
    running = w.start("run", "script.lua", "--state", "state", "--workers", "1")
    w.waits_for(lambda: waiting_in(running.process.stdout) > 60_000, "a pipe that is full")
    return running


def waiting_in(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]


@case
def a_file_that_is_truncated_before_it_was_read_is_counted_and_named(w):
    running = start_held(w, 2_000_000)
    size = (w.path / "in.ndjson").stat().st_size
    os.truncate(w.path / "in.ndjson", 0)
    w.append("in.ndjson", '{"after":1}\n')
    running.signal(signal.SIGTERM)
    result = running.ends()
    result.exits(1).says(r"in\.ndjson: truncated or replaced before it was read to its end")
    came, lost = len(result.stdout.removesuffix(b'{"after":1}\n')), bytes_lost(result)
    letters = w.run("dead-letter", "show", "--state", "state").stdout.splitlines()
    half = sum(json.loads(letter)["size"] for letter in letters)  # of the line that had been read in part
    assert came + half + lost == size, f"{came} bytes came, {half} were half a line, and {lost} were lost, of {size}"


def bytes_lost(result):
    found = re.search(rb"(\d+) bytes lost unread", result.stderr)
    return int(found[1]) if found else 0


@case
def a_file_that_is_deleted_is_read_to_its_end(w):
    w.script(TAIL)
    w.write("in.ndjson", events(1, 10))
    running = w.start("run", "script.lua", "--state", "state")
    w.waits_for(lambda: position_reached(w, 10), "10 events")
    with open(w.path / "in.ndjson", "ab") as held:
        (w.path / "in.ndjson").unlink()
        held.write(events(11, 20).encode())
    w.waits_for(lambda: position_reached(w, 20), "20 events")
    w.write("in.ndjson", events(21, 30))
    w.waits_for(lambda: position_reached(w, 30), "30 events")
    running.signal(signal.SIGTERM).ends().exits(0).never_says("lost")
    assert delivered(w) == list(range(1, 31)), delivered(w)


@case
def a_file_that_is_deleted_between_two_runs_is_counted_and_named(w):
    running = start_held(w, 2_000_000)
    w.waits_for(lambda: b"position" in w.run("state", "list", "--state", "state").stdout, "a checkpoint")
    running.signal(signal.SIGKILL).ends()
    position = int(re.search(rb"position (\d+)", w.run("state", "list", "--state", "state").stdout)[1])
    size = (w.path / "in.ndjson").stat().st_size
    (w.path / "in.ndjson").unlink()
    w.write("in.ndjson", '{"after":1}\n')
    w.script(HELD.replace('rescan = "20ms"', "follow = false"))
    result = w.run("run", "script.lua", "--state", "state").exits(1).prints('{"after":1}\n')
    result.says(r"in\.ndjson: gone or replaced since the last run, before it was read to its end")
    assert bytes_lost(result) == size - position, f"{bytes_lost(result)} bytes lost, read up to {position} of {size}"


def position_reached(w, last):
    return any(f'{{"n":{last}}}'.encode() in file.read_bytes() for file in w.path.rglob("*out.ndjson*") if file.is_file())
