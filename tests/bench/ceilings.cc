// What one core of this machine can do at best: each benchmark job written out by hand in one thread, with nothing of a
// product around it (no offsets, no acks, no odd input, no counters). `penstock` is measured as a share of these.
//
//   ceilings j1 IN OUT   lines through to a file, unparsed
//   ceilings j2 IN OUT   edge log: status >= 500 or a path under /api/; 8 fields
//   ceilings j3 IN OUT   the same, one event in ten, gzip level 1
//   ceilings j4 IN OUT   edge log: a Lua loop drops statuses below 400, lowercases the host, adds a field
//   ceilings j5 IN OUT   nginx combined lines to JSON
//
// Prints the number of events written.
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <simdjson.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <lua.hpp>
#include <string_view>
#include <vector>

namespace {

namespace ondemand = simdjson::ondemand;
using std::string_view;

constexpr std::size_t read_block = 256 << 10;   // fits the L2 cache
constexpr std::size_t write_block = 1 << 20;
constexpr std::size_t longest_line = 1 << 20;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// Bytes on their way to the file. No bounds are checked: there is room for a block and the longest line twice over.
class Output {
 public:
  Output(const char* path, bool gzip) : gzip_(gzip), bytes_(write_block + 8 * longest_line), packed_(gzip ? bytes_.size() : 0) {
    fd_ = ::open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (fd_ < 0) fail(path);
  }
  ~Output() {
    flush();
    ::close(fd_);
  }
  void put(string_view text) {
    std::memcpy(&bytes_[size_], text.data(), text.size());
    size_ += text.size();
  }
  void put(char c) { bytes_[size_++] = c; }
  void flush_when_full() {
    if (size_ >= write_block) flush();
  }

 private:
  void flush() {
    if (size_ == 0) return;
    const string_view out = gzip_ ? pack() : string_view(bytes_.data(), size_);
    if (::write(fd_, out.data(), out.size()) != static_cast<ssize_t>(out.size())) fail("write");
    size_ = 0;
  }

  string_view pack() {
    static std::vector<std::uint8_t> workspace(ISAL_DEF_LVL1_DEFAULT);
    isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.level = 1;
    stream.level_buf = workspace.data();
    stream.level_buf_size = workspace.size();
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = reinterpret_cast<std::uint8_t*>(bytes_.data());
    stream.avail_in = size_;
    stream.next_out = reinterpret_cast<std::uint8_t*>(packed_.data());
    stream.avail_out = packed_.size();
    if (isal_deflate_stateless(&stream) != COMP_OK) fail("gzip");
    return {packed_.data(), stream.total_out};
  }

  bool gzip_;
  std::vector<char> bytes_, packed_;
  std::size_t size_ = 0;
  int fd_ = -1;
};

// Calls on_block with every run of whole lines of the file, which it may read 64 bytes past.
template <typename OnBlock>
void each_block(const char* path, OnBlock on_block) {
  const int fd = ::open(path, O_RDONLY);
  if (fd < 0) fail(path);
  std::vector<char> bytes(read_block + longest_line + 64);
  std::size_t held = 0;
  for (ssize_t got; (got = ::read(fd, &bytes[held], read_block)) > 0;) {
    held += got;
    const auto* last = static_cast<const char*>(memrchr(bytes.data(), '\n', held));
    if (!last) continue;
    const std::size_t whole = last + 1 - bytes.data();
    on_block(string_view(bytes.data(), whole));
    held -= whole;
    std::memmove(bytes.data(), &bytes[whole], held);
  }
  ::close(fd);
}

// Calls on_line(line without its newline, output) -> whether it wrote an event.
template <typename OnLine>
std::uint64_t each_line(const char* in, Output& out, OnLine on_line) {
  std::uint64_t events = 0;
  each_block(in, [&](string_view block) {
    while (!block.empty()) {
      const auto size = static_cast<const char*>(std::memchr(block.data(), '\n', block.size())) - block.data();
      events += on_line(block.substr(0, size), out);
      block.remove_prefix(size + 1);
      out.flush_when_full();
    }
  });
  return events;
}

ondemand::parser parser;

bool open_object(string_view line, ondemand::document& document, ondemand::object& object) {
  return parser.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING).get(document) == simdjson::SUCCESS &&
         document.get_object().get(object) == simdjson::SUCCESS;
}

// A value's own bytes without the blanks after it.
string_view token(ondemand::value value) {
  string_view raw = value.raw_json_token();
  while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ') raw.remove_suffix(1);
  return raw;
}

unsigned status_of(string_view digits) { return std::strtoul(digits.data(), nullptr, 10); }

// ---- j1
bool copy_line(string_view line, Output& out) {
  out.put({line.data(), line.size() + 1});
  return true;
}

