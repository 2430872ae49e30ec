---@meta penstock
-- Definitions for the Lua language server, made from the option schemas; do not edit.

---@class penstock
---@field null userdata JSON's null, in events and in `p.set`; nil means that a field is missing
local p = { source = {}, sink = {} }

---@class penstock.Stage a source, stage or sink

---@class penstock.Secret prints as [secret]; its text cannot be read

--- An expression of the filter language, the same as data, or a function that says whether an event stays.
---@alias penstock.Filter string|table|fun(event: penstock.Event): any

---@class penstock.Event
---@field [string] any fields read and write by name; nil: missing, p.null: JSON's null
local Event = {}
--- The event as a table of its own.
---@return table
function Event:totable() end
--- The value at a path, `a.b`.
---@param path string
---@return any
function Event:get(path) end
--- The bytes that the event came as.
---@return string
function Event:raw() end

---@class penstock.Regex
local Regex = {}
--- The groups of the first match, by number (0: the whole match) and by name; nil when there is none.
---@param s string
---@return table<integer|string, string>?
function Regex:match(s) end
--- The first and last position of the first match from `init` on; nil when there is none.
---@param s string
---@param init? integer
---@return integer?, integer?
function Regex:find(s, init) end
--- `s` with every match replaced, and how many there were; `\1` in `with` is the first group.
---@param s string
---@param with string
---@return string, integer
function Regex:replace(s, with) end

---@class penstock.pipeline.dead_letter
---@field max_bytes? string|integer a dead letter file's size before the next one is begun (default "64MiB")
---@field files? integer files kept; the oldest goes first (default 4)

---@class penstock.pipeline
---@field workers? integer threads that share the sources' streams; default: as many as cores, or `--workers`
---@field delivery? "at_least_once"|"exactly_once" `exactly_once`: from p.source.kafka to p.sink.kafka in one cluster, in transactions, for consumers that read committed messages; `at_least_once`: after a crash, what was under way comes twice (default "at_least_once")
---@field ordered? boolean events of one stream stay in order; false: a large file may be split over workers (default true)
---@field on_error? "dead_letter"|"drop" what becomes of an event that a stage fails on; `drop` counts it and forgets it (default "dead_letter")
---@field dead_letter? boolean|penstock.pipeline.dead_letter keep dead letters in the state directory; a table sets bounds (default true)
---@field script_time? string|number how long Lua may take for one batch before it is stopped (default "2s")
---@field script_memory? string|integer what a worker's Lua state may use (default "128MiB")

--- Declares a pipeline: sources, then stages, then sinks, in order; several sinks each get every event. Names are unique in a script; the named part of the table is the pipeline's options.
---@param name string
---@return fun(parts: penstock.pipeline)
function p.pipeline(name) end

---@class penstock.test
---@field pipeline? string the pipeline's name; may be left out when the script has one pipeline only
---@field input table events in: tables, or raw lines as the source would read them
---@field output table events expected out, in order: tables, or raw lines

--- A test case for `penstock test`: runs a pipeline's stages on events and compares what comes out. Nothing is read or sent.
---     p.test "keeps errors" {
---       pipeline = "edge-errors",
---       input = { { status = 200 }, '{"status":503}' },
---       output = { { status = 503 } },
---     }
---@param name string
---@return fun(parts: penstock.test)
function p.test(name) end

---@class penstock.source.file
---@field path string|string[] paths or globs (`*`, `?`, `[a-z]`, `**` for folders at any depth)
---@field exclude? string|string[] globs of paths that are left out; for instance `"*.tmp"`
---@field follow? boolean wait for more at a file's end, and for new files; false: read to the end and finish (default true)
---@field from? "beginning"|"end" where a file without a checkpoint begins that is there at the start; files that appear later are read whole (default "beginning")
---@field rescan? string|number how often new files and rotation are looked for (default "1s")
---@field compression? "auto"|"none"|"gzip"|"zlib"|"snappy"|"zstd"|"lz4" `auto` looks at a file's first bytes (default "auto")
---@field files_open_max? integer files open at a time; more are served in turn (default 512)
---@field fingerprint? string|integer how many first bytes, with device and inode, make a file's identity (default 256)
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Reads files: to their end, or for ever as they grow, over rotation, and from where it stopped.
---     p.source.file { path = "/var/log/edge/*.ndjson", format = "json" }
---@param options penstock.source.file
---@return penstock.Stage
function p.source.file(options) end

---@class penstock.source.stdin
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Reads standard input to its end.
---     p.source.stdin { format = "lines" }
---@param options? penstock.source.stdin
---@return penstock.Stage
function p.source.stdin(options) end

