// Format `regex`: lines by the user's own pattern.
#include <re2/re2.h>

#include <algorithm>

#include "bindings/codec/fixed_fields.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/filter/regex.h"

namespace penstock {

namespace {

constexpr int groups_max = 256;

// What the groups of a pattern are called: group i + 1 is field field_of_group[i], or -1.
struct Groups {
  std::vector<std::string> names;
  std::vector<int> field_of_group;
};

Groups name_groups(const re2::RE2& regex) {
  Groups groups;
  for (int i = 1; i <= regex.NumberOfCapturingGroups(); ++i) {
    const auto& names = regex.CapturingGroupNames();
    const auto named = names.find(i);
    if (named == names.end()) {
      groups.field_of_group.push_back(-1);
      continue;
    }
    const auto known = std::find(groups.names.begin(), groups.names.end(), named->second);
    groups.field_of_group.push_back(static_cast<int>(known - groups.names.begin()));
    if (known == groups.names.end()) groups.names.push_back(named->second);
  }
  return groups;
}

class RegexParser final : public LineParser {
 public:
  RegexParser(std::shared_ptr<const re2::RE2> regex, const Groups& groups, SlotTable& slots)
      : regex_(std::move(regex)), groups_(groups), fields_(slots, groups.names), found_(groups.field_of_group.size() + 1) {}

  bool parse(ByteView line, Event& event, std::string& error) override {
    const re2::StringPiece subject(line.data(), line.size());
    if (!regex_->Match(subject, 0, line.size(), re2::RE2::UNANCHORED, found_.data(), static_cast<int>(found_.size())))
      return expected(error, "regex", "a match", 0);
    fields_.attach(event);
    // Backwards, so that of two groups with one name the first has the last word.
    for (std::size_t i = found_.size() - 1; i > 0; --i) {
      const int field = groups_.field_of_group[i - 1];
      if (field >= 0 && found_[i].data()) fields_.set(event, static_cast<std::size_t>(field), Slice::text({found_[i].data(), found_[i].size()}));
    }
    return true;
  }

 private:
  std::shared_ptr<const re2::RE2> regex_;
  const Groups& groups_;
  FixedFields fields_;
  std::vector<re2::StringPiece> found_;
};

class RegexFormat final : public LineFormat {
 public:
  RegexFormat(std::string pattern, Groups groups) : pattern_(std::move(pattern)), groups_(std::move(groups)) {}

  std::unique_ptr<LineParser> open_parser(SlotTable& slots) const override {
    // Each worker has its own: RE2 guards its cache of states with a lock.
    return std::make_unique<RegexParser>(compile_regex(pattern_).value(), groups_, slots);
  }
  std::string describe() const override { return "regex " + pattern_; }

 private:
  std::string pattern_;
  Groups groups_;
};

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_regex_decoder(const Value& options) {
  std::string pattern = options.string_or("pattern", "");
  if (pattern.empty()) return Status(Code::invalid, "format 'regex' needs the option 'pattern'");
  const auto regex = compile_regex(pattern);
  if (!regex.ok()) return Status(regex.status().code(), "option 'pattern': " + regex.status().text());
  Groups groups = name_groups(*regex.value());
  if (groups.names.empty())
    return Status(Code::invalid, "option 'pattern' needs at least one named group, (?<name>...), to make fields of: " + pattern);
  if (groups.field_of_group.size() > groups_max)
    return Status(Code::limit, "option 'pattern' has more than " + std::to_string(groups_max) + " groups");
  return std::unique_ptr<DecoderPlan>(std::make_unique<RegexFormat>(std::move(pattern), std::move(groups)));
}

}  // namespace penstock
