"""The doors of the program: commands, options, exit status, what goes to stdout and what to stderr."""
import json

from golden import case

ONE = '{"a":1}\n{"a":2}\n{"a":3}\n'
COPY = 'p.pipeline "copy" { p.source.stdin { format = "json" }, p.sink.stdout {} }'


@case
def version_names_the_program_and_its_libraries(w):
    w.run("version").exits(0).prints_like(r"penstock \d+\.\d+", r"(?i)luajit", r"(?i)libuv", r"(?i)simdjson")


@case
def without_a_command_the_usage_is_shown(w):
    done = w.run()
    done.check(done.code == 2, "expected exit status 2")
    done.check(b"run" in done.stdout + done.stderr, "expected the usage")


@case
def help_is_asked_for_and_goes_to_stdout(w):
    w.run("--help").exits(0).prints_like(r"\brun\b", r"\bexplain\b", r"\bdead-letter\b")


@case
def an_unknown_command_is_a_mistake_of_the_command_line(w):
    w.run("rum", "script.lua").exits(2).prints("").says(r"rum")


@case
def an_unknown_option_is_a_mistake_of_the_command_line(w):
    w.script(COPY)
    w.run("run", "script.lua", "--worker-count", "2").exits(2).prints("").says("unknown option '--worker-count'; penstock run --help lists them")


@case
def what_is_misspelt_is_told_with_the_nearest_name(w):
    w.script(COPY)
    for arguments, says in ((("run", "script.lua", "--worker", "2"), r"unknown option '--worker' \(hint: --workers\)"),
                            (("run", "script.lua", "--stat=x"), r"unknown option '--stat' \(hint: --state\)"),
                            (("check", "--unsave", "script.lua"), r"unknown option '--unsave' \(hint: --unsafe\)"),
                            # What is required is not asked for before what was given is looked at.
                            (("state", "list", "--sate", "x"), r"unknown option '--sate' \(hint: --state\); penstock state list --help"),
                            (("--admin", "127.0.0.1:0", "run", "script.lua"), r"'--admin' before the command \(hint: penstock run --admin\)"),
                            (("run", "script.lua", "more.lua"), "unexpected argument 'more.lua'"),
                            (("rnu", "script.lua"), r"unknown command 'rnu' \(hint: run\); penstock --help lists them"),
                            (("rnu", "script.lua", "--workers", "2"), r"unknown command 'rnu' \(hint: run\)"),
                            (("dead-letter", "shwo", "--limit", "2"), r"unknown command 'shwo' \(hint: show\); penstock dead-letter --help"),
                            (("--versoin",), "unknown option '--versoin'; penstock --help")):
        w.run(*arguments).exits(2).prints("").says(says)


@case
def a_script_that_is_not_there_is_named(w):
    w.run("run", "gone.lua").exits(2).prints("").says(r"gone\.lua")


@case
def run_copies_events_byte_for_byte(w):
    w.script(COPY)
    w.run("run", "script.lua", stdin=ONE).exits(0).prints(ONE)


@case
def run_e_has_p_predefined(w):
    w.run("run", "-e", COPY, stdin=ONE).exits(0).prints(ONE)


@case
def only_events_go_to_stdout(w):
    w.script('print "hello from the script"\n' + COPY)
    w.run("run", "script.lua", stdin=ONE).exits(0).prints(ONE).says(r"hello from the script")


@case
def the_summary_is_one_line_on_stderr_with_all_counts(w):
    w.script('p.pipeline "some" { p.source.stdin { format = "json" }, p.filter "a >= 2", p.sink.stdout {} }')
    done = w.run("run", "script.lua", stdin=ONE).exits(0).prints('{"a":2}\n{"a":3}\n')
    last = done.stderr.strip().splitlines()[-1]
    for count in (rb"\b3\b", rb"\b2\b", rb"read", rb"delivered"):
        import re
        done.check(re.search(count, last), f"expected {count!r} in the summary line {last!r}")


