// The numbers that RFC 5424 section 6.2.1 gives to facilities and severities, and their names.
#pragma once
#include <optional>

#include "runtime/base/bytes.h"

namespace penstock {

inline constexpr ByteView syslog_facilities[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
                                                 "ntp", "security", "console", "solaris-cron", "local0", "local1", "local2", "local3", "local4",
                                                 "local5", "local6", "local7"};
inline constexpr ByteView syslog_severities[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

// By its name, or its number in digits (0 to 23).
std::optional<int> syslog_facility(ByteView text);
// By its name in any case, a name that programs use for it (`error`, `warn`, `fatal`, `trace`, ...), or its number (0 to 7).
std::optional<int> syslog_severity(ByteView text);

}  // namespace penstock
