// A fresh directory for one test; removed afterwards.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace penstock {

class StateDirectory {
 public:
  StateDirectory() {
    char made[] = "/tmp/penstock-state-XXXXXX";
    EXPECT_NE(::mkdtemp(made), nullptr);
    root_ = made;
  }
  ~StateDirectory() { std::filesystem::remove_all(root_); }
  // Not there yet: whoever is tested makes it.
  std::string path() const { return root_ + "/state"; }
  std::string file(const std::string& name) const { return path() + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream in(file(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << text;
  }
  unsigned mode(const std::string& name = "") const {
    return static_cast<unsigned>(std::filesystem::status(file(name)).permissions()) & 0777;
  }

 private:
  std::string root_;
};

}  // namespace penstock
