"""What `check` says of a wrong script: everything at once, by line, and nothing that the checker stumbled over itself."""
from golden import ROOT, case


def told(result):
    """The lines of stderr, without the summary."""
    return [line for line in result.stderr.decode("utf-8", "backslashreplace").splitlines() if not line.startswith("penstock: ")]


@case
def a_component_is_checked_although_an_option_of_it_is_refused(w):
    w.script('''p.pipeline "x" {
  p.source.stdin {},
  p.filter { all = { { "a", ">>", 1 }, { "b", "startswith", "x" }, { "c", "~", "(" } } },
  p.sink.s3 { bucket = "UPPER", compresion = "gzip" },
  p.sink.http { url = "ftp://x", foo = 1 },
  p.sink.kafka { brokers = "a:b:c", topic = "t", balancer = "hsh" },
}''')
    done = w.run("check", "script.lua").exits(2).says(r"^penstock: 9 mistakes in the script; nothing was run$")
    places = [line.split(": ")[0:3] for line in told(done) if line.startswith("script.lua:")]
    done.check([place[0] for place in places] == [f"script.lua:{n}" for n in (4, 4, 4, 5, 5, 6, 6, 7, 7)], f"expected the order of the lines, got {places}")
    done.says(r"lua:5: sink.s3: unknown option 'compresion' \(hint: compression\)", r"lua:5: sink.s3: bucket is .*\"UPPER\"",
              r"lua:4: filter: all\[1\]: .*hint: write >\)", r"lua:4: filter: all\[2\]: .*hint: write starts_with\)", r"lua:4: filter: all\[3\]: the pattern",
              r"lua:6: sink.http: unknown option 'foo'", r"lua:6: sink.http: .*must start with http",
              r"lua:7: sink.kafka: option 'balancer' .*hint: \"hash\"", r"lua:7: sink.kafka: option 'brokers'")


@case
def what_speaks_of_a_refused_or_missing_option_is_not_told_twice(w):
    w.script('''p.pipeline "x" {
  p.source.stdin {},
  p.sink.http { url = 5, compression = "gz" },
  p.sink.s3 { bucket = "UPPER", region = "?", credentials = { access_key_id = "a", secret_access_key = "plain" } },
}''')
    done = w.run("check", "script.lua").exits(2)
    done.check(len(told(done)) == len({line for line in told(done)}), "expected no line twice")
    done.says(r"lua:4: sink.http: option 'url'", r"lua:4: sink.http: option 'compression'", r"lua:5: sink.s3: option 'credentials.secret_access_key' must be a secret")
    done.never_says(r"\[penstock", r"lua:5: .*secret_access_key.*\n.*secret_access_key")


def tells_every_wrong_value(role):
    def tells(w):
        done = w.run("check", ROOT / "tests/lua/wrong_values.lua", "--unsafe", "--set", f"role={role}", timeout=300)
        done.exits(2).says(r"wrong_values\.lua: all of \d{3,} values were tried$").never_says(r"\[penstock")
    return tells


for role in ("source", "stage", "sink", "names"):
    case(tells_every_wrong_value(role), f"every_wrong_value_is_told_{role}")


@case
def a_name_that_does_not_exist_costs_its_event_in_a_function(w):
    w.script('''p.pipeline "x" {
  p.source.stdin {},
  p.transform (function(event)
    if event.a then event.h = p.hash(event.a) end
  end),
  p.sink.stdout {},
}''')
    w.run("check", "script.lua").exits(0)
    w.run("run", "script.lua", "--state", "state", stdin='{"a":1}\n{"b":2}\n').exits(1).prints('{"b":2}\n')
    letters = w.run("dead-letter", "list", "--state", "state").exits(0).prints_like(r"script\.lua:5: p\.hash: no such name")
    letters.never_says("attempt to")


@case
def what_declares_cannot_stand_in_a_function(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.filter (function(event) p.pipeline "z" {} return true end), p.sink.stdout {} }')
    w.run("run", "script.lua", "--state", "state", stdin='{"a":1}\n').exits(1).prints("")
    w.run("dead-letter", "list", "--state", "state").prints_like(r"p\.pipeline declares, so it cannot stand in a function that runs on events")


@case
def a_warning_is_no_mistake(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.sink.kafka { brokers = "127.0.0.1:1", topic = "t", key = "ClientIP" } }')
    w.run("check", "script.lua").exits(0).says(r"script\.lua:2: warning: sink\.kafka: option 'key' is a constant.*hint: key = \"\{ClientIP\}\"")
