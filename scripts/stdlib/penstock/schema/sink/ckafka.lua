local kafka = require "penstock.schema.kafka"

local source = "Tencent Cloud CKafka, public network access and SASL users"

local own = {
  { "instance", type = "string", required = true, example = '"ckafka-8x2mzk9p"', doc = "the instance's id, which is in the name of its users", source = source },
  { "user", type = "string", required = true, example = '"logs"', doc = "a user of the instance, without the instance's id; it needs the topic's ACL to write" },
  { "password", type = "text", required = true, example = 'p.secret "env:CKAFKA_PASSWORD"', doc = "its password" },
  { "route", type = "strings", example = '"ckafka-8x2mzk9p.ap-guangzhou.ckafka.tencentcloudmq.com:50001"',
    doc = "the route's domain and port, as the console shows it among the instance's access modes; or `region` and `port`", source = source },
  { "region", type = "string", example = '"ap-guangzhou"', doc = "the instance's region: the domain is that of its public route" },
  { "port", type = "integer", min = 1, max = 65535, doc = "with `region`: the public route's port; each route has its own" },
}

return {
  name = "ckafka",
  doc = "Sends events to a topic of CKafka, Tencent Cloud's Kafka, as sink.kafka does: over its public route with SASL PLAIN, as the user INSTANCE#USER. "
    .. "The public route is not encrypted unless the instance has SASL_SSL (`tls`): the password goes over it as it is.",
  since = "0.1",
  example = 'p.sink.ckafka { instance = "ckafka-8x2mzk9p", region = "ap-guangzhou", port = 50001, user = "logs", password = p.secret "env:CKAFKA_PASSWORD", topic = "audit" }',
  options = kafka.with_producer(own, { brokers = true, sasl = true }, { compression = "snappy" }),
  check = function(options, report, given, warn)
    kafka.check_producer(options, report, given, warn)
    if string.find(options.user, "#", 1, true) then report("option 'user' is the user's own name, without the instance and #") end
    if options.route and (options.region or options.port) then
      report("option 'route' stands alone, without region and port")
    elseif not options.route and not (options.region and options.port) then
      report("option 'route' is missing (hint: route = \"DOMAIN:PORT\" of the instance's access modes, or region and port)")
    end
    options.brokers = options.route or { options.instance .. "." .. tostring(options.region) .. ".ckafka.tencentcloudmq.com:" .. tostring(options.port) }
    options.sasl = { mechanism = "PLAIN", user = options.instance .. "#" .. options.user, password = options.password }
  end,
}
