#include "bindings/net/listening_socket.h"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace penstock::net {
namespace {

const ListenOwner owner{"p", 0};

ListenOptions at(const std::string& text, SocketKind kind = SocketKind::stream) {
  ListenOptions options;
  options.address = Address::parse(text).value();
  options.kind = kind;
  return options;
}

ListeningSocket must_open(Listening& listening, int worker = 0, const ListenOwner& who = owner) {
  Result<ListeningSocket> socket = listening.open(who, worker);
  EXPECT_TRUE(socket.ok()) << (socket.ok() ? "" : socket.status().text());
  return socket.ok() ? *std::move(socket) : ListeningSocket();
}

Descriptor connect_to(const SocketAddress& address, int type = SOCK_STREAM) {
  Descriptor out(::socket(address.family(), type, 0));
  if (::connect(out.get(), address.get(), address.size) != 0) out.reset();
  return out;
}

struct TemporaryPath {
  TemporaryPath() {
    char pattern[] = "/tmp/penstock-net-XXXXXX";
    folder = mkdtemp(pattern);
  }
  ~TemporaryPath() { std::filesystem::remove_all(folder); }
  std::string socket() const { return folder + "/s"; }
  std::string folder;
};

TEST(ListeningSocket, WorkersOfOneSourceShareThePortTheKernelChose) {
  for (const SocketKind kind : {SocketKind::stream, SocketKind::datagram}) {
    Listening listening(at("127.0.0.1:0", kind));
    const ListeningSocket first = must_open(listening, 0), second = must_open(listening, 1);
    EXPECT_NE(first.address().port(), 0);
    EXPECT_EQ(first.address().text(), second.address().text());
    EXPECT_TRUE(first.first());
    EXPECT_FALSE(second.first());
    EXPECT_FALSE(first.is_shared()) << "each worker has its own";
  }
}

TEST(ListeningSocket, SourcesWithPortZeroGetPortsOfTheirOwn) {
  Listening one(at("127.0.0.1:0")), two(at("127.0.0.1:0"));
  EXPECT_NE(must_open(one).address().port(), 0);
  const ListeningSocket a = must_open(one), b = must_open(two, 0, {"p", 1});
  EXPECT_NE(a.address().port(), b.address().port());
}

TEST(ListeningSocket, AnAddressInUseIsRefused) {
  Listening first(at("127.0.0.1:0"));
  const ListeningSocket held = must_open(first);
  // Not through this process's table: as another process would see it.
  Listening other(at("[::ffff:127.0.0.1]:" + std::to_string(held.address().port())));
  const Result<ListeningSocket> refused = other.open(owner, 0);
  ASSERT_FALSE(refused.ok()) << "though both have SO_REUSEPORT";
  EXPECT_NE(refused.status().text().find("cannot listen on"), std::string::npos);
  EXPECT_NE(refused.status().text().find("in use"), std::string::npos) << refused.status().text();
}

TEST(ListeningSocket, ASecondSourceWithTheAddressIsToldWhoHasIt) {
  Listening probe(at("127.0.0.1:0"));
  const std::string address = must_open(probe).address().text();
  Listening first(at(address)), second(at(address));
  const ListeningSocket held = must_open(first);
  const Result<ListeningSocket> refused = second.open({"q", 2}, 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().text(), "cannot listen on " + address + ": source 0 of pipeline p does already");
}

TEST(ListeningSocket, WhoTakesOverSharesTheSocketAndWhatWaitsInIt) {
  Listening probe(at("127.0.0.1:0"));
  const std::string address = must_open(probe).address().text();
  Listening old_plan(at(address)), new_plan(at(address));
  ListeningSocket old_one = must_open(old_plan);
  const Descriptor waiting = connect_to(old_one.address());
  ASSERT_TRUE(waiting);
  ListeningSocket new_one = must_open(new_plan);
  EXPECT_TRUE(old_one.is_shared());
  old_one = ListeningSocket();
  EXPECT_FALSE(new_one.is_shared());
  EXPECT_TRUE(Descriptor(::accept(new_one.fd(), nullptr, nullptr))) << "the connection that waited is not lost";
}

TEST(ListeningSocket, AnAddressIsFreeAfterItsLastHold) {
  Listening listening(at("127.0.0.1:0"));
  ListeningSocket socket = must_open(listening);
  const SocketAddress address = socket.address();
  socket = ListeningSocket();
  EXPECT_FALSE(connect_to(address));
  Listening again(at(address.text()));
  EXPECT_TRUE(must_open(again, 0, {"other", 3}));
}

TEST(ListeningSocket, Ipv6TakesIpv4OnTheWildcard) {
  Listening listening(at("[::]:0"));
  const ListeningSocket socket = must_open(listening);
  EXPECT_TRUE(connect_to(numeric_address({"127.0.0.1", socket.address().port(), ""}).value()));
}

TEST(UnixListeningSocket, MakesItsFileWithItsModeAndRemovesIt) {
  const TemporaryPath path;
  for (const SocketKind kind : {SocketKind::stream, SocketKind::datagram}) {
    ListenOptions options = at("unix:" + path.socket(), kind);
    options.mode = 0622;
    Listening listening(options);
    ListeningSocket socket = must_open(listening);
    struct stat made {};
    ASSERT_EQ(::lstat(path.socket().c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777, 0622u);
    socket = ListeningSocket();
    EXPECT_NE(::lstat(path.socket().c_str(), &made), 0) << "the file is left behind";
  }
}

TEST(UnixListeningSocket, ReplacesAFileThatNobodyListensOnAndNoOther) {
  const TemporaryPath path;
  const SocketAddress address = numeric_address({"", 0, path.socket()}).value();
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    Descriptor left_over(::socket(AF_UNIX, type, 0));
    ASSERT_EQ(::bind(left_over.get(), address.get(), address.size), 0);
    if (type == SOCK_STREAM) {
      ASSERT_EQ(::listen(left_over.get(), 1), 0);
    }
    for (const SocketKind kind : {SocketKind::stream, SocketKind::datagram}) {
      Listening in_use(at("unix:" + path.socket(), kind));
      EXPECT_FALSE(in_use.open(owner, 0).ok()) << "somebody listens there";
    }
    left_over.reset();
    Listening free(at("unix:" + path.socket()));
    EXPECT_TRUE(must_open(free));
  }
}

TEST(UnixListeningSocket, AFileThatIsNoSocketStays) {
  const TemporaryPath path;
  Descriptor file(::open(path.socket().c_str(), O_CREAT | O_WRONLY, 0600));
  Listening listening(at("unix:" + path.socket()));
  const Result<ListeningSocket> refused = listening.open(owner, 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::invalid);
  EXPECT_TRUE(std::filesystem::exists(path.socket()));
}

TEST(UnixListeningSocket, AStreamIsOneForAllWorkersADatagramIsWorkerZeros) {
  const TemporaryPath path;
  Listening listening(at("unix:" + path.socket()));
  const ListeningSocket zero = must_open(listening, 0), one = must_open(listening, 1);
  EXPECT_TRUE(zero.is_shared());
  EXPECT_TRUE(listening.serves(1));
  EXPECT_FALSE(Listening(at("unix:" + path.socket(), SocketKind::datagram)).serves(1));
}

}  // namespace
}  // namespace penstock::net
