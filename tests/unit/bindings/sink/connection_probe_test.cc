#include "bindings/sink/connection_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>

#include "runtime/loop/loop.h"
#include "tests/unit/support/certificates.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = ProbeStep::Result;

const testing::Certificates& certificates() {
  static const testing::Certificates* const made = [] {
    ::signal(SIGPIPE, SIG_IGN);  // as main does
    auto* const out = new testing::Certificates;
    out->sign("server", "DNS:logs.example.com,IP:127.0.0.1", 90 * 24 * 3600);
    out->sign("soon", "IP:127.0.0.1", 3 * 24 * 3600);
    out->sign("other", "DNS:other.example.com", 90 * 24 * 3600);
    out->sign("expired", "IP:127.0.0.1", -3600);
    return out;
  }();
  return *made;
}

// A probe on a real loop, and a server that shakes hands when it has a certificate, and says nothing when it has none.
class ConnectionProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::ListenOptions at;
    at.address = {"127.0.0.1", 0, ""};
    listening_ = std::make_unique<net::Listening>(at);
    socket_ = listening_->open({"test", 0}, 0).value();
    connection_.address = {"127.0.0.1", socket_.address().port(), ""};
    connection_.timeout = std::chrono::milliseconds(2000);
  }
  void serve(const std::string& certificate) {
    server_ = net::TlsServer::open({{certificates().path(certificate + ".pem"), Value(certificates().path(certificate + ".key"))}, ""}).value();
  }
  net::TlsClientOptions& tls() {
    if (!connection_.tls) connection_.tls.emplace().ca = certificates().ca();
    return *connection_.tls;
  }
  // Whether all steps went well.
  bool run() {
    std::optional<bool> well;
    const auto probe = probe_connection(*loop_, connection_, {[this](ProbeStep step) { steps_.push_back(std::move(step)); }, [&](bool all) { well = all; }});
    EXPECT_FALSE(well || !steps_.empty()) << "never from inside the call";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!well && std::chrono::steady_clock::now() < deadline) {
      loop_->run_ready();
      answer_some();
      ::poll(nullptr, 0, 1);
    }
    EXPECT_TRUE(well) << "no end";
    return well.value_or(false);
  }
  // `ok TCP`, ...
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const ProbeStep& step : steps_)
      out.push_back(std::string(step.result == Kind::passed ? "ok " : step.result == Kind::warned ? "warn " : "fail ") + step.name);
    return out;
  }
  const ProbeStep& last() const { return steps_.back(); }

  ProbedConnection connection_;
  net::ListeningSocket socket_;

 private:
  void answer_some() {
    if (!server_) return;
    if (!peer_) {
      net::Descriptor taken(::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (taken) peer_ = server_->channel(std::move(taken));
    }
    char ignored[256];
    if (peer_) (void)peer_->read(ignored);
  }

  const std::unique_ptr<Loop> loop_ = Loop::open().value();
  std::unique_ptr<net::Listening> listening_;
  std::unique_ptr<net::TlsServer> server_;
  std::unique_ptr<net::Channel> peer_;
  std::vector<ProbeStep> steps_;
};

TEST_F(ConnectionProbeTest, AConnectionIsMadeAndSaysWhereTo) {
  EXPECT_TRUE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP"));
  EXPECT_EQ(last().text, connection_.address.text());
  EXPECT_TRUE(last().took);
}

TEST_F(ConnectionProbeTest, ARefusalSaysWhatToCheck) {
  socket_ = {};
  EXPECT_FALSE(run());
  EXPECT_THAT(told(), ElementsAre("fail TCP"));
  EXPECT_THAT(last().text, HasSubstr("Connection refused"));
  EXPECT_THAT(last().advice, HasSubstr("check host and port"));
}

TEST_F(ConnectionProbeTest, AnUnknownHostIsNamed) {
  connection_.address.host = "no-such-host.invalid";
  EXPECT_FALSE(run());
  EXPECT_THAT(told(), ElementsAre("fail DNS"));
  EXPECT_THAT(last().text, HasSubstr("no-such-host.invalid"));
}

TEST_F(ConnectionProbeTest, BehindAProxyAFailureIsOnlyAWarning) {
  socket_ = {};
  connection_.proxy_variable = "https_proxy";
  EXPECT_TRUE(run());
  EXPECT_THAT(told(), ElementsAre("warn TCP"));
  EXPECT_THAT(last().advice, HasSubstr("https_proxy"));
}

