-- Read a spreadsheet's export, keep the large orders, write CSV again with other columns.
local p = require "penstock"

p.pipeline "csv-orders" {
  p.source.file { path = "examples/data/orders.csv", format = "csv", follow = false },
  p.filter "total >= 500",
  p.rename { total = "amount" },
  p.set { currency = "EUR" },
  p.sink.stdout { format = "csv", columns = { "order", "customer", "amount", "currency", "note" } },
}
