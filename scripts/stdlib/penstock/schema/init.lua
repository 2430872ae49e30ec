-- Everything a script can name. A new source, stage or sink is one file here and one row in a list.
local function load_all(folder, names)
  local all = { names = names }
  for _, name in ipairs(names) do all[name] = require("penstock.schema." .. folder .. "." .. name) end
  return all
end

return {
  source = load_all("source", { "file", "stdin", "generate", "tcp", "udp", "unix", "syslog", "exec", "journald", "http", "s3", "oss", "kafka" }),
  stage = load_all("stage", {
    "filter", "sample", "fields", "custom_fields", "transform", "parse", "set", "remove", "rename", "redact",
  }),
  sink = load_all("sink", { "stdout", "file", "blackhole", "http", "tcp", "syslog", "s3", "oss", "kafka", "ckafka" }),
  pipeline = require "penstock.schema.pipeline",
  route = require "penstock.schema.route",
  route_branch = { name = "route", options = { { "condition", type = "filter", required = true, doc = "the events that the branch takes" } } },
  test = require "penstock.schema.test",
}
