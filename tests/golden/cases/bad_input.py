"""What bad input gets: a clear error or a dead letter, the right exit status, no crash, and nothing else lost."""
import gzip
import json
import os
import random
import signal
import subprocess
import time

from golden import Skip, case

GOOD = '{"a":1}\n{"a":2}\n'


def copy_file(path, **options):
    more = "".join(f", {name} = {value}" for name, value in options.items())
    return f'p.pipeline "copy" {{ p.source.file {{ path = "{path}", format = "json", follow = false{more} }}, p.sink.stdout {{}} }}'


@case
def a_missing_file_is_named(w):
    w.script(copy_file("gone.ndjson"))
    w.run("run", "script.lua").exits(1).prints("").says(r"gone\.ndjson")


@case
def an_unreadable_file_is_named_and_the_others_are_read(w):
    if os.geteuid() == 0:
        raise Skip("root reads everything")
    w.script(copy_file("*.ndjson"))
    w.write("good.ndjson", GOOD)
    w.write("locked.ndjson", GOOD).chmod(0)
    w.run("run", "script.lua").exits(1).prints(GOOD).says(r"locked\.ndjson.*[Pp]ermission")


@case
def a_directory_is_no_file(w):
    (w.path / "folder.ndjson").mkdir()
    w.script(copy_file("folder.ndjson"))
    w.run("run", "script.lua").exits(1).prints("").says(r"folder\.ndjson.*directory")


@case
def a_directory_under_a_glob_is_passed_over(w):
    (w.path / "logs/folder.ndjson").mkdir(parents=True)
    w.write("logs/good.ndjson", GOOD)
    w.script(copy_file("logs/*.ndjson"))
    done = w.run("run", "script.lua").prints(GOOD)
    done.check(done.code in (0, 1), "expected no crash")


