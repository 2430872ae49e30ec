#include "runtime/admin/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::admin {
namespace {

using ::testing::HasSubstr;

Snapshot with_silence(std::chrono::milliseconds silence) {
  Snapshot out;
  out.process.workers = {{0, std::chrono::milliseconds(0)}, {0, silence}};
  return out;
}

Page get(std::string_view path, const std::optional<Secret>& token = {}, std::optional<std::string_view> authorization = {}) {
  return page({"GET", path, authorization}, token, [] { return Snapshot(); });
}

TEST(Pages, AreFoundByTheirPaths) {
  EXPECT_EQ(get("/metrics").status, 200);
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/api/v1/pipelines").body, "{\"pipelines\":[]}\n");
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_THAT(get("/nothing").body, HasSubstr("{\"error\":"));
}

TEST(Pages, AreOnlyRead) {
  const Page refused = page({"POST", "/metrics", {}}, {}, [] { return Snapshot(); });
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.at(0), std::make_pair(std::string("Allow"), std::string("GET, HEAD")));
}

TEST(Health, FailsWhenAWorkerDoesNotAnswer) {
  EXPECT_EQ(page({"GET", "/healthz", {}}, {}, [] { return with_silence(silence_max); }).status, 200);
  const Page lost = page({"GET", "/healthz", {}}, {}, [] { return with_silence(std::chrono::milliseconds(12'500)); });
  EXPECT_EQ(lost.status, 503);
  EXPECT_EQ(lost.body, "{\"healthy\":false,\"reasons\":[\"worker 1 has not answered for 12 s\"]}\n");
}

struct Authorization {
  const char* name;
  std::optional<std::string_view> header;
  int status;
};

class Token : public ::testing::TestWithParam<Authorization> {};
TEST_P(Token, IsAskedFor) { EXPECT_EQ(get("/healthz", Secret("s3cret"), GetParam().header).status, GetParam().status); }
INSTANTIATE_TEST_SUITE_P(Headers, Token,
                         ::testing::Values(Authorization{"None", {}, 401}, Authorization{"Right", "Bearer s3cret", 200}, Authorization{"Scheme", "bearer s3cret", 200},
                                           Authorization{"Wrong", "Bearer s3creT", 401}, Authorization{"Shorter", "Bearer s3cre", 401},
                                           Authorization{"Longer", "Bearer s3crets3cret", 401}, Authorization{"Empty", "Bearer ", 401},
                                           Authorization{"Basic", "Basic s3cret", 401}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(TokenOrder, IsAskedForBeforeThePathIsLookedAt) {
  const Page refused = get("/nothing", Secret("s3cret"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.at(0).first, "WWW-Authenticate");
}

}  // namespace
}  // namespace penstock::admin
