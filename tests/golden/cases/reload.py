"""SIGHUP and --watch: what changes about a run while it goes on, and what does not."""
import json
import re
import signal
import socket
import threading
import time

from golden import case

TAIL = '''p.pipeline "tail" {
  p.source.file { path = "in.ndjson", format = "json", rescan = "50ms" },
  p.set { v = %d },
  p.sink.file { path = "out.ndjson", linger = "20ms" },
}
'''
TICKS = '''p.pipeline "ticks" {
  p.source.generate { rate = 500, template = "nginx", seed = 7 },
  p.sink.file { path = "ticks.ndjson", format = "raw", linger = "20ms" },
  workers = 1,
}
'''


def rows(w, name="out.ndjson"):
    found = []
    for file in sorted(w.path.glob(name.replace(".ndjson", "*.ndjson"))):
        found += [json.loads(line) for line in file.read_bytes().splitlines() if line]
    return found


class Writer:
    """Appends numbered events to in.ndjson until it is stopped."""

    def __init__(self, w):
        self.w, self.count, self.over = w, 0, False
        w.write("in.ndjson", "")
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        with open(self.w.path / "in.ndjson", "ab", buffering=0) as file:
            while not self.over:
                file.write(b"".join(b'{"n":%d}\n' % n for n in range(self.count, self.count + 50)))
                self.count += 50
                time.sleep(0.001)

    def stop(self):
        self.over = True
        self.thread.join()
        return self.count


def reloaded(w, running, times, what="reload"):
    w.waits_for(lambda: running.said(rf"info +reload: .*") >= times, f"{times} reloads ({what})")


def under_load(w, *arguments):
    w.script(TAIL % 0)
    writer = Writer(w)
    try:
        running = w.start("run", "script.lua", *arguments, log="log")
        for version in range(1, 6):
            w.waits_for(lambda: any(row["v"] == version - 1 for row in rows_so_far(w)), f"events of version {version - 1}")
            w.script(TAIL % version)
            running.signal(signal.SIGHUP)
            reloaded(w, running, version)
        w.waits_for(lambda: any(row["v"] == 5 for row in rows_so_far(w)), "events of the last version")
    finally:
        written = writer.stop()
    w.waits_for(lambda: len(rows_so_far(w)) >= written, "all events")
    running.signal(signal.SIGTERM).ends().exits(0).says(r"info +reload: SIGHUP: 1 replaced \(tail\), 0 unchanged", rf"^tail: {written} events read")
    found = rows(w)
    assert [row["n"] for row in found] == list(range(written)), "events lost, out of order or twice"
    assert sorted({row["v"] for row in found}) == [0, 1, 2, 3, 4, 5]
    versions = [row["v"] for row in found]
    assert versions == sorted(versions), "an old version came after a new one"


def rows_so_far(w):
    file = w.path / "out.ndjson"
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]] if file.exists() else []


@case
def a_change_under_load_loses_nothing_and_doubles_nothing(w):
    under_load(w, "--state", "state", "--workers", "2")


@case
def a_change_under_load_needs_no_state_directory(w):
    under_load(w)


@case
def a_wrong_script_leaves_the_old_one_running(w):
    w.script(TAIL % 1)
    w.write("in.ndjson", '{"n":1}\n')
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: rows_so_far(w), "the first event")
    w.script('p.pipeline "tail" { p.source.file { path = "in.ndjson" }, p.filter "a ==", p.sink.htpp {} }')
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"error reload: SIGHUP: \d mistakes in the script: the old one goes on"), "the refusal")
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "the second event")
    running.signal(signal.SIGTERM).ends().exits(0).says(r"script\.lua:2: filter: ", r"script\.lua:2: p\.sink\.htpp: no such name", r"^tail: 2 events read")