// ---- j2, j3
constexpr std::array<string_view, 8> selected = {"ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestPath",
                                                 "EdgeResponseBytes", "EdgeResponseStatusCode", "EdgeStartTimestamp", "RayID"};
constexpr std::size_t path_at = 3, status_at = 5;

bool select_fields(string_view line, Output& out, bool (*keep)()) {
  ondemand::document document;
  ondemand::object object;
  if (!open_object(line, document, object)) return false;
  std::array<string_view, selected.size()> raw;
  for (std::size_t i = 0; i < selected.size(); ++i) {
    ondemand::value value;
    if (object.find_field(selected[i]).get(value)) return false;
    raw[i] = token(value);
    if (i == status_at && !raw[path_at].starts_with("\"/api/") && status_of(raw[i]) < 500) return false;
  }
  if (!keep()) return false;
  for (std::size_t i = 0; i < selected.size(); ++i) {
    out.put(i == 0 ? "{\"" : ",\"");
    out.put(selected[i]);
    out.put("\":");
    out.put(raw[i]);
  }
  out.put("}\n");
  return true;
}

bool always() { return true; }

bool one_in_ten() {
  static std::uint64_t state = 88172645463325252u;  // xorshift64 (Marsaglia 2003)
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state < UINT64_MAX / 10;
}

// ---- j4: the loop is in Lua; C++ splits the line into raw fields and puts it together again
struct Member {
  string_view name, value;
};
struct EventUnderway {
  string_view rest;  // lines not yet looked at
  std::array<Member, 128> members;
  int size = 0;
  int status = -1, host = -1;
  std::array<char, 4096> written;  // values made by Lua
  std::size_t written_size = 0;
  Output* out = nullptr;
  std::uint64_t emitted = 0;
} event;

string_view quoted(const char* text, std::uint32_t size) {
  char* const begin = &event.written[event.written_size];
  char* end = begin;
  *end++ = '"';
  for (std::uint32_t i = 0; i < size; ++i) {
    if (text[i] == '"' || text[i] == '\\') *end++ = '\\';
    *end++ = text[i];
  }
  *end++ = '"';
  event.written_size += end - begin;
  return {begin, static_cast<std::size_t>(end - begin)};
}

void split_members(string_view line) {
  ondemand::document document;
  ondemand::object object;
  event.size = 0, event.status = event.host = -1, event.written_size = 0;
  if (!open_object(line, document, object)) return;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field)) return;
    const char* name = field.key().raw();
    const auto name_size = static_cast<const char*>(std::memchr(name, '"', 256)) - name;
    ondemand::value value = field.value();
    const bool nested = *value.raw_json_token().data() == '{';
    string_view raw;
    if (nested) raw = value.get_object().value().raw_json().value();
    else raw = token(value);
    Member& member = event.members[event.size];
    member = {{name, static_cast<std::size_t>(name_size)}, raw};
    if (member.name == "EdgeResponseStatusCode") event.status = event.size;
    else if (member.name == "ClientRequestHost") event.host = event.size;
    ++event.size;
  }
}

}  // namespace

// Called from Lua through the FFI, by symbol.
extern "C" {
int ceiling_next();
int ceiling_status();
const char* ceiling_host(std::uint32_t* size);
void ceiling_set_host(const char* text, std::uint32_t size);
void ceiling_add(const char* name, std::uint32_t name_size, const char* text, std::uint32_t size);
void ceiling_emit();
}

int ceiling_next() {
  if (event.rest.empty()) return 0;
  const auto size = event.rest.find('\n');
  split_members(event.rest.substr(0, size));
  event.rest.remove_prefix(size + 1);
  return 1;
}
int ceiling_status() { return event.status < 0 ? -1 : static_cast<int>(status_of(event.members[event.status].value)); }
const char* ceiling_host(std::uint32_t* size) {
  const string_view raw = event.members[event.host].value;
  *size = raw.size() - 2;
  return raw.data() + 1;
}
void ceiling_set_host(const char* text, std::uint32_t size) { event.members[event.host].value = quoted(text, size); }
void ceiling_add(const char* name, std::uint32_t name_size, const char* text, std::uint32_t size) {
  event.members[event.size++] = {{name, name_size}, quoted(text, size)};
}
void ceiling_emit() {
  for (int i = 0; i < event.size; ++i) {
    event.out->put(i == 0 ? "{\"" : ",\"");
    event.out->put(event.members[i].name);
    event.out->put("\":");
    event.out->put(event.members[i].value);
  }
  event.out->put("}\n");
  event.out->flush_when_full();
  ++event.emitted;
}

