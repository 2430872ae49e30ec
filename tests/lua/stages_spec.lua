-- What C++ gets from each constructor: checked, defaults filled in, sizes as bytes and times as milliseconds.
local function pipeline(stages)
  return "p.pipeline 'a' {\n  p.source.stdin {},\n  " .. stages .. ",\n  p.sink.blackhole {},\n}"
end

local function stage(name, text, declared)
  return { name, script = pipeline(text), declares = { "source.stdin ...", declared, "sink.blackhole { encode = false }" } }
end

return {
  stage("filter takes text", "p.filter 'status >= 500'", 'filter { expression = "status >= 500" }'),
  stage("filter takes data", "p.filter { all = { { 'status', '>=', 500 } } }",
    'filter { expression = { all = { { "status", ">=", 500 } } } }'),
  stage("filter takes a function", "p.filter (function(event) return event.a end)", "filter { expression = [function] }"),
  stage("sample takes a rate", "p.sample (1)", "sample { rate = 1 }"),
  stage("sample takes options", "p.sample { rate = 0.5, key = 'ip', seed = 7, add_rate = 'r' }",
    'sample { add_rate = "r", key = "ip", rate = 0.5, seed = 7 }'),
  stage("fields takes names", "p.fields { 'a', 'b.c' }", 'fields { names = { "a", "b.c" } }'),
  stage("remove takes names", "p.remove { 'a' }", 'remove { names = { "a" } }'),
  stage("remove takes one name", "p.remove 'a'", 'remove { names = { "a" } }'),
  stage("rename takes pairs", "p.rename { a = 'b' }", 'rename { names = { a = "b" } }'),
  stage("set takes values of every kind", "p.set { a = 1, b = 'x', c = p.null, d = { 1, 2 }, e = 1.5, f = 9007199254740993LL, g = {} }",
    'set { values = { a = 1, b = "x", c = null, d = { 1, 2 }, e = 1.5, f = 9007199254740993, g = {} } }'),
  stage("custom_fields has default places", "p.custom_fields { cookies = { 'session' }, from = { cookies = 'C' } }",
    'custom_fields { cookies = { "session" }, from = { cookies = "C", request_headers = "RequestHeaders", response_headers = "ResponseHeaders" }, into = "CustomFields" }'),
  stage("transform takes a function", "p.transform (function() end)", "transform { function = [function] }"),
  stage("transform takes what it reads", "p.transform { function() end, reads = { 'a' } }", 'transform { function = [function], reads = { "a" } }'),
  stage("parse has the options of its format", "p.parse { format = 'nginx', prefix = 'http.' }",
    'parse { field = "message", format = "nginx", log_format = "combined", on_error = "dead_letter", prefix = "http.", remove = false, unescape = true }'),
  stage("redact masks", "p.redact { kinds = { 'email' } }", 'redact { kinds = { "email" }, mask = "[redacted]", mode = "mask" }'),
  {
    "file sink flattens rotation and batch",
    script = [[p.pipeline "a" { p.source.stdin {}, p.sink.file { path = "x", rotate = { size = "1MiB", every = "1h" }, batch = { bytes = 1000 }, linger = 2 } }]],
    declares = {
      "source.stdin ...",
      'sink.file { batch_bytes = 1000, compression = "none", format = "ndjson", fsync = "auto", linger_ms = 2000, mode = "0644", '
        .. 'path = "x", rotate_bytes = 1048576, rotate_interval_ms = 3600000 }',
    },
  },
  {
    "generate finds the format of its template",
    script = "p.pipeline 'a' { p.source.generate { count = 1, template = 'nginx' }, p.sink.blackhole {} }",
    declares = { 'source.generate { count = 1, format = "nginx", max_event_bytes = 1048576, rate = 0, seed = 1, template = "nginx" }', "sink.blackhole ..." },
  },
  {
    "route has branches, each with its sinks",
    script = [[
p.pipeline "a" {
  p.source.stdin {},
  p.route {
    { "status >= 500", p.sample (0.5), p.sink.blackhole {} },
    { function(event) return event.slow end, p.sink.blackhole {} },
    otherwise = { p.sink.blackhole { encode = true } },
  },
}]],
    declares = {
      "source.stdin ...", "route {}",
      '  "status >= 500"', "    sample { rate = 0.5 }", "    sink.blackhole { encode = false }",
      "  [function]", "    sink.blackhole { encode = false }",
      "  otherwise", "    sink.blackhole { encode = true }",
    },
  },
  {
    "route's mistakes name the branch",
    script = [[
p.pipeline "a" {
  p.source.stdin {},
  p.route {
    { "status >= ", p.sink.blackhole {} },
    { p.sink.blackhole {} },
    { "a" },
    other = {},
  },
  p.sink.blackhole {},
}]],
    mistakes = {
      "(command line):3: route: branch 1: column 11: expected a field or a value, got the end\n  status >= \n            ^",
      "(command line):3: route: branch 2 begins with its condition, got p.sink.blackhole",
      "(command line):3: route: branch 3: has no sink",
      "(command line):3: route: unknown option 'other' (hint: otherwise)",
      "(command line):9: sink.blackhole: nothing can follow route (line 3) (hint: each branch of a route ends in its own sinks)",
    },
  },
  {
    "stages are shared by modules, which keep the places of their own lines",
    files = { ["shared.lua"] = [[
local p = require "penstock"
local M = {}
function M.errors()
  return { p.filter "status >= 500",
    p.sample (7) }
end
return M]] },
    script = 'local p = require "penstock"\nlocal shared = require "shared"\np.pipeline "a" { p.source.stdin {}, shared.errors(), p.sink.blackhole {} }',
    mistakes = { "shared.lua:5: sample: option 'rate' must be a number above 0 and up to 1, got 7" },
    declares = { "source.stdin ...", 'filter { expression = "status >= 500" }', "sample {}", "sink.blackhole ..." },
  },
  {
    "param takes its default's type",
    params = { level = "7", fast = "yes", name = "x" },
    script = pipeline("p.set { level = p.param('level', 1), fast = p.param('fast', false), name = p.param 'name', other = p.param('other', 'd') }"),
    declares = { "source.stdin ...", 'set { values = { fast = true, level = 7, name = "x", other = "d" } }', "sink.blackhole ..." },
  },
  {
    "param without value or default, or of the wrong type, is a mistake",
    params = { level = "high" },
    script = pipeline("p.set { level = p.param('level', 1), name = p.param 'name' }"),
    mistakes = {
      "(command line):3: param \"level\": must be a number like its default, got \"high\"",
      "(command line):3: param \"name\": is not set and has no default (hint: --set name=VALUE)",
    },
  },
  {
    "a secret that is not there is a mistake",
    script = "p.secret 'env:PENSTOCK_NO_SUCH_VARIABLE'\np.secret 'abc'\np.secret 'file:/no/such/file'\n" .. pipeline("p.filter 'a'"),
    mistakes = {
      "(command line):1: secret: environment variable PENSTOCK_NO_SUCH_VARIABLE is not set",
      "(command line):2: secret: a secret is named \"env:NAME\" or \"file:PATH\"",
      "(command line):3: secret: /no/such/file: No such file or directory",
    },
  },
  {
    "a pattern matches, finds and replaces",
    script = [[
local re = p.re "(?<user>\\w+)@(\\w+)(x)?"
local m = re:match("to ann@example now")
assert(m[0] == "ann@example" and m[1] == "ann" and m.user == "ann" and m[2] == "example" and m[3] == nil)
assert(re:match("nobody") == nil)
local first, last = re:find("to ann@example now")
assert(first == 4 and last == 14)
assert(re:replace("a@b c@d", "\\2 at \\1") == "b at a d at c")
assert(select(2, re:replace("a@b c@d", "")) == 2)
]] .. pipeline("p.filter 'a'"),
    declares = { "source.stdin ...", "filter ...", "sink.blackhole ..." },
  },
  {
    "a test belongs to the only pipeline",
    script = pipeline("p.filter 'a'") .. "\np.test 'keeps a' { input = { { a = true }, '{}' }, output = { { a = true } } }",
    tests = { 'keeps a of a: { { a = true }, "{}" } -> { { a = true } }' },
  },
  {
    "a test of no pipeline is a mistake",
    script = pipeline("p.filter 'a'") .. "\np.test 'keeps a' { pipeline = 'aa', input = { 1 }, output = {} }",
    mistakes = {
      "(command line):6: test \"keeps a\": element 1 of input: must be a table or a string, got 1",
      "(command line):6: test \"keeps a\": no pipeline is called \"aa\"",
    },
  },
}
