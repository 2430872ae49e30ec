#include "bindings/net/connector.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/unit/support/fake_scheduler.h"

namespace penstock::net {
namespace {

using namespace std::chrono_literals;

// Listens on a port of 127.0.0.1, and takes a connection only when the test does.
struct Listener {
  explicit Listener(int backlog) : socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const SocketAddress any = numeric_address(Address::parse("127.0.0.1:0").value()).value();
    EXPECT_EQ(::bind(socket.get(), any.get(), any.size), 0);
    EXPECT_EQ(::listen(socket.get(), backlog), 0);
    address = own_address(socket.get());
  }
  // From now on a SYN is not answered.
  void fill() {
    for (int i = 0; i < 4; ++i) {
      waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(waiting.back().get(), address.get(), address.size);
    }
  }
  Descriptor socket;
  SocketAddress address;
  std::vector<Descriptor> waiting;
};

TEST(Connector, AnAddressThatSaysNothingDoesNotHideTheNext) {
  Listener silent(0), other(8);
  silent.fill();
  penstock::testing::FakeScheduler scheduler;
  ConnectOptions options;
  options.address = Address::parse("logs.example.com:514").value();
  options.known = {silent.address, other.address};
  options.timeout = 2s;
  int answers = 0;
  const auto attempt = Connector::connect(scheduler, options, [&](Result<std::unique_ptr<Channel>>) { ++answers; });
  scheduler.advance(999ms);
  EXPECT_LT(::accept(other.socket.get(), nullptr, nullptr), 0) << "the first has half of the time";
  scheduler.advance(1ms);
  const Descriptor accepted(::accept(other.socket.get(), nullptr, nullptr));
  EXPECT_TRUE(accepted);
  scheduler.advance(1s);
  EXPECT_EQ(answers, 1) << "in all it is one timeout";
}

}  // namespace
}  // namespace penstock::net
