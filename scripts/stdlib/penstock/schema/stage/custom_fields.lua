return {
  name = "custom_fields",
  doc = "Collects named headers and cookies of the request and response into one object field.",
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
  check = function(options, report)
    if not (options.request_headers or options.response_headers or options.cookies) then
      report("names nothing to collect (hint: request_headers = { \"X-Request-Id\" })")
    end
  end,
}
