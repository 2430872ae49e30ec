#include "bindings/http/listening_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace penstock::http {
namespace {

struct AddressCase {
  const char* text;
  const char* host;
  int port;
  bool loopback;
};

TEST(ListenAddress, HostsAndPorts) {
  const AddressCase cases[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080, true}, {"127.9.9.9:1", "127.9.9.9", 1, true},  {"[::1]:8080", "::1", 8080, true},
      {"localhost:0", "localhost", 0, true},       {":8080", "", 8080, false},             {"0.0.0.0:65535", "0.0.0.0", 65535, false},
      {"[::]:80", "::", 80, false},                {"logs.example.com:80", "logs.example.com", 80, false},
  };
  for (const AddressCase& c : cases) {
    Result<ListenAddress> address = ListenAddress::parse(c.text);
    ASSERT_TRUE(address.ok()) << c.text;
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->loopback(), c.loopback) << c.text;
    EXPECT_EQ(address->text(), c.text);
  }
}

TEST(ListenAddress, WhatIsNoAddressSaysWhatIs) {
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8080", "a:80 "}) {
    Result<ListenAddress> address = ListenAddress::parse(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.status().code(), Code::invalid);
    EXPECT_NE(address.status().text().find("\"127.0.0.1:8080\""), std::string::npos) << address.status().text();
  }
}

TEST(ListeningSocket, PortZeroBecomesARealOneWhichOthersShare) {
  Result<ListeningSocket> first = ListeningSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(first.ok()) << first.status().text();
  EXPECT_NE(first->port(), 0);
  EXPECT_TRUE(fcntl(first->fd(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(fcntl(first->fd(), F_GETFL) & O_NONBLOCK);
  Result<ListeningSocket> second = ListeningSocket::open({"127.0.0.1", first->port()});
  ASSERT_TRUE(second.ok()) << second.status().text();
  EXPECT_EQ(second->port(), first->port());
}

TEST(ListeningSocket, EveryAddress) {
  Result<ListeningSocket> socket = ListeningSocket::open({"", 0});
  ASSERT_TRUE(socket.ok()) << socket.status().text();
  EXPECT_NE(socket->port(), 0);
}

TEST(ListeningSocket, AnAddressOfSomebodyElseIsAnErrorThatNamesIt) {
  Result<ListeningSocket> socket = ListeningSocket::open({"192.0.2.1", 8080});
  ASSERT_FALSE(socket.ok());
  EXPECT_NE(socket.status().text().find("192.0.2.1:8080"), std::string::npos);
}

}  // namespace
}  // namespace penstock::http
