// What one core of this machine can do at best: each benchmark job written out by hand in one thread, with nothing of a
// product around it (no offsets, no acks, no odd input, no counters). `penstock` is measured as a share of these.
//
//   ceilings j1 IN OUT   lines through to a file, unparsed
//   ceilings j2 IN OUT   edge log: status >= 500 or a path under /api/; 8 fields
//   ceilings j3 IN OUT   the same, one event in ten, gzip level 1
//   ceilings j4 IN OUT   edge log: a Lua loop drops statuses below 400, lowercases the host, adds a field
//   ceilings j5 IN OUT   nginx combined lines to JSON
//   ceilings j6 PORT OUT RFC 5424 lines over one TCP connection to 127.0.0.1:PORT, until the peer closes, to JSON
//   ceilings j7 IN URL   j2's filter and fields, gzip level 1, POSTed a megabyte at a time
//
// Prints the number of events written.
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <lua.hpp>
#include <optional>
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

class File {
 public:
  explicit File(const char* path) : fd_(::open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644)) {
    if (fd_ < 0) fail(path);
  }
  ~File() { ::close(fd_); }
  void send(string_view bytes) {
    if (::write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) fail("write");
  }

 private:
  int fd_;
};

class Poster {
 public:
  explicit Poster(const char* url) : curl_(curl_easy_init()) {
    for (const char* line : {"Expect:", "Content-Type: application/x-ndjson", "Content-Encoding: gzip"}) headers_ = curl_slist_append(headers_, line);
    curl_easy_setopt(curl_, CURLOPT_URL, url);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, +[](char*, size_t size, size_t count, void*) { return size * count; });
  }
  ~Poster() {
    curl_easy_cleanup(curl_);
    curl_slist_free_all(headers_);
  }
  void send(string_view bytes) {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, bytes.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(bytes.size()));
    if (curl_easy_perform(curl_) != CURLE_OK) fail("POST");
  }

 private:
  CURL* curl_;
  curl_slist* headers_ = nullptr;
};

// Bytes on their way out. No bounds are checked: there is room for a block and the longest line twice over.
class Output {
 public:
  Output(const char* path, bool gzip, bool post = false) : gzip_(gzip), bytes_(write_block + 8 * longest_line), packed_(gzip ? bytes_.size() : 0) {
    if (post) poster_.emplace(path);
    else file_.emplace(path);
  }
  ~Output() { flush(); }
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
    if (poster_) poster_->send(out);
    else file_->send(out);
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
  std::optional<File> file_;
  std::optional<Poster> poster_;
};

// Calls on_block with every run of whole lines of the file, which it may read 64 bytes past.
template <typename OnBlock>
void each_block(int fd, OnBlock on_block) {
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
std::uint64_t each_line(int in, Output& out, OnLine on_line) {
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

std::uint64_t run_lua_loop(int in, Output& out) {
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

// ---- j6
bool take_structured_data(string_view& rest, string_view& out) {
  std::size_t end = 1;
  if (!rest.starts_with('-')) {
    bool quoted = false;
    for (end = 0; end < rest.size(); ++end) {
      const char c = rest[end];
      if (quoted && c == '\\') ++end;
      else if (c == '"') quoted = !quoted;
      else if (!quoted && c == ']' && (end + 1 == rest.size() || rest[end + 1] != '[')) break;
    }
    if (end++ == rest.size()) return false;
  }
  out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return true;
}

bool syslog_line(string_view rest, Output& out) {
  string_view priority, version, data;
  std::array<string_view, 5> header;
  if (!(take(rest, "<") && take_until(rest, '>', priority) && take_until(rest, ' ', version))) return false;
  for (string_view& field : header)
    if (!take_until(rest, ' ', field)) return false;
  if (!take_structured_data(rest, data)) return false;
  static constexpr std::array<string_view, 5> names = {",\"timestamp\":", ",\"hostname\":", ",\"app_name\":", ",\"proc_id\":", ",\"msg_id\":"};
  out.put("{\"priority\":");
  out.put(priority);
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.put(names[i]);
    put_string(out, header[i]);
  }
  out.put(",\"structured_data\":");
  put_string(out, data);
  out.put(",\"message\":");
  put_string(out, rest);
  out.put("}\n");
  return true;
}

// The socket of the one peer that connects.
int accept_one(const char* port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0), on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 1) != 0) fail("listen");
  const int peer = ::accept(listener, nullptr, nullptr);
  if (peer < 0) fail("accept");
  return peer;
}

int open_input(const char* path) {
  const int fd = ::open(path, O_RDONLY);
  if (fd < 0) fail(path);
  return fd;
}

std::uint64_t run_job(string_view job, const char* from, Output& out) {
  const int in = job == "j6" ? accept_one(from) : open_input(from);
  if (job == "j6") return each_line(in, out, syslog_line);
  if (job == "j1") return each_line(in, out, copy_line);
  if (job == "j2" || job == "j7") return each_line(in, out, [](string_view line, Output& o) { return select_fields(line, o, always); });
  if (job == "j3") return each_line(in, out, [](string_view line, Output& o) { return select_fields(line, o, one_in_ten); });
  if (job == "j4") return run_lua_loop(in, out);
  return each_line(in, out, nginx_line);
}

}  // namespace

int main(int argc, char** argv) {
  const string_view job = argc == 4 ? argv[1] : "";
  if (job.size() != 2 || job[0] != 'j' || job[1] < '1' || job[1] > '7') {
    std::fprintf(stderr, "usage: ceilings j1|j2|j3|j4|j5|j6|j7 IN OUT\n");
    return 2;
  }
  Output out(argv[3], job == "j3" || job == "j7", job == "j7");
  std::printf("%llu\n", static_cast<unsigned long long>(run_job(job, argv[2], out)));
}
