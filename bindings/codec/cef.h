// ArcSight Common Event Format: what the format `cef` reads. Authority: "Implementing ArcSight Common Event Format", rev. 26.
//
//   [prefix]CEF:version|vendor|product|device version|event class id|name|severity[|key=value ...]
//
// Fields, all text: prefix (what stands before `CEF:`, mostly a syslog header, without the space between; missing when there
// is nothing), cef_version, device_vendor, device_product, device_version, device_event_class_id, name, severity, then the
// extension's keys as they are written.
// Header values: `\|` and `\\` are undone. Extension values: `\=`, `\\`, `\n`, `\r` are undone; any other backslash stays.
// A value ends before the next ` key=`, key being letters, digits and `_ . - [ ]`, so it may hold spaces, and also `=` that
// nobody escaped as long as no space and key stand before it. White space at the end of a value is cut. A key that occurs
// again, or is called like a header field, replaces the value and keeps the first one's place.
// Broken: no `CEF:`, fewer than seven header fields, an extension that does not begin with a key, more than
// EntryList::fields_max fields.
#pragma once
