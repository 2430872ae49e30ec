-- A name that stands in several lists has one place in the flat object.
local function warn_of_clashes(options, warn)
  local first = {}
  for _, group in ipairs { "request_headers", "response_headers", "cookies" } do
    for _, name in ipairs(options[group] or {}) do
      if first[name] and first[name] ~= group then
        warn(("'%s' stands in %s and in %s: the first that has a value is kept (hint: another stage with its own `into` keeps both)"):format(name, first[name], group))
      end
      first[name] = first[name] or group
    end
  end
end

return {
  name = "custom_fields",
  doc = "Collects named headers and cookies of the request and response into one object field. It takes them as the event came with "
    .. "them and stages have changed them, also behind a `fields` that does not keep them; an object that is there already is added to.",
  since = "0.1",
  example = 'p.custom_fields { request_headers = { "X-Request-Id" }, cookies = { "session" } }',
  options = {
    { "request_headers", type = "strings", doc = "names of request headers, whatever their case" },
    { "response_headers", type = "strings", doc = "names of response headers, whatever their case" },
    { "cookies", type = "strings", doc = "names of cookies" },
    { "from", type = "table", default_table = true, doc = "the fields that hold the headers and cookies", options = {
      { "request_headers", type = "string", default = "RequestHeaders", doc = "path of the request headers" },
      { "response_headers", type = "string", default = "ResponseHeaders", doc = "path of the response headers" },
      { "cookies", type = "string", default = "Cookies", doc = "path of the cookies" },
    } },
    { "into", type = "string", default = "CustomFields", doc = "the field that the values are written to" },
  },
  check = function(options, report, _, warn)
    if not (options.request_headers or options.response_headers or options.cookies) then
      report("names nothing to collect: no request_headers, response_headers or cookies (hint: request_headers = { \"X-Request-Id\" })")
    end
    if warn then warn_of_clashes(options, warn) end
  end,
}