TEST_F(ConnectionProbeTest, AGoodCertificateIsShown) {
  serve("server");
  tls();
  EXPECT_TRUE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP", "ok TLS"));
  EXPECT_THAT(last().text, ::testing::MatchesRegex("TLSv1.3, CN=server by CN=test authority, until 20..-..-..T..:..:..Z"));
}

TEST_F(ConnectionProbeTest, ACertificateThatEndsSoonIsWorthAWord) {
  serve("soon");
  tls();
  EXPECT_TRUE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP", "warn TLS"));
  EXPECT_THAT(last().text, HasSubstr("(in 2d 23h)"));
}

struct BadCertificate {
  const char *certificate, *server_name, *says, *advice;
  bool ca = true;
};
void PrintTo(const BadCertificate& bad, std::ostream* out) { *out << bad.says; }

class BadCertificates : public ConnectionProbeTest, public ::testing::WithParamInterface<BadCertificate> {};

TEST_P(BadCertificates, SaysWhyAndWhatToDo) {
  serve(GetParam().certificate);
  tls().server_name = GetParam().server_name;
  if (!GetParam().ca) tls().ca = "";
  EXPECT_FALSE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP", "fail TLS"));
  EXPECT_THAT(last().text, HasSubstr(GetParam().says));
  EXPECT_THAT(last().advice, HasSubstr(GetParam().advice));
}

INSTANTIATE_TEST_SUITE_P(All, BadCertificates,
                         ::testing::Values(BadCertificate{"expired", "", "certificate has expired", "renew the server's certificate"},
                                           BadCertificate{"other", "", "IP address mismatch", "it is for other.example.com, not for 127.0.0.1"},
                                           BadCertificate{"server", "wrong.example.com", "hostname mismatch", "it is for logs.example.com, 127.0.0.1, not for wrong.example.com"},
                                           BadCertificate{"server", "", "unable to get local issuer certificate", "give the authority that signed it by tls = { ca", false}));

TEST_F(ConnectionProbeTest, WithoutVerificationABadCertificateIsAWarning) {
  serve("expired");
  tls().verify = false;
  EXPECT_TRUE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP", "warn TLS"));
  EXPECT_THAT(last().text, HasSubstr("not trusted: certificate has expired"));
}

TEST_F(ConnectionProbeTest, WithoutVerificationOfTheNameThatIsAWarning) {
  serve("other");
  tls().verify_name = false;
  EXPECT_TRUE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP", "warn TLS"));
  EXPECT_THAT(last().advice, HasSubstr("verify_name = false"));
}

TEST_F(ConnectionProbeTest, AServerThatSpeaksNoTlsIsToldFromOneThatRefuses) {
  tls();
  connection_.timeout = std::chrono::milliseconds(50);
  EXPECT_FALSE(run());
  EXPECT_THAT(told(), ElementsAre("ok TCP", "fail TLS"));
  EXPECT_THAT(last().text, HasSubstr("no handshake in 50ms"));
}

TEST_F(ConnectionProbeTest, AFileThatIsMissingIsNamed) {
  tls().ca = "/no/such/ca.pem";
  EXPECT_FALSE(run());
  EXPECT_THAT(told(), ElementsAre("fail TLS"));
  EXPECT_THAT(last().text, HasSubstr("/no/such/ca.pem"));
}

TEST(ConnectionOf, TakesHostPortAndTlsFromTheUrl) {
  struct Case {
    const char *url, *address;
    bool tls;
  };
  const Case cases[] = {{"https://logs.example.com/in", "logs.example.com:443", true},
                        {"http://logs.example.com", "logs.example.com:80", false},
                        {"http://127.0.0.1:8080/x?y", "127.0.0.1:8080", false},
                        {"https://[::1]/x", "[::1]:443", true},
                        {"https://[::1]:8443/x", "[::1]:8443", true}};
  http::ClientOptions options;
  options.tls.verify = false;
  for (const Case& c : cases) {
    const ProbedConnection connection = connection_of(http::Url::parse(c.url).value(), options);
    EXPECT_EQ(connection.address.text(), c.address);
    EXPECT_EQ(connection.tls.has_value(), c.tls) << c.url;
    EXPECT_FALSE(c.tls && connection.tls->verify) << c.url;
  }
}

}  // namespace
}  // namespace penstock
