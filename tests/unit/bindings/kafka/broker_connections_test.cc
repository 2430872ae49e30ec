#include "bindings/kafka/broker_connections.h"

#include <gtest/gtest.h>

#include "tests/unit/support/certificates.h"

namespace penstock::kafka {
namespace {

std::vector<ProbedConnection> connections_of(ValueMap options) { return broker_connections(ClientOptions::from(std::move(options), Role::producer).value()); }

TEST(BrokerConnections, AreOneForEachBrokerInOrder) {
  const std::vector<ProbedConnection> found = connections_of({{"brokers", "kafka-1,kafka-2:9093,[::1]:9094"}});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].address.text(), "kafka-1:9092");
  EXPECT_EQ(found[1].address.text(), "kafka-2:9093");
  EXPECT_EQ(found[2].address.text(), "[::1]:9094");
  for (const ProbedConnection& each : found) EXPECT_FALSE(each.tls);
}

TEST(BrokerConnections, SpeakTlsAsTheOptionsSayAlsoBelowSasl) {
  const Value sasl = ValueMap{{"user", "u"}, {"password", Secret("p")}};
  EXPECT_FALSE(connections_of({{"brokers", "k"}, {"sasl", sasl}})[0].tls);
  const testing::Certificates files;
  files.sign("we", "");
  const ValueMap tls{{"verify_name", false}, {"ca", files.ca()}, {"cert", files.path("we.pem")}, {"key", files.path("we.encrypted.key")}, {"key_password", Secret("word")}};
  const ProbedConnection found = connections_of({{"brokers", "k"}, {"sasl", sasl}, {"tls", tls}})[0];
  ASSERT_TRUE(found.tls);
  EXPECT_TRUE(found.tls->verify);
  EXPECT_FALSE(found.tls->verify_name);
  EXPECT_TRUE(net::TlsClient::open(*found.tls).ok());
  EXPECT_FALSE(connections_of({{"brokers", "k"}, {"tls", ValueMap{{"verify", false}}}})[0].tls->verify);
}

}  // namespace
}  // namespace penstock::kafka
