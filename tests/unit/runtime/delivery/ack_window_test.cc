#include "runtime/delivery/ack_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

namespace penstock {
namespace {

TEST(AckWindow, StartsWhereTheStreamDoes) { EXPECT_EQ(AckWindow(70).acked(), 70u); }

TEST(AckWindow, MovesOnlyOverWhatIsSettledWithoutAGap) {
  AckWindow window(0);
  const auto a = window.open(10), b = window.open(20), c = window.open(30);
  EXPECT_FALSE(window.settle(b, true));
  EXPECT_EQ(window.acked(), 0u);
  EXPECT_TRUE(window.settle(a, true));
  EXPECT_EQ(window.acked(), 20u);
  EXPECT_TRUE(window.settle(c, true));
  EXPECT_EQ(window.acked(), 30u);
  EXPECT_EQ(window.unsettled(), 0u);
}

TEST(AckWindow, AnUndeliveredTicketStopsItForGood) {
  AckWindow window(0);
  const auto a = window.open(10), b = window.open(20), c = window.open(30);
  window.settle(b, false);
  EXPECT_FALSE(window.stopped()) << "what stands before it may still move";
  window.settle(c, true);
  EXPECT_TRUE(window.settle(a, true));
  EXPECT_TRUE(window.stopped());
  const auto d = window.open(40);
  EXPECT_FALSE(window.settle(d, true));
  EXPECT_EQ(window.acked(), 10u);
  EXPECT_EQ(window.unsettled(), 0u);
}

TEST(AckWindow, ABatchWithoutBytesDoesNotMoveIt) {
  AckWindow window(5);
  EXPECT_FALSE(window.settle(window.open(5), true));
  EXPECT_EQ(window.acked(), 5u);
}

// The same thing as a list of all tickets ever.
class Model {
 public:
  void open(std::uint64_t end) { tickets_.push_back({end, std::nullopt}); }
  void settle(std::size_t ticket, bool durable) { tickets_[ticket].durable = durable; }
  std::uint64_t acked() const {
    std::uint64_t position = 0;
    for (const auto& ticket : tickets_) {
      if (ticket.durable != true) break;
      position = ticket.end;
    }
    return position;
  }

 private:
  struct Entry {
    std::uint64_t end;
    std::optional<bool> durable;
  };
  std::vector<Entry> tickets_;
};

TEST(AckWindow, AgreesWithASimpleList) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    AckWindow window(0);
    Model model;
    std::vector<AckWindow::Ticket> open;
    std::uint64_t end = 0;
    const unsigned failures = seed % 2 == 0 ? 0 : 200;  // one in 200 ends undelivered
    for (int step = 0; step < 1500; ++step) {
      if (open.empty() || random() % 100 < (step % 300 < 150 ? 70u : 30u)) {
        end += random() % 100;
        open.push_back(window.open(end));
        model.open(end);
      } else {
        std::swap(open[random() % open.size()], open.back());
        const bool durable = failures == 0 || random() % failures != 0;
        const std::uint64_t before = window.acked();
        const bool moved = window.settle(open.back(), durable);
        model.settle(open.back(), durable);
        open.pop_back();
        ASSERT_EQ(moved, window.acked() != before);
      }
      ASSERT_EQ(window.acked(), model.acked());
      ASSERT_EQ(window.unsettled(), open.size());
    }
  }
}

}  // namespace
}  // namespace penstock
