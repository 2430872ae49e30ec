-- Formats and their options: shared by sources, sinks and p.parse.
local M = {}

M.input_names = { "json", "lines", "nginx", "apache", "syslog", "csv", "logfmt", "regex", "cef" }
M.output_names = { "ndjson", "json_array", "csv", "raw", "logfmt" }

local input_options = {
  { "log_format", type = "string", default = "combined", formats = { "nginx", "apache" },
    doc = "`combined`, `common`, `vhost`, or the format string of the server's configuration",
    source = "nginx ngx_http_log_module, Apache mod_log_config" },
  { "unescape", type = "boolean", default = true, formats = { "nginx", "apache" },
    doc = "undo `\\xHH`, `\\\"` and the C escapes where that gives UTF-8; false: values stay as they were written" },
  { "timestamps", type = "string", values = { "keep", "rfc3339" }, default = "keep", formats = { "syslog" },
    doc = "`rfc3339`: RFC 3164 times get a year and a zone; `keep`: as they came", source = "RFC 3164, RFC 5424" },
  { "zone", type = "string", default = "local", formats = { "syslog" },
    doc = "what a time without zone means: `local`, `utc` or `+hh:mm`" },
  { "columns", type = "strings", formats = { "csv" }, example = '{ "time", "status" }',
    doc = "names of the fields, in order; without it the first record of each stream names them", source = "RFC 4180" },
  { "header", type = "boolean", formats = { "csv" },
    doc = "the first record is a header; the default is true without `columns`, false with them" },
  { "delimiter", type = "string", default = ",", formats = { "csv" }, doc = "one byte between fields" },
  { "quote", type = "string", default = '"', may_be_empty = true, formats = { "csv" }, doc = "one byte around fields; `\"\"`: none" },
  { "strict", type = "boolean", default = false, formats = { "csv" },
    doc = "refuse records with too few fields, text after a closing quote, and quotes within bare fields" },
  { "pattern", type = "string", formats = { "regex" }, example = '"^(?<level>\\\\w+) (?<message>.*)$"',
    doc = "RE2 pattern with named groups, `(?<name>...)`: the names are the fields", source = "https://github.com/google/re2/wiki/Syntax" },
}

local output_options = {
  { "columns", type = "strings", formats = { "csv" }, example = '{ "time", "status" }', doc = "paths of the fields, in order; csv needs it",
    source = "RFC 4180" },
  { "header", type = "boolean", default = true, formats = { "csv" }, doc = "each output begins with the columns' names" },
  { "delimiter", type = "string", default = ",", formats = { "csv" }, doc = "one byte between fields" },
  { "crlf", type = "boolean", default = false, formats = { "csv" }, doc = "records end with CR LF, as RFC 4180 says, instead of LF" },
}

local function append(to, from)
  for _, spec in ipairs(from) do to[#to + 1] = spec end
  return to
end

--- `options` followed by `format` and the options of the input formats.
---@param options table[]
---@param format table overrides of the option `format`
---@return table[]
function M.with_input(options, format)
  local spec = {
    "format", type = "string", values = M.input_names, default = "json",
    doc = "how bytes become events; `json` is one object a line, or the elements of an array",
  }
  for key, value in pairs(format or {}) do spec[key] = value end
  if spec.required or spec.optional then spec.default = nil end
  options[#options + 1] = spec
  return append(options, input_options)
end

--- `options` followed by the options of the one input format that the source has.
---@param format string
---@param options table[]
---@return table[]
function M.with_options_of(format, options)
  for _, spec in ipairs(input_options) do
    if spec.formats[1] == format and #spec.formats == 1 then
      local own = {}
      for key, value in pairs(spec) do own[key] = value end
      own.formats = nil
      options[#options + 1] = own
    end
  end
  return options
end

--- `options` followed by `format` and the options of the output formats.
---@param options table[]
---@param format table? overrides of the option `format`
---@return table[]
function M.with_output(options, format)
  local spec = {
    "format", type = "string", values = M.output_names, default = "ndjson",
    doc = "how events become bytes; `raw` is an event as it came when nothing changed it",
  }
  for key, value in pairs(format or {}) do spec[key] = value end
  options[#options + 1] = spec
  return append(options, output_options)
end

local function one_byte(name, value, report)
  if value and #value > 1 then report("option '" .. name .. "' must be one byte, got \"" .. value .. "\"") end
end

--- What concerns several options of an input format.
function M.check_input(options, report)
  one_byte("delimiter", options.delimiter, report)
  one_byte("quote", options.quote, report)
  if options.format == "regex" and not options.pattern then
    report("option 'pattern' is missing (hint: pattern = \"^(?<level>\\\\w+) (?<message>.*)$\")")
  end
  if options.format == "csv" and options.header == false and not options.columns then
    report("option 'columns' is missing: without a header the fields have no names")
  end
end

--- What concerns several options of an output format.
function M.check_output(options, report)
  one_byte("delimiter", options.delimiter, report)
  if options.format == "csv" and not options.columns then
    report("option 'columns' is missing (hint: columns = { \"time\", \"status\" })")
  end
end

return M
