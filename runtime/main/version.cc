#include "runtime/main/version.h"

#include <fmt/format.h>
#include <isa-l.h>
#include <librdkafka/rdkafka.h>
#include <lz4.h>
#include <openssl/crypto.h>
#include <snappy.h>
#include <sqlite3.h>
#include <uv.h>
#include <zlib.h>
#include <zstd.h>

#include <lua.hpp>
#include <luajit.h>
#include <simdjson.h>

#include "runtime/script/lua_state.h"

namespace penstock {

std::string version_text() {
  std::string out = fmt::format("penstock {}\n", PENSTOCK_VERSION);
  const auto line = [&out](const char* name, const std::string& version) { out += fmt::format("  {:<10} {}\n", name, version); };
  line("luajit", std::string(LUAJIT_VERSION) + (script::stops_compiled_code()
                                                    ? " (hooks are checked in compiled code)"
                                                    : " (hooks are not checked in compiled code: a runaway script ends the process)"));
  line("libuv", uv_version_string());
  line("simdjson", std::string(SIMDJSON_STRINGIFY(SIMDJSON_VERSION)) + " (" + simdjson::get_active_implementation()->name() + ")");
  line("re2", "system");
  line("zlib", zlibVersion());
  line("isa-l", fmt::format("{}.{}.{}", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION));
  line("zstd", ZSTD_versionString());
  line("lz4", LZ4_versionString());
  line("snappy", fmt::format("{}.{}.{}", SNAPPY_MAJOR, SNAPPY_MINOR, SNAPPY_PATCHLEVEL));
  line("sqlite", sqlite3_libversion());
  line("openssl", OpenSSL_version(OPENSSL_VERSION));
  line("librdkafka", rd_kafka_version_str());
  return out;
}

}  // namespace penstock
