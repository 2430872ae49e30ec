return {
  name = "redact",
  doc = "Removes secrets and personal data from string values before anything after it sees them.",
  since = "0.1",
  example = 'p.redact { kinds = { "email", "card" }, patterns = { "token=\\\\w+" } }',
  options = {
    { "fields", type = "strings", doc = "paths of the fields to look into; without it: every string value. With neither kinds nor patterns the whole values go" },
    { "kinds", type = "strings", values = { "email", "ipv4", "ipv6", "card", "bearer" },
      doc = "what is known by name; `card` numbers are checked by their Luhn digit" },
    { "patterns", type = "strings", doc = "RE2 patterns; what they match is replaced", source = "https://github.com/google/re2/wiki/Syntax" },
    { "mode", type = "string", values = { "mask", "hash" }, default = "mask",
      doc = "`mask`: write `mask` instead; `hash`: a keyed hash, the same for the same text" },
    { "mask", type = "string", default = "[redacted]", may_be_empty = true, doc = "what stands instead, in mode `mask`" },
    { "key", type = "text", example = 'p.secret "env:REDACT_KEY"', doc = "the key of mode `hash`" },
  },
  check = function(options, report)
    if not (options.kinds or options.patterns or options.fields) then report("has nothing to look for: no kinds, patterns or fields (hint: kinds = { \"email\", \"card\" })") end
    if options.mode == "hash" and not options.key then report("option 'key' is missing: a hash without one can be guessed (hint: key = p.secret \"env:REDACT_KEY\")") end
  end,
}