@case
def an_unchanged_pipeline_is_not_touched(w):
    helper = 'local function tidy(event) event.seen = true end\n'
    both = TICKS.replace("  p.sink", "  p.transform (function(event) tidy(event) end),\n  p.sink")
    w.script(helper + both + TAIL % 1)
    w.write("in.ndjson", '{"n":1}\n')
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: rows_so_far(w) and (w.path / "ticks.ndjson").exists(), "events of both")
    w.script("-- moved by a comment\n\n" + helper + both + TAIL % 2)
    running.signal(signal.SIGHUP)
    reloaded(w, running, 1)
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "an event of the new version")
    result = running.signal(signal.SIGTERM).ends().exits(0).says(r"info +reload: SIGHUP: 1 replaced \(tail\), 1 unchanged")
    read = int(re.search(rb"^ticks: (\d+) events read", result.stderr, re.M)[1])
    lines = w.read("ticks.ndjson").splitlines()
    assert len(lines) == read
    # A source that had begun again would have made the same lines again.
    assert len(set(lines)) > 0.9 * len(lines), "the generator began again"


@case
def what_a_function_reaches_counts(w):
    w.write("tidy.lua", "local M = {} function M.set(event) event.v = 1 end return M")
    text = '''local tidy = require "tidy"
      p.pipeline "tail" { p.source.file { path = "in.ndjson", format = "json", rescan = "50ms" },
        p.transform (function(event) tidy.set(event) end), p.sink.file { path = "out.ndjson", linger = "20ms" } }'''
    w.script(text)
    w.write("in.ndjson", '{"n":1}\n')
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: rows_so_far(w), "the first event")
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"info +reload: SIGHUP: nothing changed"), "an empty reload")
    w.write("tidy.lua", "local M = {} function M.set(event) event.v = 2 end return M")
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"info +reload: SIGHUP: 1 replaced"), "the reload")
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "the second event")
    running.signal(signal.SIGTERM).ends().exits(0)
    assert rows(w) == [{"n": 1, "v": 1}, {"n": 2, "v": 2}]


@case
def pipelines_come_and_go(w):
    w.script(TAIL % 1)
    w.write("in.ndjson", '{"n":1}\n')
    running = w.start("run", "script.lua", "--workers", "1", log="log")
    w.waits_for(lambda: rows_so_far(w), "the first event")
    # More workers than run so far.
    w.script(TICKS.replace("workers = 1", "workers = 3"))
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"info +reload: SIGHUP: 1 added \(ticks\), 1 removed \(tail\), 0 unchanged"), "the reload")
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: (w.path / "ticks.ndjson").exists() and len(w.read("ticks.ndjson").splitlines()) > 50, "events of the new one")
    w.script(TAIL % 3)
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "the second event")
    running.signal(signal.SIGTERM).ends().exits(0).says(r"^tail: 2 events read", r"^ticks: \d+ events read")
    assert rows(w) == [{"n": 1, "v": 1}, {"n": 2, "v": 3}], rows(w)


@case
def a_listener_may_change_and_take_a_new_name(w):
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    text = 'p.pipeline "%s" { p.source.tcp { listen = "127.0.0.1:' + str(port) + '", format = "json" }, p.set { v = %d }, p.sink.file { path = "out.ndjson", linger = "20ms" } }'

    def send(n):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b'{"n":%d}\n' % n)
        w.waits_for(lambda: len(rows_so_far(w)) == n, f"event {n}")

    w.script(text % ("a", 1))
    running = w.start("run", "script.lua", "--admin", "127.0.0.1:0", log="log")
    w.waits_for(lambda: running.said("admin: listening") and connects(port), "the listener")
    send(1)
    w.script(text % ("a", 2))
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"1 replaced \(a\)") or not connects(port), "the replacement")
    assert running.said(r"1 replaced \(a\)"), "a connection was refused while one version replaced the other"
    send(2)
    w.script(text % ("b", 3))
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"1 added \(b\), 1 removed \(a\)"), "the new name")
    send(3)
    running.signal(signal.SIGTERM).ends().exits(0).never_says("does not run")
    assert [row["v"] for row in rows(w)] == [1, 2, 3], rows(w)


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except ConnectionRefusedError:
        return False