@case
def param_is_set_on_the_command_line(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" }, p.filter ("a >= " .. p.param "least"), p.sink.stdout {} }')
    w.run("run", "script.lua", "--set", "least=3", stdin=ONE).exits(0).prints('{"a":3}\n')
    w.run("run", "--set", "least=3", "script.lua", stdin=ONE).exits(0).prints('{"a":3}\n')


@case
def a_param_that_was_not_given_is_a_mistake(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" }, p.filter ("a >= " .. p.param "least"), p.sink.stdout {} }')
    w.run("run", "script.lua", stdin=ONE).exits(2).prints("").says(r"script\.lua:2", r"least")


@case
def check_runs_nothing(w):
    w.script('p.pipeline "x" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "out.ndjson" } }')
    w.write("in.ndjson", ONE)
    w.run("check", "script.lua").exits(0)
    assert not (w.path / "out.ndjson").exists()


@case
def explain_prints_the_plan(w):
    w.script('''p.pipeline "edge" {
      p.source.file { path = "in.ndjson", format = "json", follow = false },
      p.filter "status >= 500",
      p.transform (function(event) event.host = event.host:lower() end),
      p.fields { "host", "status" },
      p.sink.file { path = "out.ndjson" },
    }''')
    w.run("explain", "script.lua").exits(0).prints_like(r"edge", r"in\.ndjson", r"status >= 500", r"(?i)lua", r"script\.lua:5", r"out\.ndjson")


@case
def explain_and_check_tell_how_far_each_edge_can_be_trusted(w):
    w.script('''p.pipeline "x" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "out.ndjson" } }
    p.pipeline "y" { p.source.stdin { format = "json" }, p.sink.stdout {} }''')
    classes = r"file in\.ndjson.*replayable", r"-> file out\.ndjson.*durable before ack", r"stdin.*best effort", r"-> stdout.*best effort"
    w.run("check", "script.lua").exits(0).prints_like(*classes)
    w.run("explain", "script.lua").exits(0).prints_like(*classes, r"Lua: never entered")
    w.run("check", "script.lua").prints_like(r"^  edge 0:file -> 0:file: replayable$", r"^  edge 0:stdin -> 0:stdout: best effort$")


@case
def no_loss_can_be_required(w):
    w.script('''p.pipeline "safe" { p.source.file { path = "in.ndjson", follow = false }, p.sink.file { path = "out.ndjson" } }''')
    w.write("in.ndjson", '{"n":1}\n')
    w.run("check", "script.lua", "--require", "no-loss").exits(0)
    w.run("run", "script.lua", "--require", "no-loss").exits(0)
    w.script('''p.pipeline "a" { on_error = "drop", p.source.file { path = "in.ndjson" }, p.sink.file { path = "out.ndjson" } }
    p.pipeline "b" {
      p.source.stdin {},
      p.sink.file { path = "b.ndjson", fsync = false },
    }''')
    mistakes = (r'^script\.lua:2: pipeline "a": best effort: on_error = "drop" drops .*hint', r"^script\.lua:4: source\.stdin: best effort: .*hint",
                r"^script\.lua:5: sink\.file: best effort: with fsync = false .*hint", r"3 mistakes")
    for command in "run", "check", "explain":
        w.run(command, "script.lua", "--require", "no-loss").exits(2).says(*mistakes)
    w.run("check", "script.lua").exits(0).prints_like(r"edge 0:file -> 0:file: best effort", r"edge 0:stdin -> 0:file: best effort", mistakes[1].replace("^", ""))
    w.run("check", "script.lua", "--require", "no-los").exits(2).says("no-loss")
    w.script('''p.pipeline "c" {
      p.source.file { path = "in.ndjson" },
      p.sink.kafka { brokers = "k", topic = "t", acks = 1 },
      p.sink.kafka { brokers = "k", topic = "t", acks = 0 },
      p.sink.kafka { brokers = "k", topic = "t" },
    }''')
    w.run("check", "script.lua", "--require", "no-loss").exits(2).says(r"^script\.lua:4: sink\.kafka: best effort: with acks = 1 .*leader fails.*hint: acks = \"all\"",
                                                                      r"^script\.lua:5: sink\.kafka: best effort: with acks = 0 .*hint: acks", r"2 mistakes")


SAMPLED = '''p.pipeline "x" {
  p.source.file { path = "in*.ndjson", format = "json", follow = false },
  p.transform (function(event)
    %s
  end),
  p.sink.file { path = "out.ndjson" },
}
'''


@case
def explain_runs_functions_on_the_sources_file_without_writing(w):
    w.script(SAMPLED % "event.sum = event.a + event:get('deep.b')")
    w.write("in1.ndjson", '{"a":1,"deep":{"b":2}}\n' * 100)
    done = w.run("explain", "script.lua").exits(0)
    done.prints_like(r"^ +compiled$", r"reads a, deep\.b; writes sum", r"fields read: a, deep\.b$", r"sample: the beginning of in1\.ndjson$")
    done.never_says(r"gave up")
    assert sorted(f.name for f in w.path.iterdir() if f.suffix == ".ndjson") == ["in1.ndjson"]


@case
def explain_names_the_line_at_which_luajit_gave_up(w):
    w.script(SAMPLED % "event.b = (function() return event.a end)()")
    w.write("in1.ndjson", ONE)
    w.run("explain", "script.lua").exits(0).prints_like(r"interpreted: LuaJIT gave up at script\.lua:5 \(\d+ times\): .+", r"reads a; writes b")


@case
def explain_takes_the_inputs_of_p_test_and_survives_their_mistakes(w):
    w.script(SAMPLED % "print('loud'); event.b = event.a.c" + 'p.test "t" { input = { { a = 1 } }, output = {} }')
    done = w.run("explain", "script.lua").exits(0).prints_like(r"sample: 1 event of p\.test; the sample failed: transform at script\.lua:4: .*index")
    done.never_says(r"loud")


@case
def explain_says_so_when_there_is_no_sample(w):
    w.script(SAMPLED % "event.b = 1")
    w.run("explain", "script.lua").exits(0).prints_like(r"sample: none")


@case
def all_mistakes_are_told_at_once_with_line_and_the_nearest_name(w):
    w.script('''p.pipeline "x" {
      p.source.file { path = "in.ndjson", fromat = "json" },
      p.filter "status >== 500",
      p.sink.file { path = "out.ndjson", compresion = "gzip" },
    }''')
    w.run("check", "script.lua").exits(2).says(r"script\.lua:3:.*fromat.*format", r"script\.lua:4:", r"script\.lua:5:.*compresion.*compression")


@case
def test_runs_the_cases_of_a_script(w):
    script = '''p.pipeline "x" {{ p.source.stdin {{ format = "json" }}, p.filter "a >= 2", p.sink.stdout {{}} }}
    p.test "keeps large ones" {{ pipeline = "x", input = {{ {{ a = 1 }}, {{ a = 2 }} }}, output = {{ {{ a = {0} }} }} }}'''
    w.script(script.format(2), "good.lua")
    w.script(script.format(5), "bad.lua")
    w.run("test", "good.lua").exits(0)
    failed = w.run("test", "bad.lua").exits(1)
    failed.check(b"keeps large ones" in failed.stdout + failed.stderr, "expected the name of the failed case")


@case
def a_secret_never_shows(w):
    w.script('''local key = p.secret "env:GOLDEN_KEY"
    print(key, tostring(key))
    p.pipeline "x" { p.source.stdin { format = "json" }, p.sink.stdout {} }''')
    w.run("run", "script.lua", env={"GOLDEN_KEY": "hunter2-is-secret"}, stdin=ONE).exits(0).says(r"\[secret\]").never_says(r"hunter2")


@case
def a_dead_letter_is_kept_listed_and_shown(w):
    w.script(COPY)
    w.run("run", "script.lua", "--state", "state", stdin='{"a":1}\nnot json\n{"a":3}\n').exits(1).prints('{"a":1}\n{"a":3}\n').says(r"\b1\b.*dead")
    file = w.path / "state/dead-letter/copy.ndjson"
    w.waits_for(file.exists, "state/dead-letter/copy.ndjson")
    letters = [json.loads(line) for line in w.read("state/dead-letter/copy.ndjson").splitlines()]
    assert len(letters) == 1, letters
    assert "not json" in json.dumps(letters[0]), letters
    assert file.stat().st_mode & 0o777 == 0o600, oct(file.stat().st_mode)
    w.run("dead-letter", "list", "--state", "state").exits(0).prints_like(r"copy", r"\b1\b")
    w.run("dead-letter", "show", "--state", "state").exits(0).prints_like(r"not json")


@case
def dead_letters_of_a_pipeline_that_nobody_knows_are_a_mistake(w):
    w.run("dead-letter", "show", "--state", "state").exits(0).prints("").says("no dead letters in state")
    w.run("dead-letter", "show", "copy", "--state", "state").exits(0).prints("").says("no dead letters of pipeline 'copy' in state")
    w.write("in.ndjson", ONE + "not json\n")
    source = 'p.source.file { path = "in.ndjson", format = "json", follow = false }'
    w.script(f'p.pipeline "copy" {{ {source}, p.sink.stdout {{}} }} p.pipeline "quiet" {{ {source.replace("in.ndjson", "good.ndjson")}, p.sink.stdout {{}} }}')
    w.write("good.ndjson", ONE)
    w.run("run", "script.lua", "--state", "state").exits(1)
    w.run("dead-letter", "show", "copy", "--state", "state").exits(0).prints_like("not json")
    w.run("dead-letter", "show", "cpoy", "--state", "state").exits(2).prints("").says(r"of a pipeline 'cpoy' in state \(hint: copy\); there is copy, quiet")
    w.run("dead-letter", "show", "quiet", "--state", "state").exits(0).prints("").says("no dead letters of pipeline 'quiet'")
    w.run("dead-letter", "replay", "script.lua", "cpoy", "--state", "state").exits(2).says("no pipeline 'cpoy'; there is copy, quiet")


@case
def state_check_looks_at_dead_letters_too(w):
    w.write("in.ndjson", "not json\n")
    w.script('p.pipeline "copy" { p.source.file { path = "in.ndjson", follow = false }, p.sink.stdout {} }')
    w.run("run", "script.lua", "--state", "state").exits(1)
    w.run("state", "check", "--state", "state").exits(0).prints_like("^sound: 1 checkpoint, 1 dead letter$")
    with open(w.path / "state/dead-letter/copy.ndjson", "a") as letters:
        letters.write('{"id":"torn')
    w.run("state", "check", "--state", "state").exits(0).prints_like("^passed over: dead letters of copy: 1 line that is no letter$", "^sound: .*1 dead letter$")
    # Without --state that is all there is.
    for database in (w.path / "state").glob("state.db*"):
        database.unlink()
    w.run("state", "check", "--state", "state").exits(0).prints_like("^sound: 0 checkpoints, 1 dead letter$")
    w.run("state", "list", "--state", "state").exits(0).prints_like("no checkpoints in state")
    w.run("state", "check", "--state", "nowhere").exits(1).says("nowhere")


@case
def dead_letters_are_replayed_through_the_mended_script(w):
    broken = 'p.pipeline "x" { p.source.stdin { format = "json" }, p.transform (function(event) event.b = event.a:lower() end), p.sink.file { path = "out.ndjson" } }'
    mended = broken.replace("event.a:lower()", "tostring(event.a):lower()")
    w.script(broken)
    w.run("run", "script.lua", "--state", "state", stdin='{"a":1}\n').exits(1)
    w.script(mended)
    w.run("dead-letter", "replay", "--state", "state", "script.lua").exits(0)
    w.holds("out.ndjson", '{"a":1,"b":"1"}\n')


@case
def state_lists_and_checks_checkpoints(w):
    w.script('p.pipeline "x" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "out.ndjson" } }')
    w.write("in.ndjson", ONE)
    w.run("run", "script.lua", "--state", "state").exits(0)
    w.run("state", "list", "--state", "state").exits(0).prints_like(r"in\.ndjson", rf"\b{len(ONE)}\b")
    w.run("state", "check", "--state", "state").exits(0)


@case
def a_damaged_state_file_is_told(w):
    w.script('p.pipeline "x" { p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "out.ndjson" } }')
    w.write("in.ndjson", ONE)
    w.run("run", "script.lua", "--state", "state").exits(0)
    databases = [f for f in (w.path / "state").iterdir() if f.is_file() and f.read_bytes().startswith(b"SQLite")]
    assert databases, "expected a database in the state directory"
    databases[0].write_bytes(b"this is no database" * 400)
    for leftover in (w.path / "state").glob("*-wal"):
        leftover.unlink()
    w.run("state", "check", "--state", "state").exits(1)


@case
def completion_and_man_page_are_written_by_the_program(w):
    w.run("completion", "bash").exits(0).prints_like(r"complete .*penstock", r"explain")
    w.run("completion", "zsh").exits(0).prints_like(r"#compdef penstock", r"explain")
    w.run("completion", "fish").exits(0).prints_like(r"complete -c penstock", r"explain")
    w.run("man").exits(0).prints_like(r"^\.TH PENSTOCK 1|^\.TH penstock 1", r"explain")


@case
def on_error_drop_counts_and_forgets(w):
    w.script('p.pipeline "x" { on_error = "drop", p.source.stdin { format = "json" }, p.sink.stdout {} }')
    w.run("run", "script.lua", "--state", "state", stdin='nope\n{"a":1}\n').exits(1).prints('{"a":1}\n').says(r"\b1 dropped", r"\b0 dead-lettered")
    assert not (w.path / "state/dead-letter").exists()


@case
def two_readers_of_standard_input_are_a_mistake(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.sink.stdout {} }\np.pipeline "y" { p.source.stdin {}, p.sink.blackhole {} }')
    w.run("run", "script.lua", stdin=ONE).exits(2).prints("").says(r"script\.lua:3: source\.stdin: .*script\.lua:2")


@case
def a_table_with_names_is_no_list_of_events(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.transform (function(event) return { a = event.a } end), p.sink.stdout {} }')
    w.run("run", "script.lua", "--state", "state", stdin='{"a":1}\n').exits(1).prints("").says(r"list of events")


@case
def max_event_holds_for_lines_that_come_whole(w):
    w.script('p.pipeline "x" { p.source.stdin { max_event = "1KiB" }, p.sink.stdout {} }')
    long = '{"a":"' + "x" * 2000 + '"}\n'
    w.run("run", "script.lua", "--state", "state", stdin=ONE + long + ONE).exits(1).prints(ONE + ONE).says(r"max_event", r"\b1 dead-lettered")


@case
def what_redact_takes_out_is_in_no_letter_and_no_message(w):
    w.script('''p.pipeline "x" { p.source.stdin {}, p.transform (function(event) error("bad " .. event.m) end),
      p.redact { fields = { "m" } }, p.sink.stdout {} }
    p.pipeline "y" { p.source.generate { count = 1, template = '{"m":"bob@example.com"}' }, p.redact { kinds = { "email" } },
      p.transform (function(event) error("bad " .. event:raw()) end), p.sink.stdout {} }''')
    w.run("run", "script.lua", "--state", "state", stdin='{"m":"hunter2"}\n').exits(1).never_says(r"hunter2", r"bob@")
    for file in (w.path / "state/dead-letter").glob("*.ndjson"):
        assert b"hunter2" not in file.read_bytes() and b"bob@" not in file.read_bytes(), file.read_bytes()


@case
def a_secret_cannot_be_set_on_events(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.set { k = p.secret "env:GOLDEN_KEY" }, p.sink.stdout {} }')
    w.run("run", "script.lua", env={"GOLDEN_KEY": "hunter2"}, stdin=ONE).exits(2).prints("").never_says(r"hunter2")
