"""How a run ends: by itself, drained by a signal, or hard by a second one; and where the next one goes on."""
import json
import signal

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
    w.run("run", "script.lua", "--state", "state").exits(0).prints(events(1, 2))
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


def position_reached(w, last):
    return any(f'{{"n":{last}}}'.encode() in file.read_bytes() for file in w.path.rglob("*out.ndjson*") if file.is_file())
