#include "runtime/event/path.h"

namespace penstock {

namespace {

class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  Result<Path> read() {
    Path path;
    if (!name(path)) return failure();
    while (at_ < text_.size()) {
      if (text_[at_] == '.') {
        ++at_;
        if (!name(path)) return failure();
      } else if (text_[at_] == '[') {
        if (!bracket(path)) return failure();
      } else {
        return fail("expected '.' or '['");
      }
    }
    return path;
  }

 private:
  static bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@'; }
  static bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9') || c == '-'; }

  bool name(Path& path) {
    if (at_ < text_.size() && text_[at_] == '"') return quoted(path, '"');
    const std::size_t begin = at_;
    if (at_ == text_.size() || !starts_name(text_[at_])) return note("expected a field name (quote it when it holds other characters: \"any name\")");
    while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    path.emplace_back(text_.substr(begin, at_ - begin));
    return true;
  }

  bool bracket(Path& path) {
    ++at_;
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return note("expected a quoted name after '['");
    if (!quoted(path, text_[at_])) return false;
    if (at_ == text_.size() || text_[at_] != ']') return note("expected ']'");
    ++at_;
    return true;
  }

  bool quoted(Path& path, char quote) {
    std::string name;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        name += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        name += quote;
        ++at_;
      } else {
        ++at_;
        path.push_back(std::move(name));
        return true;
      }
    }
    return note("the quoted name does not end");
  }

  bool note(const char* problem) {
    problem_ = problem;
    return false;
  }
  Status failure() const {
    return Status(Code::invalid, "path '" + std::string(text_) + "', column " + std::to_string(at_ + 1) + ": " + problem_);
  }
  Status fail(const char* problem) {
    problem_ = problem;
    return failure();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const char* problem_ = "";
};

}  // namespace

Result<Path> parse_path(std::string_view text) { return PathReader(text).read(); }

}  // namespace penstock