namespace {

const char* const lua_loop = R"lua(
local ffi = require "ffi"
ffi.cdef [[
  int ceiling_next(); int ceiling_status(); const char* ceiling_host(uint32_t*); void ceiling_set_host(const char*, uint32_t);
  void ceiling_add(const char*, uint32_t, const char*, uint32_t); void ceiling_emit();
]]
local C, size, lower = ffi.C, ffi.new "uint32_t[1]", string.lower
return function()
  while C.ceiling_next() ~= 0 do
    if C.ceiling_status() >= 400 then
      local text = C.ceiling_host(size)
      local host = lower(ffi.string(text, size[0]))
      C.ceiling_set_host(host, #host)
      C.ceiling_add("pipeline", 8, "edge", 4)
      C.ceiling_emit()
    end
  end
end
)lua";

std::uint64_t run_lua_loop(const char* in, Output& out) {
  lua_State* lua = luaL_newstate();
  luaL_openlibs(lua);
  const auto check = [&](int code) {
    if (code == 0) return;
    std::fprintf(stderr, "%s\n", lua_tostring(lua, -1));
    std::exit(1);
  };
  check(luaL_loadstring(lua, lua_loop));
  check(lua_pcall(lua, 0, 1, 0));
  event.out = &out;
  each_block(in, [&](string_view block) {
    event.rest = block;
    lua_pushvalue(lua, -1);
    check(lua_pcall(lua, 0, 0, 0));
  });
  lua_close(lua);
  return event.emitted;
}

// ---- j5
bool take_until(string_view& rest, char end, string_view& field) {
  const auto* at = static_cast<const char*>(std::memchr(rest.data(), end, rest.size()));
  if (!at) return false;
  field = {rest.data(), static_cast<std::size_t>(at - rest.data())};
  rest.remove_prefix(field.size() + 1);
  return true;
}

bool take(string_view& rest, string_view literal) {
  if (!rest.starts_with(literal)) return false;
  rest.remove_prefix(literal.size());
  return true;
}

void put_string(Output& out, string_view text) {
  out.put('"');
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') out.put('\\');
    if (c >= ' ') {
      out.put(static_cast<char>(c));
    } else {
      static const char digits[] = "0123456789abcdef";
      out.put("\\u00");
      out.put(digits[c >> 4]);
      out.put(digits[c & 15]);
    }
  }
  out.put('"');
}

bool nginx_line(string_view rest, Output& out) {
  string_view address, ident, user, time, method, path, protocol, status, bytes, referer, agent;
  if (!(take_until(rest, ' ', address) && take_until(rest, ' ', ident) && take_until(rest, ' ', user) && take(rest, "[") &&
        take_until(rest, ']', time) && take(rest, " \"") && take_until(rest, ' ', method) && take_until(rest, ' ', path) &&
        take_until(rest, '"', protocol) && take(rest, " ") && take_until(rest, ' ', status) && take_until(rest, ' ', bytes) &&
        take(rest, "\"") && take_until(rest, '"', referer) && take(rest, " \"") && take_until(rest, '"', agent))) {
    return false;
  }
  out.put("{\"remote_addr\":");
  put_string(out, address);
  out.put(",\"remote_user\":");
  put_string(out, user);
  out.put(",\"time_local\":");
  put_string(out, time);
  out.put(",\"method\":");
  put_string(out, method);
  out.put(",\"path\":");
  put_string(out, path);
  out.put(",\"protocol\":");
  put_string(out, protocol);
  out.put(",\"status\":");
  out.put(status);
  out.put(",\"body_bytes_sent\":");
  out.put(bytes);
  out.put(",\"http_referer\":");
  put_string(out, referer);
  out.put(",\"http_user_agent\":");
  put_string(out, agent);
  out.put("}\n");
  return true;
}

std::uint64_t run_job(string_view job, const char* in, Output& out) {
  if (job == "j1") return each_line(in, out, copy_line);
  if (job == "j2") return each_line(in, out, [](string_view line, Output& o) { return select_fields(line, o, always); });
  if (job == "j3") return each_line(in, out, [](string_view line, Output& o) { return select_fields(line, o, one_in_ten); });
  if (job == "j4") return run_lua_loop(in, out);
  return each_line(in, out, nginx_line);
}

}  // namespace

int main(int argc, char** argv) {
  const string_view job = argc == 4 ? argv[1] : "";
  if (job.size() != 2 || job[0] != 'j' || job[1] < '1' || job[1] > '5') {
    std::fprintf(stderr, "usage: ceilings j1|j2|j3|j4|j5 IN OUT\n");
    return 2;
  }
  Output out(argv[3], job == "j3");
  std::printf("%llu\n", static_cast<unsigned long long>(run_job(job, argv[2], out)));
}