@case
def a_broken_glob_is_a_mistake_of_the_script(w):
    w.script(copy_file("logs/[a-"))
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:2", r"logs/\[a-")


@case
def a_syntax_error_is_told_by_line(w):
    w.script('p.pipeline "x" {\n  p.source.stdin {},\n  p.sink.stdout {\n')
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:[45]")


@case
def an_error_while_declaring_is_told_by_line(w):
    w.script('local x = nil\nprint(x.y)\n')
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:3", r"index")


@case
def a_filter_with_an_unknown_operator_is_shown_with_a_caret(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" }, p.filter "status => 500", p.sink.stdout {} }')
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:2", r"status => 500\n *\^")


@case
def an_option_misspelt_gets_the_right_name(w):
    w.script('p.pipeline "x" { p.source.stdin { fromat = "json" }, p.sink.stdout {} }')
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:2.*fromat.*format")


@case
def a_value_out_of_range_is_told_with_what_is_allowed(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "jason" }, p.sample (3), p.sink.stdout {} }')
    w.run("run", "script.lua").exits(2).prints("").says(r"jason.*json", r"sample")


@case
def a_script_that_declares_nothing_is_a_mistake(w):
    w.script("local x = 1\n")
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua", r"pipeline")


@case
def a_pipeline_without_a_sink_is_a_mistake(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" } }')
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:2", r"sink")


@case
def two_pipelines_of_one_name_are_a_mistake(w):
    one = 'p.pipeline "x" { p.source.stdin { format = "json" }, p.sink.stdout {} }\n'
    w.script(one + one)
    w.run("run", "script.lua").exits(2).prints("").says(r"script\.lua:3", r"\bx\b")


@case
def a_line_of_100_MB_is_a_dead_letter_and_the_lines_around_it_are_delivered(w):
    w.script(copy_file("in.ndjson"))
    with open(w.path / "in.ndjson", "wb") as file:
        file.write(b'{"a":1}\n{"long":"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n{"a":2}\n')
    w.run("run", "script.lua", "--state", "state", timeout=120).exits(1).prints(GOOD)
    letters = [json.loads(line) for line in w.read("state/dead-letter/copy.ndjson").splitlines()]
    assert len(letters) == 1, len(letters)


@case
def a_line_of_100_MB_does_not_take_100_MB_of_memory(w):
    w.script('p.pipeline "copy" { p.source.file { path = "in.log", format = "lines", follow = false }, p.sink.blackhole {} }')
    with open(w.path / "in.log", "wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n")
    command = [str(w.program), "run", "script.lua"]
    process = subprocess.Popen(command, cwd=w.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1, process.returncode
    assert usage.ru_maxrss < 96 * 1024, f"{usage.ru_maxrss} KiB resident"


@case
def random_bytes_are_dead_letters_not_a_crash(w):
    noise = random.Random(5).randbytes(1 << 20)
    w.write("noise.ndjson", noise + b"\n" + GOOD.encode())
    w.script(copy_file("noise.ndjson"))
    done = w.run("run", "script.lua", "--state", "state").exits(1)
    done.check(done.stdout.endswith(GOOD.encode()), "expected the good lines after the noise")


@case
def random_bytes_as_lines_leave_as_they_came(w):
    noise = random.Random(6).randbytes(1 << 20).replace(b"\r", b"r")
    w.write("noise.log", noise + b"\n")
    w.script('p.pipeline "copy" { p.source.file { path = "noise.log", format = "lines", follow = false }, p.sink.file { path = "out.log", format = "raw" } }')
    w.run("run", "script.lua").exits(0)
    assert w.read("out.log").replace(b"\n", b"") == noise.replace(b"\n", b""), "bytes were changed"


@case
def a_gzip_file_cut_short_gives_what_it_has_and_is_told(w):
    lines = b"".join(b'{"number":%d,"text":"%x"}\n' % (i, random.Random(i).getrandbits(256)) for i in range(5000))
    w.write("in.ndjson.gz", gzip.compress(lines)[:-5000])
    w.script(copy_file("in.ndjson.gz"))
    done = w.run("run", "script.lua").exits(1).says(r"in\.ndjson\.gz")
    kept = done.stdout
    done.check(len(kept) > 10_000 and lines.startswith(kept.rsplit(b"\n", 1)[0]), "expected the lines before the cut")


@case
def a_file_that_only_looks_like_gzip_is_told(w):
    w.write("in.ndjson.gz", b"\x1f\x8b\x08\x00" + b"nonsense" * 100)
    w.script(copy_file("in.ndjson.gz"))
    w.run("run", "script.lua").exits(1).says(r"in\.ndjson\.gz")


@case
def a_full_disk_behind_stdout_is_told(w):
    w.script(copy_file("in.ndjson"))
    w.write("in.ndjson", GOOD)
    with open("/dev/full", "wb") as full:
        w.run("run", "script.lua", stdout=full).exits(1).says(r"[Nn]o space left")


def waits_for_room(w, log):
    running = w.start("run", "script.lua", "--state", "state", log=log)
    w.waits_for(lambda: running.said(r"No space left on device; events wait"), "the sink to say that it waits")
    return running


@case
def a_full_disk_behind_a_file_sink_loses_nothing(w):
    folder = w.path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        raise Skip("a small file system could not be mounted")
    try:
        w.write("in.ndjson", b"".join(b'{"number":%d,"text":"%064x"}\n' % (i, i) for i in range(20_000)))
        w.script('p.pipeline "copy" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "small/out.ndjson" } }')
        stopped = waits_for_room(w, "first")
        stopped.signal(signal.SIGTERM)
        time.sleep(0.3)  # sooner the next one counts as the same wish
        stopped.signal(signal.SIGTERM).ends().exits(1).says(r"[1-9]\d* undelivered")
        waiting = waits_for_room(w, "second")
        subprocess.run(["mount", "-o", "remount,size=16m", folder], check=True)
        waiting.ends().exits(0).says("can be written again")
        numbers = {json.loads(line)["number"] for file in folder.iterdir() for line in file.read_bytes().splitlines() if line.endswith(b"}")}
        assert numbers == set(range(20_000)), f"{20_000 - len(numbers)} events are missing"
    finally:
        subprocess.run(["umount", folder], check=False)


@case
def a_closed_stdout_ends_the_run_without_a_crash(w):
    w.write("in.ndjson", GOOD * 200_000)
    w.script(copy_file("in.ndjson"))
    process = subprocess.Popen(["sh", "-c", f'"{w.program}" run script.lua 2>err; echo $? >code'], cwd=w.path, stdout=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    process.wait(timeout=30)
    code = int(w.read("code"))
    assert code == 1, f"exit status {code}, stderr {w.read('err')!r}"


@case
def a_transform_that_fails_costs_its_event_only(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" },\n p.transform (function(event) event.b = event.a:upper() end),\n p.sink.stdout {} }')
    done = w.run("run", "script.lua", "--state", "state", stdin='{"a":"x"}\n{"a":7}\n{"a":"y"}\n')
    done.exits(1).prints('{"a":"x","b":"X"}\n{"a":"y","b":"Y"}\n')
    letters = [json.loads(line) for line in w.read("state/dead-letter/x.ndjson").splitlines()]
    assert len(letters) == 1 and "script.lua:3" in json.dumps(letters[0]), letters


@case
def a_transform_that_never_returns_is_stopped_and_the_others_run_on(w):
    w.script('''p.pipeline "bad" { p.source.file { path = "in.ndjson", format = "json", follow = false },
      p.transform (function(event)
        while true do end
      end),
      p.sink.file { path = "bad.ndjson" } }
    p.pipeline "good" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "good.ndjson" } }''')
    w.write("in.ndjson", GOOD)
    w.run("run", "script.lua", "--state", "state", timeout=60).exits(1).says(r"script\.lua:4")
    w.holds("good.ndjson", GOOD)
    letters = w.read("state/dead-letter/bad.ndjson").splitlines()
    assert len(letters) == 2, letters


@case
def a_transform_that_eats_memory_is_stopped(w):
    w.script('''p.pipeline "bad" { p.source.stdin { format = "json" },
      p.transform (function(event)
        local t = {}
        while true do t[#t + 1] = ("x"):rep(1000) .. #t end
      end),
      p.sink.stdout {} }''')
    w.run("run", "script.lua", "--state", "state", stdin=GOOD, timeout=60).exits(1).prints("").says(r"script\.lua:[345]", r"memory")


@case
def a_transform_lost_in_a_pattern_match_is_stopped(w):
    w.script('''p.pipeline "bad" { p.source.stdin { format = "json" },
      p.transform (function(event)
        event.found = event.text:find(("a-"):rep(40) .. "b")
      end),
      p.sink.stdout {} }''')
    w.run("run", "script.lua", "--state", "state", stdin=json.dumps({"text": "a" * 5000}) + "\n", timeout=60).exits(1).prints("").says(r"script\.lua:4")


@case
def the_sandbox_has_no_shell_and_no_files(w):
    w.write("secret.txt", "secret")
    for call in ('os.execute "true"', 'io.open "secret.txt"', 'require "ffi"', "debug.getinfo(1)", 'loadfile "secret.txt"', 'require "../secret"'):
        w.script(call + "\n")
        w.run("check", "script.lua").exits(2).says(r"script\.lua:2")


TORN_ARRAY = '[{"a":1},\n{"a":2}'
TORN = r"the stream ends inside the top-level array"


@case
def an_array_that_does_not_end_is_told_from_stdin(w):
    w.run("run", "--state", "state", "-e", 'p.pipeline "x" { p.source.stdin {}, p.sink.stdout {} }', stdin=TORN_ARRAY.encode()).exits(1).prints(GOOD).says("2 delivered", "1 dead-lettered")
    w.run("dead-letter", "show", "--state", "state").prints_like(TORN)
    w.script('p.pipeline "x" { p.source.stdin {}, p.sink.stdout {} }')
    w.run("dead-letter", "replay", "script.lua", "--state", "state").exits(0).says("1 letter without an event, which only said that something was cut off")
    w.run("dead-letter", "show", "--state", "state").prints("")


@case
def an_array_that_does_not_end_is_told_of_a_finite_file_once(w):
    w.script(copy_file("in.json"))
    w.write("in.json", TORN_ARRAY)
    w.run("run", "script.lua", "--state", "state").exits(1).prints(GOOD).says("1 dead-lettered")
    w.run("dead-letter", "show", "--state", "state").prints_like(TORN)
    w.run("run", "script.lua", "--state", "state").exits(0).prints("").says("0 dead-lettered")


@case
def an_array_that_ends_may_be_read_again(w):
    w.script(copy_file("in.json"))
    w.write("in.json", TORN_ARRAY + "]\n")
    w.run("run", "script.lua", "--state", "state").exits(0).prints(GOOD)
    w.run("run", "script.lua", "--state", "state").exits(0).prints("")


@case
def an_array_in_a_followed_file_ends_when_the_file_goes(w):
    w.script("""p.pipeline "x" { p.source.file { path = "in.json", format = "json", rescan = "50ms" },
      p.sink.file { path = "out", linger = "10ms" } }""")
    w.write("in.json", TORN_ARRAY)
    running = w.start("run", "script.lua", "--state", "state")
    w.waits_for(lambda: (w.path / "out").exists() and w.read("out") == GOOD.encode(), "both events")
    w.append("in.json", ',{"a":3}')
    w.waits_for(lambda: w.read("out") == (GOOD + '{"a":3}\n').encode(), "the third: more may always come")
    (w.path / "in.json").unlink()
    w.waits_for(lambda: TORN in w.run("dead-letter", "show", "--state", "state").stdout.decode(), "the dead letter")
    running.signal(15).ends().exits(1).says("3 delivered", "1 dead-lettered")
