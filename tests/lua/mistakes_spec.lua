-- Every mistake of a script is reported, all of them together, each with its place, what was given and what is allowed.
return {
  {
    "all mistakes are reported together, in the order of their lines",
    script = [[
p.pipeline "a" {
  p.source.file { pth = "x", rescan = "soon" },
  p.filter "",
  p.sample (2),
  p.sink.file { path = "out", compression = "gz" },
}]],
    mistakes = {
      "(command line):2: source.file: unknown option 'pth' (hint: path)",
      "(command line):2: source.file: option 'path' is missing (hint: path = \"/var/log/app/*.log\")",
      "(command line):2: source.file: option 'rescan' must be a time such as \"10s\", or a number of seconds, from 10ms to 1h, got \"soon\"",
      "(command line):3: filter: is empty",
      "(command line):4: sample: option 'rate' must be a number above 0 and up to 1, got 2",
      "(command line):5: sink.file: option 'compression' must be one of \"none\", \"gzip\", \"zlib\", \"snappy\", \"zstd\" or \"lz4\", got \"gz\" (hint: \"gzip\")",
    },
  },
  {
    "a name that does not exist is reported and the rest is looked at",
    script = [[
p.pipeline "a" {
  p.source.stdim {},
  p.fitler "x == 1",
  p.sink.stdout { format = "cvs" },
}]],
    mistakes = {
      "(command line):2: p.source.stdim: no such name (hint: p.source.stdin)",
      "(command line):3: p.fitler: no such name (hint: p.filter)",
      "(command line):4: sink.stdout: option 'format' must be one of \"ndjson\", \"json_array\", \"csv\", \"raw\" or \"logfmt\", got \"cvs\" (hint: \"csv\")",
    },
  },
  {
    "an error of the script itself comes with the mistakes before it",
    script = "p.sample (0)\nlocal x = nil\nx.y = 1",
    mistakes = {
      "(command line):1: sample: option 'rate' must be a number above 0 and up to 1, got 0",
      "(command line):3: attempt to index local 'x' (a nil value)",
    },
  },
  { "a filter's mistake shows the column", script = "p.pipeline 'a' { p.source.stdin {}, p.filter 'status => 500', p.sink.stdout {} }", mistakes = {
    "(command line):1: filter: column 8: unknown operator '=>' (hint: write >=)\n  status => 500\n         ^",
  } },
  { "a filter as data is checked too", script = "p.pipeline 'a' { p.source.stdin {}, p.filter { all = { { 'status', '=>', 500 } } }, p.sink.stdout {} }", mistakes = {
    "(command line):1: filter: all[1]: unknown operator '=>', expected one of ==, !=, <, <=, >, >=, contains, starts_with, ends_with, ~, !~, in, not in, in_cidr, exists, is null (hint: write >=)",
  } },
  { "every mistake of a filter as data is told", script = "p.filter { any = { { 'a' }, { all = { { 'b', '~', 5 }, 'x' } }, { 'c', 'exists', 1 } } }", mistakes = {
    "(command line):1: filter: any[1]: expected { field, operator, value }, got { \"a\" }",
    "(command line):1: filter: any[2].all[1]: a pattern is a string",
    "(command line):1: filter: any[3]: 'exists' takes no value",
  } },
  { "a wrong value of a choice is told with the nearest right one, of any type", script = [[
p.sink.file { path = "x", fsync = "yes" }
p.sink.file { path = "x", fsync = "atuo" }
p.sink.kafka { brokers = "h", topic = "t", acks = "1" }
p.sink.kafka { brokers = "h", topic = "t", acks = {} }
p.sink.s3 { bucket = "edge-logs", encryption = { type = "aes" } }
p.sink.file { path = "x", compression = 5 }
p.redact { kinds = { 5 } }]], mistakes = {
    "(command line):1: sink.file: option 'fsync' must be one of \"auto\", true or false, got \"yes\" (hint: true)",
    "(command line):2: sink.file: option 'fsync' must be one of \"auto\", true or false, got \"atuo\" (hint: \"auto\")",
    "(command line):3: sink.kafka: option 'acks' must be one of \"all\", 1 or 0, got \"1\" (hint: 1, a number)",
    "(command line):4: sink.kafka: option 'acks' must be one of \"all\", 1 or 0, got an empty table",
    "(command line):5: sink.s3: option 'encryption.type' must be \"AES256\" or \"kms\", got \"aes\" (hint: \"AES256\")",
    "(command line):6: sink.file: option 'compression' must be one of \"none\", \"gzip\", \"zlib\", \"snappy\", \"zstd\" or \"lz4\", got 5",
    "(command line):7: redact: option 'kinds' element 1 must be a string, got 5",
  } },
  { "a refused option hides nothing of the others", script = [[
p.sink.file { path = "x", format = "csv", delimiter = ";;", compresion = "gzip" }
p.sink.kafka { brokers = "h", topic = "t", balancer = "hsh", topics_max = 5, retry = { min = "1h", max = "1s" } }
p.source.exec { command = "x", backoff = { min = "1h" }, restart = 5, format = "cvs", columns = { "a" } }]], mistakes = {
    "(command line):1: sink.file: unknown option 'compresion' (hint: compression)",
    "(command line):1: sink.file: option 'delimiter' must be one byte, got \";;\"",
    "(command line):1: sink.file: option 'columns' is missing (hint: columns = { \"time\", \"status\" })",
    "(command line):2: sink.kafka: option 'balancer' must be one of \"least_bytes\", \"hash\", \"round_robin\", \"crc32\" or \"murmur2\", got \"hsh\" (hint: \"hash\")",
    "(command line):2: sink.kafka: option 'retry.min' must not be above 'retry.max'",
    "(command line):2: sink.kafka: option 'topics_max' is for a topic with fields in it (hint: topic = \"logs-{service}\")",
    "(command line):3: source.exec: option 'restart' must be true or false, got 5",
    "(command line):3: source.exec: option 'format' must be one of \"json\", \"lines\", \"nginx\", \"apache\", \"syslog\", \"csv\", \"logfmt\", \"regex\" or \"cef\", got \"cvs\" (hint: \"csv\")",
    "(command line):3: source.exec: option 'backoff.min' must not be above 'backoff.max'",
  } },
  { "what speaks of a refused option is not told again", script = [[
p.redact { kind = { "email" } }
p.custom_fields { cookies = 5 }
p.sink.http { url = "https://h", auth = { bearer = 5 } }]], mistakes = {
    "(command line):1: redact: unknown option 'kind' (hint: kinds)",
    "(command line):2: custom_fields: option 'cookies' must be a string or a list of strings, got 5",
    "(command line):3: sink.http: option 'auth.bearer' must be a string or a secret, got 5",
  } },
  { "arguments too many are a mistake", script = [[
p.pipeline ("a", {}) { p.source.stdin {}, p.fields("a", "b"), p.sample(0.1, "k"), p.filter("a == 1", "b == 9"), p.remove("a", 5), p.sink.stdout({}, 1) }
local key, name, secret, re = p.param("k", 1, 2), p.env("PATH", "x", "y"), p.secret("env:HOME", 1), p.re("a", "i")
p.test ("t", 1) { pipeline = "a", input = {}, output = {} }
p.route ({ { "a", p.sink.stdout {} } }, 1)]], mistakes = {
    "(command line):1: pipeline: takes one argument, got 2 (hint: p.pipeline \"name\" { ... })",
    "(command line):1: fields: takes one argument, got 2 (hint: p.fields { \"a\", \"b\" })",
    "(command line):1: sample: takes one argument, got 2 (hint: p.sample { rate = 0.1, key = \"ClientIP\" })",
    "(command line):1: filter: takes one argument, got 2 (hint: p.filter \"EdgeResponseStatusCode >= 500 and not ClientRequestPath starts_with '/health'\")",
    "(command line):1: remove: takes one argument, got 2 (hint: p.remove { \"a\", 5 })",
    "(command line):1: sink.stdout: takes one argument, got 2 (hint: p.sink.stdout {})",
    "(command line):2: param: takes 2 arguments, got 3 (hint: p.param(\"NAME\", default))",
    "(command line):2: env: takes 2 arguments, got 3 (hint: p.env(\"NAME\", default))",
    "(command line):2: secret: takes one argument, got 2 (hint: p.secret \"env:NAME\")",
    "(command line):2: re: takes one argument, got 2 (hint: p.re \"(?i)pattern\")",
    "(command line):3: test: takes one argument, got 2 (hint: p.test \"name\" { ... })",
    "(command line):4: route: takes one argument, got 2 (hint: p.route { { \"condition\", stages..., sinks... }, ..., otherwise = { ... } })",
  } },
  { "settings are named by a string", script = "local a, b = p.param { 'A' }, p.env(5)", mistakes = {
    "(command line):1: param: wants a name, got a table (hint: p.param(\"NAME\", default))",
    "(command line):1: env: wants a name, got 5 (hint: p.env(\"NAME\", default))",
  } },
  { "a mistake in a loop is told once", script = "for i = 1, 3 do p.sample (0) end", mistakes = {
    "(command line):1: sample: option 'rate' must be a number above 0 and up to 1, got 0",
  } },
  { "what belongs to a name that does not exist is looked over", script = "p.pipeline 'a' { p.sorce.stdin {}, p.sample (0), p.snik.stdout {} }", mistakes = {
    "(command line):1: p.sorce: no such name (hint: p.source)",
    "(command line):1: sample: option 'rate' must be a number above 0 and up to 1, got 0",
    "(command line):1: p.snik: no such name (hint: p.sink)",
  } },
  { "an element far out does not hold up the check", script = "p.pipeline 'a' { p.source.stdin {}, p.sink.stdout {}, [1e300] = p.filter 'a' }", mistakes = {
    "(command line):1: pipeline \"a\": a list has up to 100000 elements, got one with the number 1e+300",
  } },
  { "a syntax error has its line", script = "p.pipeline \"a\" {\n  p.source.stdin {\n}", mistakes = {
    "(command line):3: '}' expected (to close '{' at line 1) near '<eof>'",
  } },
  { "a script that declares nothing is a mistake", script = "local a = 1", mistakes = {
    "(command line): declares no pipeline (hint: p.pipeline \"name\" { p.source.stdin {}, p.sink.stdout {} })",
  } },
  { "sources come first, sinks last", script = [[
p.pipeline "a" {
  p.filter "a",
  p.source.stdin {},
  p.sink.stdout {},
  p.filter "b",
}]], mistakes = {
    "(command line):3: source.stdin: stands after filter (line 2), but sources come first",
    "(command line):5: filter: stands after sink.stdout (line 4), but stages stand between sources and sinks",
  } },
  { "a pipeline has a source and a sink", script = "p.pipeline 'a' { p.filter 'x' }\np.pipeline 'b' {}\np.pipeline 'c'", mistakes = {
    "(command line):1: pipeline \"a\": has no source (hint: p.source.file { path = ... } comes first)",
    "(command line):1: pipeline \"a\": has no sink (hint: p.sink.stdout {} comes last)",
    "(command line):2: pipeline \"b\": has no stages (hint: p.source.file { ... }, ..., p.sink.stdout {})",
    "(command line):3: pipeline \"c\": has no stages (hint: p.pipeline \"c\" { ... })",
  } },
  { "names are unique and well formed", script = [[
p.pipeline "a" { p.source.stdin {}, p.sink.stdout {} }
p.pipeline "a" { p.source.stdin {}, p.sink.stdout {} }
p.pipeline "a/b" { p.source.stdin {}, p.sink.stdout {} }]], mistakes = {
    "(command line):2: pipeline \"a\": this name is taken (line 1)",
    "(command line):3: pipeline: a name has up to 100 letters, digits, '_', '-' and '.', and begins with none of '-' and '.', got \"a/b\"",
  } },
  { "a nil among the stages is found", script = "local nothing\np.pipeline 'a' { p.source.stdin {}, nothing, p.sink.stdout {} }", mistakes = {
    "(command line):2: pipeline \"a\": element 2 is nil (hint: a name that does not exist, or a function that returns nothing)",
  } },
  { "what is no stage is named", script = "p.pipeline 'a' { p.source.stdin {}, 'x == 1', function() end, p.sink.stdout {} }", mistakes = {
    "(command line):1: pipeline \"a\": element 2 is no source, stage or sink, got \"x == 1\" (hint: p.filter \"x == 1\")",
    "(command line):1: pipeline \"a\": element 3 is no source, stage or sink, got a function (hint: p.transform (function(event) ... end))",
  } },
  { "an option of another format is refused", script = "p.pipeline 'a' { p.source.stdin { columns = { 'a' } }, p.sink.stdout {} }", mistakes = {
    "(command line):1: source.stdin: option 'columns' belongs to format \"csv\", not to \"json\"",
  } },
  { "a stage outside of every pipeline is worth a warning",
    script = "p.filter 'a'\np.pipeline 'a' { p.source.stdin {}, p.sink.stdout {} }",
    warnings = { "(command line):1: filter: is in no pipeline" } },
  { "a setting that nothing reads is worth a warning", params = { levl = "1" },
    script = "p.param('level', 2)\np.pipeline 'a' { p.source.stdin {}, p.sink.stdout {} }",
    warnings = { "(command line): nothing reads --set levl (hint: level)" } },
  { "a custom field's name in several lists is worth a warning",
    script = "p.pipeline 'x' { p.source.stdin {}, p.custom_fields { request_headers = { 'Date', 'A' }, cookies = { 'Date', 'date' } }, p.sink.stdout {} }",
    warnings = { "(command line):1: custom_fields: 'Date' stands in request_headers and in cookies: the first that has a value is kept (hint: another stage with its own `into` keeps both)" } },
  { "PLAIN without TLS is worth a warning, unless the brokers are on this machine",
    script = [[
local function plain(brokers, tls)
  return { brokers = brokers, topic = "t", tls = tls, sasl = { user = "u", password = p.secret "env:HOME" } }
end
local function read(options)
  options.group = "g"
  return p.source.kafka(options)
end
p.pipeline "a" {
  read(plain "kafka-1:9092"),
  p.sink.kafka (plain "127.0.0.1:9092, kafka-2:9092"),
  p.sink.kafka (plain { "127.0.0.1:9092,localhost", "[::1]:9092" }),
  p.sink.kafka (plain("kafka-1:9092", {})),
}]],
    warnings = {
      "(command line):9: source.kafka: option 'sasl': PLAIN without TLS shows the password to everybody on the way (hint: tls = {}, or mechanism = \"SCRAM-SHA-512\")",
      "(command line):10: sink.kafka: option 'sasl': PLAIN without TLS shows the password to everybody on the way (hint: tls = {}, or mechanism = \"SCRAM-SHA-512\")",
    } },
  { "a key without fields is worth a warning",
    script = [[
local function send(options)
  options.brokers, options.topic = "k", "t"
  return p.sink.kafka(options)
end
p.pipeline "a" {
  p.source.stdin {},
  send { key = "ClientIP" },
  send { key = "{{x y", balancer = "round_robin" },
  send { key = "{ClientIP}" },
  send { key = "constant", mode = "batch" },
  send {},
}]],
    warnings = {
      "(command line):7: sink.kafka: option 'key' is a constant, so all messages have the same key and go to one partition (hint: key = \"{ClientIP}\" takes the field)",
      "(command line):8: sink.kafka: option 'key' is a constant, so all messages have the same key (hint: key = \"{ClientIP}\" takes the field)",
    } },
  { "options of kafka that mean nothing are mistakes",
    script = [[
p.pipeline "a" {
  p.source.stdin {},
  p.sink.kafka { brokers = "k", topic = "fixed", topics_max = 5 },
  p.sink.kafka { brokers = "k", topic = "made-of-{field}", topics_max = 5 },
}]], mistakes = {
      "(command line):3: sink.kafka: option 'topics_max' is for a topic with fields in it (hint: topic = \"logs-{service}\")",
    } },
  { "a list with a hole is found", script = "p.pipeline 'a' { p.source.stdin {}, p.fields { 'a', nil, 'c' }, p.sink.stdout {} }", mistakes = {
    "(command line):1: fields: option 'names' element 2 of 3 is nil",
  } },
  { "redact wants something to look for and hash wants a key",
    script = "p.redact {}\np.redact { kinds = { 'emial' } }\np.redact { kinds = { 'email' }, mode = 'hash' }", mistakes = {
    "(command line):1: redact: has nothing to look for: no kinds, patterns or fields (hint: kinds = { \"email\", \"card\" })",
    "(command line):2: redact: option 'kinds' element 1 must be \"email\", \"ipv4\", \"ipv6\", \"card\" or \"bearer\", got \"emial\" (hint: \"email\")",
    "(command line):3: redact: option 'key' is missing: a hash without one can be guessed (hint: key = p.secret \"env:REDACT_KEY\")",
  } },
}
