// Comma-separated values, RFC 4180: what the formats of that name read and write.
//
// Read: records end with LF or CR LF (a lone CR is data), the last one may lack it; records of no byte at all are skipped. A
// quote counts at the start of a field only; `""` within a quoted field is one quote; quoted fields hold delimiters and line
// breaks. Elsewhere a quote is data, and text behind a closing quote is appended to the field (strict refuses both). Spaces
// belong to the field. All values are text; an empty field is an empty string. A record with fewer fields than there are columns
// leaves the rest missing (strict refuses it); one with more is broken, and so is a quote that never closes. A header's names must
// be distinct and at most columns_max; else the stream's every record is broken.
// A stream that goes on at an offset above 0 (after a restart) has its header behind it: it is broken record by record unless
// `columns` says the names. Streams are not splittable, for a line break may be data.
#pragma once
#include <cstddef>

namespace penstock::csv {

inline constexpr std::size_t columns_max = 1024;

}  // namespace penstock::csv