---@class penstock.source.generate
---@field template? string|string[] `access` (an edge's JSON access log), `nginx`, `syslog`, or a line or list of lines of your own (default "access")
---@field count? integer events in all; 0: without end (default 0)
---@field rate? number events a second; 0: as fast as they are taken (default 0)
---@field seed? integer the same seed makes the same events (default 1)
---@field max_event? string|integer a longer event goes to the dead letter (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how the bytes become events again; the default fits the template, `json` or `lines` for lines of your own
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Makes events, for demonstrations and load.
---     p.source.generate { count = 1000, template = "access", seed = 1 }
---@param options? penstock.source.generate
---@return penstock.Stage
function p.source.generate(options) end

---@class penstock.source.tcp.tls
---@field cert string file with the certificate and its chain
---@field key string|penstock.Secret file with the key, or the key itself as a secret
---@field client_ca? string file with certificate authorities: clients must show a certificate of theirs

---@class penstock.source.tcp
---@field listen string|string[] `address:port`, `[::1]:port`, `:port` (127.0.0.1), `0.0.0.0:port` (every interface); port 0 takes a free one and logs it
---@field connections_max? integer open at a time, for each worker and address; more are closed at once (default 10000)
---@field idle_timeout? string|number a connection that brings nothing for so long is closed; 0: never (default 0)
---@field tls? penstock.source.tcp.tls TLS 1.2 or later; files are PEM
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Listens for connections; each brings a stream of events. Best effort: TCP has no word for `it is safe now`.
---     p.source.tcp { listen = "127.0.0.1:5170", format = "json" }
---@param options penstock.source.tcp
---@return penstock.Stage
function p.source.tcp(options) end

---@class penstock.source.udp
---@field listen string|string[] `address:port`, `[::1]:port`, `:port` (127.0.0.1), `0.0.0.0:port` (every interface); port 0 takes a free one and logs it
---@field receive_buffer? string|integer what the kernel keeps of datagrams that are not read yet, as far as it allows; it drops what does not fit (default "4MiB")
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Listens for datagrams, each with one or more events. Best effort: what the kernel has no room for is dropped, counted and told.
---     p.source.udp { listen = "127.0.0.1:5171", format = "lines" }
---@param options penstock.source.udp
---@return penstock.Stage
function p.source.udp(options) end

---@class penstock.source.unix
---@field path string the socket's file: made at the start (one that nobody listens on is replaced), removed at the end
---@field type? "stream"|"datagram" connections, or datagrams with one or more events each (default "stream")
---@field connections_max? integer open at a time, for each worker and address; more are closed at once (default 10000)
---@field idle_timeout? string|number a connection that brings nothing for so long is closed; 0: never (default 0)
---@field receive_buffer? string|integer what the kernel keeps of datagrams that are not read yet, as far as it allows; it drops what does not fit (default "4MiB")
---@field mode? string permissions of the socket's file, in octal: who may write to it may send (default "0660")
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Listens on a Unix socket. Best effort: its senders are told nothing.
---     p.source.unix { path = "/run/penstock/events.sock", format = "json" }
---@param options penstock.source.unix
---@return penstock.Stage
function p.source.unix(options) end

---@class penstock.source.syslog.tls
---@field cert string file with the certificate and its chain
---@field key string|penstock.Secret file with the key, or the key itself as a secret
---@field client_ca? string file with certificate authorities: clients must show a certificate of theirs

---@class penstock.source.syslog
---@field listen? string|string[] `address:port`, `[::1]:port`, `:port` (127.0.0.1), `0.0.0.0:port` (every interface); port 0 takes a free one and logs it; `unix:/path`. The default is 127.0.0.1:514, with `tls` 127.0.0.1:6514; for instance `"127.0.0.1:514"`
---@field transport? string|string[] each address serves those that it can; `unix` are datagrams, as /dev/log takes them, and what a `unix:` address has by default. See RFC 5426, RFC 6587; with tls RFC 5425 (default "tcp")
---@field framing? "auto"|"octet_counting"|"newline" how messages are told apart on a connection; `auto`: by the first byte of each. See RFC 6587 (default "auto")
---@field connections_max? integer open at a time, for each worker and address; more are closed at once (default 10000)
---@field idle_timeout? string|number a connection that brings nothing for so long is closed; 0: never (default 0)
---@field tls? penstock.source.syslog.tls TLS 1.2 or later; files are PEM
---@field receive_buffer? string|integer what the kernel keeps of datagrams that are not read yet, as far as it allows; it drops what does not fit (default "4MiB")
---@field mode? string permissions of the socket's file, in octal: who may write to it may send (default "0660")
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came. See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (default "local")

--- Listens for syslog messages, RFC 5424 and RFC 3164. Best effort: syslog has no word for `it is safe now`.
---     p.source.syslog { listen = "127.0.0.1:5140", transport = { "tcp", "udp" } }
---@param options? penstock.source.syslog
---@return penstock.Stage
function p.source.syslog(options) end

---@class penstock.source.exec.backoff
---@field min? string|number after its first end (default "1s")
---@field max? string|number at most; the time doubles with each end, and is `min` again after a run as long as this (default "60s")

---@class penstock.source.exec
---@field command string|string[] the program and its arguments; no shell reads them. Its standard error goes to the log
---@field restart? boolean start it again when it ends; false: the source ends with it (default true)
---@field backoff? penstock.source.exec.backoff how long it is waited before the program is started again
---@field stop_timeout? string|number at the end of the run it gets SIGTERM, and after this time SIGKILL (default "5s")
---@field env? table<string, any> added to its environment: name = string or secret; for instance `{ LANG = "C" }`
---@field cwd? string the folder that it runs in; default: ours; for instance `"/var/lib/app"`
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Reads the output of a program, which is started again when it ends. Only with `--allow-exec PROGRAM` or `--unsafe`. Best effort: a program is told nothing.
---     p.source.exec { command = { "journalctl", "--follow", "--output=json" }, format = "json" }
---@param options penstock.source.exec
---@return penstock.Stage
function p.source.exec(options) end

---@class penstock.source.journald
---@field units? string|string[] only what these units wrote, or systemd about them; default: everything; for instance `{ "nginx", "ssh.service" }`
---@field since? string where reading begins without a checkpoint: `beginning`, `boot`, `now`, or so long ago, such as `1h` (default "boot")
---@field follow? boolean wait for more; false: read what is there and finish (default true)
---@field directory? string the folder with journal files; default: this machine's journal; for instance `"/var/log/journal/remote"`
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")

--- Reads the systemd journal, from where it stopped: each entry is an event with the journal's fields, and `timestamp`. Only in builds with libsystemd.
---     p.source.journald { units = "nginx", since = "boot" }
---@param options? penstock.source.journald
---@return penstock.Stage
function p.source.journald(options) end

---@class penstock.source.http.auth.basic
---@field user string|penstock.Secret without a colon
---@field password string|penstock.Secret the password

---@class penstock.source.http.auth.signed_url
---@field private_key string|penstock.Secret 6 to 18 letters and digits
---@field path? string the path that is signed; default: the request's

---@class penstock.source.http.auth
---@field bearer? string|penstock.Secret a token, in the header Authorization; 401 without it; for instance `p.secret "env:INGEST_TOKEN"`. See RFC 6750
---@field basic? penstock.source.http.auth.basic a user and a password; 401 without them. See RFC 7617
---@field signed_url? penstock.source.http.auth.signed_url urls signed by `auth_key=EXPIRY-RANDOM-MD5`, as an edge cloud's log delivery sends them; 403 when wrong or expired. See Alibaba Cloud ESA, real-time log delivery: server authentication

---@class penstock.source.http.tls
---@field cert string file with the certificate and its chain
---@field key string|penstock.Secret file with the key, or the key itself as a secret
---@field client_ca? string file with certificate authorities: clients must show a certificate of theirs

---@class penstock.source.http
---@field listen string|string[] `address:port`, `[::1]:port`, `:port` (127.0.0.1), `0.0.0.0:port` (every interface); port 0 takes a free one and logs it
---@field path? string the path that takes events; `/`: every path; for instance `"/v1/logs"` (default "/")
---@field auth? penstock.source.http.auth who may send: one of these
---@field max_body? string|integer of a request, inflated; 413 above it (default "16MiB")
---@field requests_max? integer that wait for their answer, on each worker; 503 above it (default 1000)
---@field requests_bytes? string|integer what their bodies may take, on each worker; 503 above it (default "64MiB")
---@field client_requests_max? integer of one IP address that wait for their answer, on each worker; 429 above it. 0: no bound of its own (default 0)
---@field connections_max? integer open at a time, for each worker and address, of 32 KiB memory each; more wait in the kernel (default 1024)
---@field timeout? string|number a connection on which nothing moves for so long is closed (default "60s")
---@field body_timeout? string|number a request whose body has not come whole after so long is answered 408, and its connection closed (default "2m")
---@field answer_timeout? string|number events that are not safe after this time are answered with 503, though they may arrive yet: sent again, they may be there twice (default "30s")
---@field retry_after? string|number what Retry-After says with 429 and 503 (default "5s")
---@field tls? penstock.source.http.tls TLS 1.2 or later; files are PEM
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "auto"|"json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" `auto`: by Content-Type, JSON (application/json, application/x-ndjson, anything in +json) or lines (text/plain); when that says nothing, a body that begins with `{` or `[` is JSON. Another one is that, whatever Content-Type says (default "auto")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Takes events over HTTP (POST or PUT): NDJSON, an array or an object in JSON, or lines of text, plain or compressed (Content-Encoding gzip, deflate, zstd, snappy). It answers 200 when the events are safe (delivered or spooled), 503 or 429 with Retry-After when they should come again later, and 4xx with the reason in JSON when they are no use.
---     p.source.http { listen = "127.0.0.1:8080", auth = { bearer = p.secret "env:INGEST_TOKEN" } }
---@param options penstock.source.http
---@return penstock.Stage
function p.source.http(options) end

---@class penstock.source.s3.credentials
---@field access_key_id? string|penstock.Secret the key pair's id; with secret_access_key. Without a pair: `profile`, or what AWS's tools would find (environment, web identity, shared files, container, instance metadata)
---@field secret_access_key? penstock.Secret the key pair's secret; for instance `p.secret "file:/run/secrets/s3"`
---@field session_token? penstock.Secret of temporary keys
---@field profile? string a profile of the shared files; default: AWS_PROFILE, or `default` where it is there
---@field credentials_file? string default: AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials
---@field config_file? string default: AWS_CONFIG_FILE, or ~/.aws/config
---@field role_arn? string a role to assume with these keys; for instance `"arn:aws:iam::111122223333:role/log-writer"`
---@field external_id? string what the role's trust policy asks for
---@field session_name? string the name of the role's session in the account's audit log (default "penstock")
---@field duration? string|number how long a session of the role lasts (default "1h")
---@field web_identity_token_file? string assume the role with the token in this file instead of keys; it is read anew each time
---@field sts_endpoint? string where roles are assumed; https, or http to this machine. Default: AWS STS of the region; for instance `"https://sts.eu-west-1.amazonaws.com"`
---@field sts_ca? string PEM authorities that are trusted there; default: the system's (those of `tls` are the store's alone)
---@field metadata_endpoint? string of the instance metadata service (version 2); default: AWS_EC2_METADATA_SERVICE_ENDPOINT, or http://169.254.169.254

---@class penstock.source.s3.tls
---@field ca? string authorities that are trusted; default: the system's
---@field cert? string our certificate (mTLS)
---@field key? string its key
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)

