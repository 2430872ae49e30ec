// An HTTP server that takes everything and keeps nothing: what benchmarks send to. Prints its port, answers 200 to every
// request, and when its standard input ends prints how many requests and bytes of bodies came.
#include <arpa/inet.h>
#include <microhttpd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

namespace {

std::atomic<std::uint64_t> requests{0}, bytes{0};

MHD_Result answer(void*, MHD_Connection* connection, const char*, const char*, const char*, const char*, std::size_t* size, void** begun) {
  if (!*begun) {
    *begun = &requests;
    return MHD_YES;
  }
  if (*size != 0) {
    bytes += *size;
    *size = 0;
    return MHD_YES;
  }
  ++requests;
  MHD_Response* response = MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT);
  const MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

int main() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  MHD_Daemon* daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, answer, nullptr, MHD_OPTION_SOCK_ADDR, &address,
                                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, std::size_t{1} << 20, MHD_OPTION_END);
  if (!daemon) return std::perror("receive"), 1;
  std::printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
  std::fflush(stdout);
  for (char c; ::read(0, &c, 1) > 0;) {
  }
  MHD_stop_daemon(daemon);
  std::printf("%llu %llu\n", static_cast<unsigned long long>(requests), static_cast<unsigned long long>(bytes));
}
