return {
  name = "journald",
  doc = "Reads the systemd journal, from where it stopped: each entry is an event with the journal's fields, and `timestamp`. Only in builds with libsystemd.",
  since = "0.1",
  example = 'p.source.journald { units = "nginx", since = "boot" }',
  options = {
    { "units", type = "strings", example = '{ "nginx", "ssh.service" }', doc = "only what these units wrote, or systemd about them; default: everything" },
    { "since", type = "string", default = "boot", doc = "where reading begins without a checkpoint: `beginning`, `boot`, `now`, or so long ago, such as `1h`" },
    { "follow", type = "boolean", default = true, doc = "wait for more; false: read what is there and finish" },
    { "directory", type = "string", example = '"/var/log/journal/remote"', doc = "the folder with journal files; default: this machine's journal" },
    { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter, cut to this length" },
  },
  check = function(options) options.format = "json" end,
}