---@class penstock.source.s3
---@field bucket string the bucket's name; it must be there
---@field prefix? string how the keys of the objects begin; `logs/edge/`, with its slash, is one directory. Default: all of the bucket; for instance `"logs/edge/"`
---@field match? string|string[] globs of the keys that are read: without a slash of their last name, else of the whole key (`*`, `?`, `[a-z]`, `**` for directories at any depth). Default: all; for instance `"*.ndjson.gz"`
---@field exclude? string|string[] globs of keys that are left out; for instance `"*.txt"`
---@field start_after? string keys up to this one, in the order of their bytes, are left out; for instance `"logs/edge/2026/11/"`
---@field since? string objects last modified before are left out: a time (RFC 3339), or so long before the start, such as `24h`; for instance `"2026-11-01T00:00:00Z"`
---@field region? string the bucket's; default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1; for instance `"eu-west-1"`
---@field endpoint? string another store's URL, without bucket and path; default: AWS of the region; for instance `"https://store.example.com:9000"`
---@field addressing? "auto"|"virtual"|"path"|"domain" `virtual`: bucket.host/key; `path`: host/bucket/key; `domain`: the endpoint is the bucket's own name (CNAME); `auto`: virtual, but path for addresses, localhost and buckets with dots. See Amazon S3 user guide, Virtual hosting of buckets (default "auto")
---@field credentials? penstock.source.s3.credentials the keys that requests are signed with
---@field follow? boolean look for new objects for ever; false: read what is there and finish (default true)
---@field poll? string|number how often new objects are looked for, leaving out long stretches of keys that are read and old (default "60s")
---@field poll_all? string|number how often among all keys. Each 1,000 keys are one request (default "1h")
---@field lookback? string|number how long after its time an object may appear and still be seen (AWS dates an upload in parts by its beginning, a replica by its original). What was read is remembered for so long, up to a million objects (default "1d")
---@field compression? "auto"|"none"|"gzip"|"zlib"|"snappy"|"zstd"|"lz4" `auto`: by each object's first bytes, Content-Encoding and the ending of its key; `snappy` is the framing format or a block (default "auto")
---@field concurrency? integer objects read at a time, on each worker (default 4)
---@field piece? string|integer of an object in one request (a range); two of them for each object are in memory (default "4MiB")
---@field timeout? string|number of a request in which not a byte moves; one that moves has an hour (default "60s")
---@field tls? penstock.source.s3.tls PEM files for https
---@field connect_timeout? string|number of connecting: name look-up, TCP, TLS (default "10s")
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Reads the objects of a bucket of AWS S3, or of a store that speaks its protocol, each once, and new ones as they come; from where it stopped. gzip, zlib, zstd, snappy and lz4 are told by themselves. Objects may appear anywhere among the keys. The key needs s3:ListBucket and s3:GetObject. Requester Pays buckets are not read.
---     p.source.s3 { bucket = "edge-logs", region = "eu-west-1", prefix = "logs/edge/", format = "json" }
---@param options penstock.source.s3
---@return penstock.Stage
function p.source.s3(options) end

---@class penstock.source.oss.credentials
---@field access_key_id? string|penstock.Secret the key pair's id; with access_key_secret. Without a pair: OSS_ACCESS_KEY_ID and its like of the environment, ALIBABA_CLOUD_ACCESS_KEY_ID and its like, or the role of the ECS instance
---@field access_key_secret? penstock.Secret the key pair's secret; for instance `p.secret "env:OSS_SECRET"`
---@field security_token? penstock.Secret of temporary keys
---@field role_arn? string a role to assume with these keys; for instance `"acs:ram::1234567890:role/log-writer"`
---@field external_id? string what the role's trust policy asks for
---@field session_name? string the name of the role's session in the account's audit log (default "penstock")
---@field duration? string|number how long a session of the role lasts (default "1h")
---@field sts_endpoint? string where roles are assumed; https, or http to this machine. See Alibaba Cloud STS, AssumeRole (default "https://sts.aliyuncs.com")
---@field sts_ca? string PEM authorities that are trusted there; default: the system's (those of `tls` are the store's alone)
---@field metadata_endpoint? string of the ECS instance's metadata service (default "http://100.100.100.200")

---@class penstock.source.oss.tls
---@field ca? string authorities that are trusted; default: the system's
---@field cert? string our certificate (mTLS)
---@field key? string its key
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)

---@class penstock.source.oss
---@field bucket string the bucket's name; it must be there
---@field prefix? string how the keys of the objects begin; `logs/edge/`, with its slash, is one directory. Default: all of the bucket; for instance `"logs/edge/"`
---@field match? string|string[] globs of the keys that are read: without a slash of their last name, else of the whole key (`*`, `?`, `[a-z]`, `**` for directories at any depth). Default: all; for instance `"*.ndjson.gz"`
---@field exclude? string|string[] globs of keys that are left out; for instance `"*.txt"`
---@field start_after? string keys up to this one, in the order of their bytes, are left out; for instance `"logs/edge/2026/11/"`
---@field since? string objects last modified before are left out: a time (RFC 3339), or so long before the start, such as `24h`; for instance `"2026-11-01T00:00:00Z"`
---@field region? string the bucket's, without `oss-`; default: that of the endpoint; for instance `"cn-hangzhou"`
---@field endpoint? string default: the public one of the region; for instance `"https://oss-cn-hangzhou-internal.aliyuncs.com"`
---@field addressing? "auto"|"virtual"|"path"|"domain" `virtual`: bucket.host/key; `domain`: the endpoint is the bucket's own name (CNAME), as buckets of newer accounts in mainland China need it; `path` only for tests (default "auto")
---@field signature? "v4"|"v1" `v1` only for stores that do not know `v4`. See Alibaba Cloud OSS, Include signatures in the Authorization header (default "v4")
---@field credentials? penstock.source.oss.credentials the keys that requests are signed with
---@field follow? boolean look for new objects for ever; false: read what is there and finish (default true)
---@field poll? string|number how often new objects are looked for, leaving out long stretches of keys that are read and old (default "60s")
---@field poll_all? string|number how often among all keys. Each 1,000 keys are one request (default "1h")
---@field lookback? string|number how long after its time an object may appear and still be seen (AWS dates an upload in parts by its beginning, a replica by its original). What was read is remembered for so long, up to a million objects (default "1d")
---@field compression? "auto"|"none"|"gzip"|"zlib"|"snappy"|"zstd"|"lz4" `auto`: by each object's first bytes, Content-Encoding and the ending of its key; `snappy` is the framing format or a block (default "auto")
---@field concurrency? integer objects read at a time, on each worker (default 4)
---@field piece? string|integer of an object in one request (a range); two of them for each object are in memory (default "4MiB")
---@field timeout? string|number of a request in which not a byte moves; one that moves has an hour (default "60s")
---@field tls? penstock.source.oss.tls PEM files for https
---@field connect_timeout? string|number of connecting: name look-up, TCP, TLS (default "10s")
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Reads the objects of a bucket of Alibaba Cloud OSS, by its own protocol, each once, and new ones as they come; from where it stopped. gzip, zlib, zstd, snappy and lz4 are told by themselves. Objects may appear anywhere among the keys. The key needs oss:ListObjects and oss:GetObject.
---     p.source.oss { bucket = "edge-logs", region = "cn-hangzhou", prefix = "logs/", credentials = { access_key_id = "LTAI...", access_key_secret = p.secret "env:OSS_SECRET" } }
---@param options penstock.source.oss
---@return penstock.Stage
function p.source.oss(options) end

---@class penstock.source.kafka.sasl
---@field mechanism? "PLAIN"|"SCRAM-SHA-256"|"SCRAM-SHA-512" how the password is shown; with PLAIN everybody on the way can read it unless there is TLS. See RFC 4616, RFC 5802 (default "PLAIN")
---@field user string the user's name
---@field password string|penstock.Secret its password

---@class penstock.source.kafka.tls
---@field ca? string file with the authorities that are trusted; default: the system's
---@field cert? string file with our certificate (mTLS)
---@field key? string|penstock.Secret file with its key, or the key itself as a secret
---@field key_password? string|penstock.Secret of an encrypted key
---@field verify? boolean check the brokers' certificates; false: only for tests (default true)
---@field verify_name? boolean check that a certificate is for the broker's name (default true)