@case
def an_output_may_change_its_rotation(w):
    w.script(TAIL % 1)
    w.write("in.ndjson", '{"n":1}\n')
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: rows_so_far(w), "the first event")
    w.script((TAIL % 2).replace('linger = "20ms"', 'linger = "20ms", rotate = { size = "1MiB" }'))
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"info +reload: SIGHUP: 1 replaced"), "the reload")
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "the second event")
    running.signal(signal.SIGTERM).ends().exits(0).never_says("could not be replaced")
    assert rows(w) == [{"n": 1, "v": 1}, {"n": 2, "v": 2}]


@case
def what_cannot_start_leaves_the_old_version_running(w):
    w.script(TAIL % 1)
    w.write("in.ndjson", '{"n":1}\n')
    w.write("file", "")
    running = w.start("run", "script.lua", log="log")
    w.waits_for(lambda: rows_so_far(w), "the first event")
    w.script((TAIL % 2).replace("out.ndjson", "file/out.ndjson"))
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"error reload: pipeline tail could not be replaced, its old version goes on: .*file"), "the failure")
    w.waits_for(lambda: running.said(r"info +reload: SIGHUP: 1 failed \(tail\), 0 unchanged"), "the reload")
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "the second event")
    running.signal(signal.SIGTERM).ends().exits(0)
    assert rows(w) == [{"n": 1, "v": 1}, {"n": 2, "v": 1}]


@case
def standard_input_is_not_taken_over(w):
    text = 'p.pipeline "in" { p.source.stdin { format = "json" }, p.set { v = %d }, p.sink.file { path = "out.ndjson", linger = "20ms" } }'
    w.script(text % 1)
    running = w.start("run", "script.lua", log="log")
    running.send('{"n":1}\n')
    w.waits_for(lambda: rows_so_far(w), "the first event")
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said("nothing changed"), "an empty reload")
    w.script(text % 2)
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said(r"error reload: SIGHUP: refused, what runs goes on: script\.lua:2: pipeline in cannot take standard input over"), "the refusal")
    running.send('{"n":2}\n')
    running.process.stdin.close()
    running.process.stdin = None
    running.ends().exits(0)
    assert rows(w) == [{"n": 1, "v": 1}, {"n": 2, "v": 1}]


@case
def watch_reloads_when_the_script_or_a_module_changes(w):
    w.write("value.lua", "return 1")
    w.script('local v = require "value"\n' + (TAIL % 1).replace("v = 1", "v = v"))
    w.write("in.ndjson", '{"n":1}\n')
    running = w.start("run", "script.lua", "--watch", log="log")
    w.waits_for(lambda: rows_so_far(w), "the first event")
    w.write("value.lua", "return 2")
    w.waits_for(lambda: running.said(r"info +reload: value\.lua has changed: 1 replaced"), "the module's reload")
    w.write("value.lua", "return")
    w.script("p.pipeline 'tail' {")
    w.waits_for(lambda: running.said(r"error reload: (script|value)\.lua has changed: 1 mistake in the script: the old one goes on"), "the mistake")
    w.script(TAIL % 3)
    w.waits_for(lambda: running.said(r"info +reload: script\.lua has changed: 1 replaced"), "the script's reload")
    w.append("in.ndjson", '{"n":2}\n')
    w.waits_for(lambda: len(rows_so_far(w)) == 2, "the second event")
    running.signal(signal.SIGTERM).ends().exits(0)
    assert rows(w) == [{"n": 1, "v": 1}, {"n": 2, "v": 3}]


@case
def a_stop_during_a_reload_ends_the_run(w):
    w.script(TAIL % 0)
    writer = Writer(w)
    try:
        running = w.start("run", "script.lua", "--state", "state", log="log")
        w.waits_for(lambda: rows_so_far(w), "the first event")
        w.script(TAIL % 1)
        running.signal(signal.SIGHUP).signal(signal.SIGTERM)
        running.ends(within=20).exits(0)
    finally:
        writer.stop()
    found = [row["n"] for row in rows(w)]
    assert found == list(range(len(found))), "events lost or twice"