---@class penstock.source.kafka
---@field topic string|string[] topics; one that begins with `^` is a pattern for all topics whose name it finds
---@field group string the consumer group: who has the same shares the partitions, who has another gets all of them
---@field start? string where a partition begins that the group has no position for: `earliest`, `latest`, a time (RFC 3339), or so long ago. `latest` misses what comes to a new partition before it is found; for instance `"1h"` (default "earliest")
---@field follow? boolean wait for more; false: share with nobody, read every partition from the group's position to where it ended at the start, and finish (default true)
---@field metadata? string the field that gets what is known of an event's message: an object with topic, partition, offset, timestamp (ms since 1970), key and headers; default: none; for instance `"kafka"`
---@field instance_id? string static membership: a process that comes back within session_timeout under the same name gets its partitions back without a rebalance. Unique for each process; for instance `p.param "NODE"`. See KIP-345
---@field prefetch? string|integer what a worker fetches ahead, also while sinks take nothing; at most 100,000 messages (default "16MiB")
---@field commit_interval? string|number how often positions are committed; they are when a partition goes elsewhere and at the end too (default "1s")
---@field session_timeout? string|number a process that is not heard of for so long loses its partitions to others (default "45s")
---@field handover_timeout? string|number how long a partition that goes to another member waits until its events under way are acked; what is not by then comes again there (default "10s")
---@field read_uncommitted? boolean read messages of transactions that are not committed, or never will be (default false)
---@field max_event? string|integer a longer event goes to the dead letter, cut to this length (default "1MiB")
---@field brokers string|string[] `host:port` of some of the brokers, comma separated or as a list; the others are learnt from them. Without a port: 9092
---@field sasl? penstock.source.kafka.sasl who we are
---@field tls? penstock.source.kafka.tls TLS; `{}` for its defaults. Files are PEM
---@field client_id? string how the brokers' logs, metrics and quotas call us (default "penstock")
---@field properties? table<string, any> librdkafka's own properties, those of its manual, for what has no option here; refused are those that an option decides, and what loads or runs code or writes files; for instance `{ ["socket.timeout.ms"] = 30000 }`. See librdkafka, CONFIGURATION.md
---@field format? "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array (default "json")
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Reads topics of Kafka as a member of a consumer group: N processes with one script share the partitions, and so do the workers of a process. The group's positions move when events are acked; `--state` is not needed for them. A message is one event, or a line or a document each. Messages without a value are no events.
---     p.source.kafka { brokers = "kafka-1:9092,kafka-2:9092", topic = "edge-logs", group = "penstock", metadata = "kafka" }
---@param options penstock.source.kafka
---@return penstock.Stage
function p.source.kafka(options) end

---@class penstock.stage.filter
---@field expression penstock.Filter text in the filter language; `{ all = { { "status", ">=", 500 }, ... } }`, `any`, nested; or `function(event) return ... end`

--- Keeps the events that a condition holds for.
---     p.filter "EdgeResponseStatusCode >= 500 and not ClientRequestPath starts_with '/health'"
---@param options penstock.Filter
---@return penstock.Stage
function p.filter(options) end

---@class penstock.stage.sample
---@field rate number the share that stays
---@field key? string path of a field: its value decides, so events with the same value stay or go together
---@field seed? integer the same seed makes the same choice again
---@field add_rate? string field that the rate is written to, so that counts can be scaled back; a rate that is there already is multiplied; for instance `"sample_rate"`

--- Keeps a share of the events; with `key`, events of one key stay or go together.
---     p.sample { rate = 0.1, key = "ClientIP" }
---@param options number|penstock.stage.sample
---@return penstock.Stage
function p.sample(options) end

---@class penstock.stage.fields
---@field names string|string[] paths of the fields that stay

--- Keeps the named fields only, in this order.
---     p.fields { "EdgeStartTimestamp", "ClientIP", "request.headers.host" }
---@param options string|string[]|penstock.stage.fields
---@return penstock.Stage
function p.fields(options) end

---@class penstock.stage.custom_fields.from
---@field request_headers? string path of the request headers (default "RequestHeaders")
---@field response_headers? string path of the response headers (default "ResponseHeaders")
---@field cookies? string path of the cookies (default "Cookies")

---@class penstock.stage.custom_fields
---@field request_headers? string|string[] names of request headers, whatever their case
---@field response_headers? string|string[] names of response headers, whatever their case
---@field cookies? string|string[] names of cookies
---@field from? penstock.stage.custom_fields.from the fields that hold the headers and cookies
---@field into? string the field that the values are written to (default "CustomFields")

--- Collects named headers and cookies of the request and response into one object field. It takes them as the event came with them and stages have changed them, also behind a `fields` that does not keep them; an object that is there already is added to.
---     p.custom_fields { request_headers = { "X-Request-Id" }, cookies = { "session" } }
---@param options? penstock.stage.custom_fields
---@return penstock.Stage
function p.custom_fields(options) end

---@class penstock.stage.transform
---@field ["function"] fun(event: penstock.Event): boolean|table[]|nil called with each event; what it keeps in upvalues lives once per worker
---@field reads? string|string[] paths of the fields that it reads; without it they are learnt while it runs

--- Changes events with a Lua function. It returns nothing (the event stays, as changed), `false` (it goes), or a list of tables (these instead).
---     p.transform (function(event) event.slow = event.ms > 500 end)
---@param options fun(event: penstock.Event): boolean|table[]|nil|penstock.stage.transform
---@return penstock.Stage
function p.transform(options) end

---@class penstock.stage.parse
---@field field? string path of the field that holds the text (default "message")
---@field prefix? string what the names of the new fields begin with; for instance `"http."`
---@field remove? boolean remove `field` when it could be parsed (default false)
---@field on_error? "dead_letter"|"keep"|"drop" what becomes of an event whose text cannot be parsed; `keep`: it goes on unchanged; `drop`: it is filtered out (default "dead_letter")
---@field format "json"|"lines"|"nginx"|"apache"|"syslog"|"csv"|"logfmt"|"regex"|"cef" how bytes become events; `json` is one object a line, or the elements of an array
---@field log_format? string `combined`, `common`, `vhost`, or the format string of the server's configuration (format "nginx" or "apache"). See nginx ngx_http_log_module, Apache mod_log_config (default "combined")
---@field unescape? boolean undo `\xHH`, `\"` and the C escapes where that gives UTF-8; false: values stay as they were written (format "nginx" or "apache") (default true)
---@field timestamps? "keep"|"rfc3339" `rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came (format "syslog"). See RFC 3164, RFC 5424 (default "keep")
---@field zone? string what a time without zone means: `local`, `utc` or `+hh:mm` (format "syslog") (default "local")
---@field columns? string|string[] names of the fields, in order; without it the first record of each stream names them (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean the first record is a header; the default is true without `columns`, false with them (format "csv")
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field quote? string one byte around fields; `""`: none (format "csv") (default "\"")
---@field strict? boolean refuse records with too few fields, text after a closing quote, and quotes within bare fields (format "csv") (default false)
---@field pattern? string RE2 pattern with named groups, `(?<name>...)`: the names are the fields (format "regex"); for instance `"^(?<level>\\w+) (?<message>.*)$"`. See https://github.com/google/re2/wiki/Syntax

--- Parses the text of one field and adds the fields that are in it.
---     p.parse { field = "message", format = "logfmt" }
---@param options penstock.stage.parse
---@return penstock.Stage
function p.parse(options) end

---@class penstock.stage.set
---@field values table<string, any> `path = value` pairs; values are strings, numbers, booleans, `p.null`, lists and tables

--- Writes constant values into fields.
---     p.set { service = "edge", ["host.region"] = "eu", debug = p.null }
---@param options table<string, any>
---@return penstock.Stage
function p.set(options) end

---@class penstock.stage.remove
---@field names string|string[] paths of the fields that go

--- Removes fields.
---     p.remove { "Cookies", "request.headers.authorization" }
---@param options string|string[]|penstock.stage.remove
---@return penstock.Stage
function p.remove(options) end

---@class penstock.stage.rename
---@field names table<string, string> `old = "new"` pairs of paths

--- Gives fields other names; the fields keep their places and values.
---     p.rename { ClientIP = "client_ip" }
---@param options table<string, string>
---@return penstock.Stage
function p.rename(options) end

---@class penstock.stage.redact
---@field fields? string|string[] paths of the fields to look into; without it: every string value. With neither kinds nor patterns the whole values go
---@field kinds? string|string[] what is known by name; `card` numbers are checked by their Luhn digit
---@field patterns? string|string[] RE2 patterns; what they match is replaced. See https://github.com/google/re2/wiki/Syntax
---@field mode? "mask"|"hash" `mask`: write `mask` instead; `hash`: a keyed hash, the same for the same text (default "mask")
---@field mask? string what stands instead, in mode `mask` (default "[redacted]")
---@field key? string|penstock.Secret the key of mode `hash`; for instance `p.secret "env:REDACT_KEY"`

--- Removes secrets and personal data from string values before anything after it sees them.
---     p.redact { kinds = { "email", "card" }, patterns = { "token=\\w+" } }
---@param options? penstock.stage.redact
---@return penstock.Stage
function p.redact(options) end

--- Sends events different ways: each goes to the first branch whose condition holds for it, or to `otherwise`. Without `otherwise` an event that no branch takes is filtered out. Ends its pipeline: each branch ends in its own sinks.
---     p.route {
---       { "status >= 500", p.sink.file { path = "errors.ndjson" } },
---       otherwise = { p.sample (0.01), p.sink.file { path = "rest.ndjson" } },
---     }
---@param branches table
---@return penstock.Stage
function p.route(branches) end

---@class penstock.sink.stdout
---@field linger? string|number how long events wait for more; on a terminal they do not (default "100ms")
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)

--- Writes events to standard output.
---     p.sink.stdout {}
---@param options? penstock.sink.stdout
---@return penstock.Stage
function p.sink.stdout(options) end

---@class penstock.sink.file.rotate
---@field size? string|integer at this size; 0: whatever the size; for instance `"100MiB"` (default 0)
---@field every? string|number at this age; 0: whatever the age; for instance `"1h"` (default 0)

---@class penstock.sink.file.batch
---@field bytes? string|integer encoded bytes, before compression (default "1MiB")

---@class penstock.sink.file
---@field path string the file; `{yyyy} {MM} {dd} {HH} {mm}` are the time of writing, in UTC, `{pipeline} {host} {worker}` who writes
---@field compression? "none"|"gzip"|"zlib"|"snappy"|"zstd"|"lz4" each batch is compressed on its own and appended (default "none")
---@field compression_level? integer default: the codec's own; each codec has its range
---@field rotate? penstock.sink.file.rotate when a new file is begun; without it: never
---@field batch? penstock.sink.file.batch what is written at once
---@field linger? string|number how long a batch that is not full waits for more events (default "1s")
---@field fsync? "auto"|true|false sync to disk before events are acked; `auto`: when somebody moves a position by that (default "auto")
---@field mode? string permissions of new files, in octal (default "0644")
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)

--- Writes events to files: named by time, rotated by an atomic rename, synced before they are acked.
---     p.sink.file { path = "/data/{yyyy}/{MM}/{dd}/edge.ndjson.gz", compression = "gzip", rotate = { size = "100MiB", every = "1h" } }
---@param options penstock.sink.file
---@return penstock.Stage
function p.sink.file(options) end

---@class penstock.sink.blackhole
---@field encode? boolean encode the events all the same (default false)

--- Takes events and does nothing with them, for measurements.
---     p.sink.blackhole {}
---@param options? penstock.sink.blackhole
---@return penstock.Stage
function p.sink.blackhole(options) end

---@class penstock.sink.http.signed_url
---@field private_key? string|penstock.Secret must be given: 6 to 18 letters and digits; for instance `p.secret "env:LOG_KEY"`
---@field expires? string|number how long a signature holds; 300s or more is advised (default "300s")
---@field path? string the path that is signed; default: the url's; for instance `"/v1/log/upload"`

---@class penstock.sink.http.auth.basic
---@field user? string|penstock.Secret without a colon
---@field password? string|penstock.Secret the password; for instance `p.secret "file:/run/secrets/log"`

---@class penstock.sink.http.auth
---@field bearer? string|penstock.Secret a token; for instance `p.secret "env:LOG_TOKEN"`. See RFC 6750
---@field basic? penstock.sink.http.auth.basic a user and a password. See RFC 7617

---@class penstock.sink.http.tls
---@field ca? string authorities that are trusted; default: the system's
---@field cert? string our certificate (mTLS)
---@field key? string its key
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)

---@class penstock.sink.http.success
---@field status? table these statuses; default: every 2xx; for instance `{ 200, 204 }`
---@field body_key? string and this value in the JSON body, its path written with dots; for instance `"err_code"`. See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field body_value? string|number|boolean is this one; else the request is tried again (looked for in the answer's first 4 MiB); for instance `0`

---@class penstock.sink.http.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "1MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.http.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.http.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 64MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.http
---@field url string where requests go, http or https; redirects are not followed. Proxies are those of the environment (`https_proxy`, `http_proxy`, `no_proxy`). See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field method? "POST"|"PUT" the request's method (default "POST")
---@field compression? "none"|"gzip"|"zlib"|"snappy"|"snappy_framed"|"zstd" of the body, told by Content-Encoding: `gzip`; `zlib` is `deflate`; `snappy` is the raw block, as Prometheus' receivers and most others expect; `snappy_framed` is `x-snappy-framed`; `zstd`. See RFC 9110 section 8.4.1 (default "none")
---@field compression_level? integer default: the codec's own; each codec has its range
---@field body_prefix? string put before the body, as it is written. See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field body_suffix? string put behind the body, as it is written. See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field separator? string between entries; default: a line end. `\n`, `\r`, `\t`, `\0` and `\\` may be written out (format "ndjson", "raw" or "logfmt"); for instance `"\\n"`. See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field last_separator? boolean a separator ends the last entry too; default: true (format "ndjson", "raw" or "logfmt"). See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field headers? table<string, any> headers of each request: name = string or secret; for instance `{ ["X-Team"] = "edge" }`. See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field params? table<string, any> parameters added to the url: name = string or secret; they are percent-encoded here; for instance `{ token = p.secret "env:LOG_TOKEN" }`. See Alibaba Cloud ESA, real-time log delivery to an HTTP server
---@field signed_url? penstock.sink.http.signed_url sign each request's url: `auth_key=EXPIRY-RANDOM-MD5`. See Alibaba Cloud ESA, real-time log delivery to an HTTP server, server authentication
---@field auth? penstock.sink.http.auth who we are, in the header Authorization: one of these
---@field tls? penstock.sink.http.tls PEM files for https
---@field timeout? string|number of a whole request (default "30s")
---@field connect_timeout? string|number of connecting: name look-up, TCP, TLS (default "10s")
---@field success? penstock.sink.http.success which answers mean that the events are delivered
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)
---@field batch? penstock.sink.http.batch what is sent at once: a batch is closed at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "500ms")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 8)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.http.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.http.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Sends events to an HTTP server, a batch in each request. 2xx delivers; 408, 421, 423, 424, 425, 429 and 5xx are tried again (Retry-After is honoured); 400, 409, 413 and 422 halve the batch until the events that the server refuses stand alone, which go to the dead letter; 3xx and every other 4xx pause the sink until somebody has mended what is wrong. Each request has its batch's id in the header X-Penstock-Batch, the same when it is tried again.
---     p.sink.http { url = "https://logs.example.com/ingest", compression = "gzip", auth = { bearer = p.secret "env:LOG_TOKEN" } }
---@param options penstock.sink.http
---@return penstock.Stage
function p.sink.http(options) end

---@class penstock.sink.tcp.tls
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)
---@field ca? string file with the authorities that are trusted; default: the system's
---@field cert? string file with our certificate (mTLS)
---@field key? string|penstock.Secret file with its key, or the key itself as a secret
---@field server_name? string name that is asked for and that the certificate must have; default: the host of `address`

---@class penstock.sink.tcp.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "1MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.tcp.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.tcp.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 64MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.tcp
---@field address string `host:port`, `[::1]:port`, `unix:/path`
---@field tls? penstock.sink.tcp.tls TLS 1.2 or later; `{}` for its defaults. Files are PEM
---@field connect_timeout? string|number of connecting: name look-up and TCP (default "10s")
---@field timeout? string|number without any progress; a slow receiver may take as long as it likes (default "30s")
---@field format? "ndjson"|"raw"|"logfmt"|"csv" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)
---@field batch? penstock.sink.tcp.batch what is sent at once: a batch is closed at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "500ms")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 1)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.tcp.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.tcp.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Sends events over a connection. Best effort, for TCP has no answer: delivered means that the other machine has acknowledged every byte and the connection still stands; what the program there had not read is lost if it is killed. After a cut the batch is sent again, whole.
---     p.sink.tcp { address = "logs.example.com:6514", format = "ndjson", tls = {} }
---@param options penstock.sink.tcp
---@return penstock.Stage
function p.sink.tcp(options) end

---@class penstock.sink.syslog.tls
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)
---@field ca? string file with the authorities that are trusted; default: the system's
---@field cert? string file with our certificate (mTLS)
---@field key? string|penstock.Secret file with its key, or the key itself as a secret
---@field server_name? string name that is asked for and that the certificate must have; default: the host of `address`

---@class penstock.sink.syslog.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "1MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.syslog.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.syslog.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 64MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.syslog
---@field address string `host:port`, `[::1]:port`, `unix:/path`
---@field transport? "tcp"|"tls"|"udp" `udp` are datagrams, also on a Unix socket such as /dev/log. See RFC 5425, RFC 5426, RFC 6587 (default "tcp")
---@field framing? "octet_counting"|"newline" how messages are told apart on a connection; with `newline`, a line end within a message becomes a space. See RFC 6587 (default "octet_counting")
---@field facility? string of events whose field `facility` (a name or number) says none (default "user")
---@field severity? string of events whose fields `severity` and `level` (a name or number) say none (default "notice")
---@field hostname? string of events without a field `hostname`; default: this machine's
---@field app_name? string of events without a field `app_name` (default "penstock")
---@field body? "auto"|"message"|"json" `message`: the field; `json`: the whole event; `auto`: the field, and the whole event when it has none (default "auto")
---@field fields? table<string, string> paths of the fields that the parts of a message come from: facility, severity, timestamp, hostname, app_name, proc_id, msg_id, structured_data, message; default: fields of these names; for instance `{ hostname = "host.name", message = "msg" }`
---@field tls? penstock.sink.syslog.tls TLS 1.2 or later; `{}` for its defaults. Files are PEM
---@field connect_timeout? string|number of connecting: name look-up and TCP (default "10s")
---@field timeout? string|number without any progress; a slow receiver may take as long as it likes (default "30s")
---@field batch? penstock.sink.syslog.batch what is sent at once: a batch is closed at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "500ms")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 1)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.syslog.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.syslog.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Sends events as syslog messages (RFC 5424). Best effort, for syslog has no answer: over connections as p.sink.tcp says, over udp less.
---     p.sink.syslog { address = "logs.example.com:6514", transport = "tls", app_name = "edge" }
---@param options penstock.sink.syslog
---@return penstock.Stage
function p.sink.syslog(options) end

---@class penstock.sink.s3.credentials
---@field access_key_id? string|penstock.Secret the key pair's id; with secret_access_key. Without a pair: `profile`, or what AWS's tools would find (environment, web identity, shared files, container, instance metadata)
---@field secret_access_key? penstock.Secret the key pair's secret; for instance `p.secret "file:/run/secrets/s3"`
---@field session_token? penstock.Secret of temporary keys
---@field profile? string a profile of the shared files; default: AWS_PROFILE, or `default` where it is there
---@field credentials_file? string default: AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials
---@field config_file? string default: AWS_CONFIG_FILE, or ~/.aws/config
---@field role_arn? string a role to assume with these keys; for instance `"arn:aws:iam::111122223333:role/log-writer"`
---@field external_id? string what the role's trust policy asks for
---@field session_name? string the name of the role's session in the account's audit log (default "penstock")
---@field duration? string|number how long a session of the role lasts (default "1h")
---@field web_identity_token_file? string assume the role with the token in this file instead of keys; it is read anew each time
---@field sts_endpoint? string where roles are assumed; https, or http to this machine. Default: AWS STS of the region; for instance `"https://sts.eu-west-1.amazonaws.com"`
---@field sts_ca? string PEM authorities that are trusted there; default: the system's (those of `tls` are the store's alone)
---@field metadata_endpoint? string of the instance metadata service (version 2); default: AWS_EC2_METADATA_SERVICE_ENDPOINT, or http://169.254.169.254

---@class penstock.sink.s3.encryption
---@field type? "AES256"|"kms" with the store's own keys, or with its key management service
---@field key_id? string with kms: which key; default: the account's

---@class penstock.sink.s3.multipart
---@field above? string|integer larger objects go in parts (default "64MiB")
---@field part? string|integer of this size (the last one is smaller) (default "8MiB")
---@field at_once? integer so many of an object at a time (default 4)

---@class penstock.sink.s3.tls
---@field ca? string authorities that are trusted; default: the system's
---@field cert? string our certificate (mTLS)
---@field key? string its key
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)

---@class penstock.sink.s3.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "64MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.s3.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.s3.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 256MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.s3
---@field bucket string the bucket's name; it must be there
---@field prefix? string the directory that objects are put into; `key` goes below it; for instance `"logs/edge"`
---@field key? string the object's name, at most 1,024 bytes with the prefix: `{yyyy} {MM} {dd} {HH} {mm}` and `{first_time}` (20261121T100205Z) are when the batch was begun, or when its first event happened (`time_field`), in UTC; `{id}` is the batch's own; `{hash}` of its bytes; `{pipeline} {host} {worker}` who writes; `{extension}` such as ndjson.gz. It needs `{id}` or `{hash}` (then batches of the same bytes are one object). A retry makes the same key, so never a second object: also after a restart, as long as the template, the prefix and what it names of the writer (`{host}`, `{worker}`) are the same (default "{yyyy}/{MM}/{dd}/{HH}/{pipeline}-{first_time}-{id}.{extensio...")
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)
---@field time_field? string the field that says when an event happened, RFC 3339 or a number since 1970: the first event's dates the key; without it, or where it is no time, the batch's beginning does (format "ndjson" or "json_array"); for instance `"EdgeStartTimestamp"`
---@field region? string the bucket's; default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1; for instance `"eu-west-1"`
---@field endpoint? string another store's URL, without bucket and path; default: AWS of the region; for instance `"https://store.example.com:9000"`
---@field addressing? "auto"|"virtual"|"path"|"domain" `virtual`: bucket.host/key; `path`: host/bucket/key; `domain`: the endpoint is the bucket's own name (CNAME); `auto`: virtual, but path for addresses, localhost and buckets with dots. See Amazon S3 user guide, Virtual hosting of buckets (default "auto")
---@field verify_ownership? boolean send nothing before somebody proved to own the bucket: `penstock destination verify` writes a token there, and takes it back. Until then the sink is paused and loses nothing; another endpoint, bucket or directory is to be verified anew (default false)
---@field sign_body? boolean put the body's SHA-256 into the signature; default: only without TLS, where a checksum alone would protect nobody
---@field credentials? penstock.sink.s3.credentials the keys that requests are signed with
---@field compression? "none"|"gzip"|"zstd"|"snappy" of each object, told by Content-Encoding and the extension; `snappy` is the framing format (default "gzip")
---@field compression_level? integer default: the codec's own; each codec has its range
---@field encryption? penstock.sink.s3.encryption how the store encrypts the objects; without it: as the bucket says. See Amazon S3 user guide, Protecting data with server-side encryption
---@field storage_class? string default: the bucket's; for instance `"STANDARD_IA"`
---@field only_if_absent? boolean a retry writes nothing when its object is there already; left out by itself at stores that do not know it (default true)
---@field checksum? "auto"|"md5"|"crc32c"|"none" what the store compares with the body that arrived: `md5` sends Content-MD5; `crc32c` sends x-amz-checksum-crc32c, which AWS and newer stores know, at next to no cost; `auto`: none beside the SHA-256 of a signed body, else crc32c to AWS and md5 to other stores (a bucket with Object Lock at another store over http: set `md5`) (default "auto")
---@field multipart? penstock.sink.s3.multipart how large objects are uploaded
---@field timeout? string|number of a request in which not a byte moves; one that moves has an hour (default "60s")
---@field tls? penstock.sink.s3.tls PEM files for https
---@field connect_timeout? string|number of connecting: name look-up, TCP, TLS (default "10s")
---@field batch? penstock.sink.s3.batch when an object is closed: at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "5m")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 4)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.s3.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.s3.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Puts events into a bucket of AWS S3, or of a store that speaks its protocol: each batch becomes one object, closed by size, count or age. A retry writes the same object again, also after a restart, so nothing is there twice. Large objects go in parts; they appear whole or not at all, and what a crash left unfinished is aborted at the next start (with --state). The key may need s3:PutObject and s3:AbortMultipartUpload. Requester Pays buckets are not written to.
---     p.sink.s3 { bucket = "edge-logs", region = "eu-west-1", prefix = "logs/edge", encryption = { type = "AES256" } }
---@param options penstock.sink.s3
---@return penstock.Stage
function p.sink.s3(options) end

---@class penstock.sink.oss.credentials
---@field access_key_id? string|penstock.Secret the key pair's id; with access_key_secret. Without a pair: OSS_ACCESS_KEY_ID and its like of the environment, ALIBABA_CLOUD_ACCESS_KEY_ID and its like, or the role of the ECS instance
---@field access_key_secret? penstock.Secret the key pair's secret; for instance `p.secret "env:OSS_SECRET"`
---@field security_token? penstock.Secret of temporary keys
---@field role_arn? string a role to assume with these keys; for instance `"acs:ram::1234567890:role/log-writer"`
---@field external_id? string what the role's trust policy asks for
---@field session_name? string the name of the role's session in the account's audit log (default "penstock")
---@field duration? string|number how long a session of the role lasts (default "1h")
---@field sts_endpoint? string where roles are assumed; https, or http to this machine. See Alibaba Cloud STS, AssumeRole (default "https://sts.aliyuncs.com")
---@field sts_ca? string PEM authorities that are trusted there; default: the system's (those of `tls` are the store's alone)
---@field metadata_endpoint? string of the ECS instance's metadata service (default "http://100.100.100.200")

---@class penstock.sink.oss.encryption
---@field type? "AES256"|"kms" with the store's own keys, or with its key management service
---@field key_id? string with kms: which key; default: the account's

---@class penstock.sink.oss.multipart
---@field above? string|integer larger objects go in parts (default "64MiB")
---@field part? string|integer of this size (the last one is smaller) (default "8MiB")
---@field at_once? integer so many of an object at a time (default 4)

---@class penstock.sink.oss.tls
---@field ca? string authorities that are trusted; default: the system's
---@field cert? string our certificate (mTLS)
---@field key? string its key
---@field verify? boolean check the server's certificate and name; false: only for tests (default true)

---@class penstock.sink.oss.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "64MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.oss.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.oss.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 256MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.oss
---@field bucket string the bucket's name; it must be there
---@field prefix? string the directory that objects are put into; `key` goes below it; for instance `"logs/edge"`
---@field key? string the object's name, at most 1,024 bytes with the prefix: `{yyyy} {MM} {dd} {HH} {mm}` and `{first_time}` (20261121T100205Z) are when the batch was begun, or when its first event happened (`time_field`), in UTC; `{id}` is the batch's own; `{hash}` of its bytes; `{pipeline} {host} {worker}` who writes; `{extension}` such as ndjson.gz. It needs `{id}` or `{hash}` (then batches of the same bytes are one object). A retry makes the same key, so never a second object: also after a restart, as long as the template, the prefix and what it names of the writer (`{host}`, `{worker}`) are the same (default "{yyyy}/{MM}/{dd}/{HH}/{pipeline}-{first_time}-{id}.{extensio...")
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)
---@field time_field? string the field that says when an event happened, RFC 3339 or a number since 1970: the first event's dates the key; without it, or where it is no time, the batch's beginning does (format "ndjson" or "json_array"); for instance `"EdgeStartTimestamp"`
---@field region? string the bucket's, without `oss-`; default: that of the endpoint; for instance `"cn-hangzhou"`
---@field endpoint? string default: the public one of the region; for instance `"https://oss-cn-hangzhou-internal.aliyuncs.com"`
---@field addressing? "auto"|"virtual"|"path"|"domain" `virtual`: bucket.host/key; `domain`: the endpoint is the bucket's own name (CNAME), as buckets of newer accounts in mainland China need it; `path` only for tests (default "auto")
---@field signature? "v4"|"v1" `v1` only for stores that do not know `v4`. See Alibaba Cloud OSS, Include signatures in the Authorization header (default "v4")
---@field credentials? penstock.sink.oss.credentials the keys that requests are signed with
---@field compression? "none"|"gzip"|"zstd"|"snappy" of each object, told by Content-Encoding and the extension; `snappy` is the framing format (default "gzip")
---@field compression_level? integer default: the codec's own; each codec has its range
---@field encryption? penstock.sink.oss.encryption how the store encrypts the objects; without it: as the bucket says. See Alibaba Cloud OSS, Server-side encryption
---@field storage_class? string default: the bucket's; for instance `"IA"`
---@field only_if_absent? boolean a retry writes nothing when its object is there already; left out by itself at stores that do not know it (default true)
---@field checksum? "auto"|"md5"|"none" what the store compares with the body that arrived: `md5` sends Content-MD5; so does `auto` (default "auto")
---@field multipart? penstock.sink.oss.multipart how large objects are uploaded
---@field timeout? string|number of a request in which not a byte moves; one that moves has an hour (default "60s")
---@field tls? penstock.sink.oss.tls PEM files for https
---@field connect_timeout? string|number of connecting: name look-up, TCP, TLS (default "10s")
---@field batch? penstock.sink.oss.batch when an object is closed: at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "5m")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 4)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.oss.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.oss.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Puts events into a bucket of Alibaba Cloud OSS, by its own protocol: each batch becomes one object, closed by size, count or age. A retry writes the same object again, also after a restart, so nothing is there twice. The key needs oss:PutObject and oss:AbortMultipartUpload.
---     p.sink.oss { bucket = "edge-logs", region = "cn-hangzhou", credentials = { access_key_id = "LTAI...", access_key_secret = p.secret "env:OSS_SECRET" } }
---@param options penstock.sink.oss
---@return penstock.Stage
function p.sink.oss(options) end

---@class penstock.sink.kafka.sasl
---@field mechanism? "PLAIN"|"SCRAM-SHA-256"|"SCRAM-SHA-512" how the password is shown; with PLAIN everybody on the way can read it unless there is TLS. See RFC 4616, RFC 5802 (default "PLAIN")
---@field user string the user's name
---@field password string|penstock.Secret its password

---@class penstock.sink.kafka.tls
---@field ca? string file with the authorities that are trusted; default: the system's
---@field cert? string file with our certificate (mTLS)
---@field key? string|penstock.Secret file with its key, or the key itself as a secret
---@field key_password? string|penstock.Secret of an encrypted key
---@field verify? boolean check the brokers' certificates; false: only for tests (default true)
---@field verify_name? boolean check that a certificate is for the broker's name (default true)

---@class penstock.sink.kafka.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "1MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.kafka.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.kafka.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 64MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.kafka
---@field brokers string|string[] `host:port` of some of the brokers, comma separated or as a list; the others are learnt from them. Without a port: 9092
---@field sasl? penstock.sink.kafka.sasl who we are
---@field tls? penstock.sink.kafka.tls TLS; `{}` for its defaults. Files are PEM
---@field client_id? string how the brokers' logs, metrics and quotas call us (default "penstock")
---@field properties? table<string, any> librdkafka's own properties, those of its manual, for what has no option here; refused are those that an option decides, and what loads or runs code or writes files; for instance `{ ["socket.timeout.ms"] = 30000 }`. See librdkafka, CONFIGURATION.md
---@field topic string where messages go; `{field}` in it is that field of each event, such as `logs-{service}`
---@field topics_max? integer with fields in `topic`: so many topics on each worker; events of further ones go to the dead letter (default 100)
---@field unknown_topic? "pause"|"dead_letter" what a topic that is not there, or that we may not write to, means: `pause` the sink until somebody has mended it, or `dead_letter` its events; default: `pause`, and with fields in `topic` `dead_letter`
---@field mode? "event"|"batch" what a message holds: one event; or a whole batch of them, one a line (ndjson) or as `format` says, with nothing in it made of fields (default "event")
---@field key? string the message's key: a text with `{field}`s (`check` warns of one without any). Without the option, or where an event lacks a field, the message has no key, which is not an empty key; for instance `"{ClientIP}"`
---@field headers? table<string, string> headers of each message: texts with `{field}`s; one whose field an event lacks is left out; for instance `{ source = "edge", trace = "{TraceId}" }`
---@field timestamp? string the field that is the message's timestamp: RFC 3339, or a number since 1970; without it, or where it is no time: the moment of sending; for instance `"EdgeStartTimestamp"`
---@field balancer? "least_bytes"|"hash"|"round_robin"|"crc32"|"murmur2" which partition a message goes to, chosen as kafka-go does: `least_bytes` so far; `hash` of the key (FNV-1a), without one in turn; `round_robin`; `crc32` of the key as librdkafka, `murmur2` as Java's client, both at random without one. See kafka-go (segmentio), balancer.go (default "hash")
---@field consistent? boolean with crc32 and murmur2: messages without a key go to one partition, not to random ones. See kafka-go (segmentio), balancer.go (default false)
---@field chunk_size? integer with round_robin: so many messages to a partition before it is the next one's turn. See kafka-go (segmentio), balancer.go (default 1)
---@field compression? "none"|"gzip"|"snappy"|"lz4"|"zstd" of the batches that go to the brokers (default "lz4")
---@field compression_level? integer default: the codec's own; gzip 1 to 9, lz4 1 to 12, zstd 1 to 12. See librdkafka, CONFIGURATION.md
---@field acks? "all"|1|0 who has a message before it counts as delivered: `"all"` replicas in sync, 1: the partition's leader alone, 0: nobody says (1 and 0 are best effort) (default "all")
---@field idempotent? boolean retries within `timeout` put nothing there twice and keep the order; needs acks = "all", with which it is the default
---@field max_message? string|integer a larger message goes to the dead letter without being sent: its value, key and headers, and some 36 bytes of framing; the topic's max.message.bytes is the brokers' own bound (default "1MB")
---@field timeout? string|number how long librdkafka tries to deliver a message before its batch is tried again from here, or spooled; a message that was sent but not answered by then may be there twice (default "30s")
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)
---@field batch? penstock.sink.kafka.batch what is sent at once: a batch is closed at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "100ms")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 8)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.kafka.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.kafka.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Sends events to a topic of Kafka, each as a message. Delivered means that the brokers have it (`acks`): delivery reports are what acks. A message that is refused (too large, a timestamp that the topic does not take) goes to the dead letter by itself; a missing topic, missing rights and failed authentication pause the sink; everything else is tried again for as long as it takes.
---     p.sink.kafka { brokers = "kafka-1:9092,kafka-2:9092", topic = "edge-logs", key = "{ClientIP}", compression = "zstd" }
---@param options penstock.sink.kafka
---@return penstock.Stage
function p.sink.kafka(options) end

---@class penstock.sink.ckafka.tls
---@field ca? string file with the authorities that are trusted; default: the system's
---@field cert? string file with our certificate (mTLS)
---@field key? string|penstock.Secret file with its key, or the key itself as a secret
---@field key_password? string|penstock.Secret of an encrypted key
---@field verify? boolean check the brokers' certificates; false: only for tests (default true)
---@field verify_name? boolean check that a certificate is for the broker's name (default true)

---@class penstock.sink.ckafka.batch
---@field bytes? string|integer encoded bytes, before compression; one event larger than this is sent alone (default "1MiB")
---@field events? integer events; 0: however many (default 0)

---@class penstock.sink.ckafka.retry
---@field min? string|number wait at least (default "250ms")
---@field max? string|number wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour (default "30s")
---@field max_attempts? integer after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes

---@class penstock.sink.ckafka.buffer
---@field type? "memory"|"disk" `disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = "spool"`, a destination in trouble, or the end of the run (default "memory")
---@field max_bytes? string|integer the bound: of memory on each worker (default 64MiB), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. Batches that a full spool does not take wait in memory first, up to 64MiB on each worker
---@field spool_max_bytes? string|integer with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait

---@class penstock.sink.ckafka
---@field instance string the instance's id, which is in the name of its users. See Tencent Cloud CKafka, public network access and SASL users
---@field user string a user of the instance, without the instance's id; it needs the topic's ACL to write
---@field password string|penstock.Secret its password
---@field route? string|string[] the route's domain and port, as the console shows it among the instance's access modes; or `region` and `port`; for instance `"ckafka-8x2mzk9p.ap-guangzhou.ckafka.tencentcloudmq.com:50001"`. See Tencent Cloud CKafka, public network access and SASL users
---@field region? string the instance's region: the domain is that of its public route; for instance `"ap-guangzhou"`
---@field port? integer with `region`: the public route's port; each route has its own
---@field tls? penstock.sink.ckafka.tls TLS; `{}` for its defaults. Files are PEM
---@field client_id? string how the brokers' logs, metrics and quotas call us (default "penstock")
---@field properties? table<string, any> librdkafka's own properties, those of its manual, for what has no option here; refused are those that an option decides, and what loads or runs code or writes files; for instance `{ ["socket.timeout.ms"] = 30000 }`. See librdkafka, CONFIGURATION.md
---@field topic string where messages go; `{field}` in it is that field of each event, such as `logs-{service}`
---@field topics_max? integer with fields in `topic`: so many topics on each worker; events of further ones go to the dead letter (default 100)
---@field unknown_topic? "pause"|"dead_letter" what a topic that is not there, or that we may not write to, means: `pause` the sink until somebody has mended it, or `dead_letter` its events; default: `pause`, and with fields in `topic` `dead_letter`
---@field mode? "event"|"batch" what a message holds: one event; or a whole batch of them, one a line (ndjson) or as `format` says, with nothing in it made of fields (default "event")
---@field key? string the message's key: a text with `{field}`s (`check` warns of one without any). Without the option, or where an event lacks a field, the message has no key, which is not an empty key; for instance `"{ClientIP}"`
---@field headers? table<string, string> headers of each message: texts with `{field}`s; one whose field an event lacks is left out; for instance `{ source = "edge", trace = "{TraceId}" }`
---@field timestamp? string the field that is the message's timestamp: RFC 3339, or a number since 1970; without it, or where it is no time: the moment of sending; for instance `"EdgeStartTimestamp"`
---@field balancer? "least_bytes"|"hash"|"round_robin"|"crc32"|"murmur2" which partition a message goes to, chosen as kafka-go does: `least_bytes` so far; `hash` of the key (FNV-1a), without one in turn; `round_robin`; `crc32` of the key as librdkafka, `murmur2` as Java's client, both at random without one. See kafka-go (segmentio), balancer.go (default "hash")
---@field consistent? boolean with crc32 and murmur2: messages without a key go to one partition, not to random ones. See kafka-go (segmentio), balancer.go (default false)
---@field chunk_size? integer with round_robin: so many messages to a partition before it is the next one's turn. See kafka-go (segmentio), balancer.go (default 1)
---@field compression? "none"|"gzip"|"snappy"|"lz4"|"zstd" of the batches that go to the brokers (default "snappy")
---@field compression_level? integer default: the codec's own; gzip 1 to 9, lz4 1 to 12, zstd 1 to 12. See librdkafka, CONFIGURATION.md
---@field acks? "all"|1|0 who has a message before it counts as delivered: `"all"` replicas in sync, 1: the partition's leader alone, 0: nobody says (1 and 0 are best effort) (default "all")
---@field idempotent? boolean retries within `timeout` put nothing there twice and keep the order; needs acks = "all", with which it is the default
---@field max_message? string|integer a larger message goes to the dead letter without being sent: its value, key and headers, and some 36 bytes of framing; the topic's max.message.bytes is the brokers' own bound (default "1MB")
---@field timeout? string|number how long librdkafka tries to deliver a message before its batch is tried again from here, or spooled; a message that was sent but not answered by then may be there twice (default "30s")
---@field format? "ndjson"|"json_array"|"csv"|"raw"|"logfmt" how events become bytes; `raw` is an event as it came when nothing changed it (default "ndjson")
---@field columns? string|string[] paths of the fields, in order; csv needs it (format "csv"); for instance `{ "time", "status" }`. See RFC 4180
---@field header? boolean each output begins with the columns' names (format "csv") (default true)
---@field delimiter? string one byte between fields (format "csv") (default ",")
---@field crlf? boolean records end with CR LF, as RFC 4180 says, instead of LF (format "csv") (default false)
---@field batch? penstock.sink.ckafka.batch what is sent at once: a batch is closed at the first of these bounds, or after `linger`
---@field linger? string|number how long a batch that is not full waits for more events (default "100ms")
---@field concurrency? integer requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors (default 8)
---@field ordered? boolean keep the order of events: one request at a time, and none overtakes one that is tried again (default false)
---@field retry? penstock.sink.ckafka.retry when a batch is sent again that failed for a while (network, HTTP 5xx, 429)
---@field pause? string|number time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile (default "30s")
---@field on_full? "block"|"spool"|"drop" when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; the default is `spool` with a state directory (--state), else `block`
---@field buffer? penstock.sink.ckafka.buffer where batches wait for the destination
---@field name? string the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one; for instance `"archive"`

--- Sends events to a topic of CKafka, Tencent Cloud's Kafka, as sink.kafka does: over its public route with SASL PLAIN, as the user INSTANCE#USER. The public route is not encrypted unless the instance has SASL_SSL (`tls`): the password goes over it as it is.
---     p.sink.ckafka { instance = "ckafka-8x2mzk9p", region = "ap-guangzhou", port = 50001, user = "logs", password = p.secret "env:CKAFKA_PASSWORD", topic = "audit" }
---@param options penstock.sink.ckafka
---@return penstock.Stage
function p.sink.ckafka(options) end

--- The value of `--set KEY=VALUE`: text, or in the type of `default`.
---@generic T: string|number|boolean
---@param key string
---@param default? T
---@return T
function p.param(key, default) end

--- The value of an environment variable: text, or in the type of `default`.
---@generic T: string|number|boolean
---@param name string
---@param default? T
---@return T
function p.env(name, default) end

--- A secret from the environment (`"env:NAME"`) or a file (`"file:PATH"`).
---@param reference string
---@return penstock.Secret
function p.secret(reference) end

--- An RE2 pattern.
---@param pattern string
---@return penstock.Regex
function p.re(pattern) end

return p
