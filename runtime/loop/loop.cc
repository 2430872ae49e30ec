#include "runtime/loop/loop.h"

#include <fcntl.h>
#include <uv.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/loop/watch.h"

namespace penstock {

namespace {

// A broken promise inside the program, in release builds too: going on would free memory that libuv still uses.
void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "penstock: bug: event loop: %s\n", what);
  std::abort();
}

Status failure(int uv_error, const char* what) { return Status::from_errno(-uv_error, what); }

}  // namespace

struct Loop::Impl {
  uv_loop_t uv;
  uv_async_t wake;
  std::size_t watches_alive = 0;
  std::mutex mutex;
  std::vector<std::function<void()>> posted;  // guarded by mutex

  std::unique_ptr<Watch> watch(std::function<void()> call) { return std::make_unique<Watch>(std::move(call), watches_alive); }

  void call_posted() noexcept {
    std::vector<std::function<void()>> calls;
    {
      const std::lock_guard lock(mutex);
      calls.swap(posted);
    }
    for (std::function<void()>& call : calls) std::exchange(call, nullptr)();
  }
};

Result<std::unique_ptr<Loop>> Loop::open() {
  auto impl = std::make_unique<Impl>();
  if (const int error = uv_loop_init(&impl->uv)) return failure(error, "cannot make an event loop");
  impl->wake.data = impl.get();
  const int error =
      uv_async_init(&impl->uv, &impl->wake, [](uv_async_t* wake) { static_cast<Impl*>(wake->data)->call_posted(); });
  if (error) {
    uv_loop_close(&impl->uv);
    return failure(error, "cannot make an event loop");
  }
  return std::unique_ptr<Loop>(new Loop(std::move(impl)));
}

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Loop::~Loop() {
  std::vector<std::function<void()>> dropped;
  {
    const std::lock_guard lock(impl_->mutex);
    dropped.swap(impl_->posted);
  }
  dropped.clear();  // may destroy watches that the calls held
  require(impl_->watches_alive == 0, "destroyed while something is still scheduled");
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->wake), nullptr);
  while (uv_run(&impl_->uv, UV_RUN_ONCE) != 0) {
    // Only closing handles are left, and background work that nobody waits for any more: each turn runs what is due.
  }
  require(uv_loop_close(&impl_->uv) == 0, "a handle was left open");
}

void Loop::run() { uv_run(&impl_->uv, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&impl_->uv); }

void Loop::run_ready() { uv_run(&impl_->uv, UV_RUN_NOWAIT); }

void Loop::post(std::function<void()> call) {
  // Waking under the lock: when the call posted last is the one that ends the loop, `wake` is not touched after it ran.
  const std::lock_guard lock(impl_->mutex);
  impl_->posted.push_back(std::move(call));
  uv_async_send(&impl_->wake);
}

std::chrono::milliseconds Loop::now() const { return std::chrono::milliseconds(uv_now(&impl_->uv)); }

std::unique_ptr<Scheduled> Loop::after(std::chrono::milliseconds delay, std::function<void()> call) {
  std::unique_ptr<Watch> watch = impl_->watch(std::move(call));
  uv_update_time(&impl_->uv);  // libuv counts from its cached time, which a long batch leaves far behind
  uv_timer_init(&impl_->uv, &watch->uv.timer);
  uv_timer_start(&watch->uv.timer, Watch::fire<uv_timer_t>, std::max<std::int64_t>(delay.count(), 0), 0);
  return std::make_unique<HeldWatch>(std::move(watch));
}

std::unique_ptr<Scheduled> Loop::every(std::chrono::milliseconds interval, std::function<void()> call) {
  std::unique_ptr<Watch> watch = impl_->watch(std::move(call));
  const auto beat = static_cast<std::uint64_t>(std::max<std::int64_t>(interval.count(), 1));
  uv_update_time(&impl_->uv);
  uv_timer_init(&impl_->uv, &watch->uv.timer);
  uv_timer_start(&watch->uv.timer, Watch::fire<uv_timer_t>, beat, beat);
  return std::make_unique<HeldWatch>(std::move(watch));
}

std::unique_ptr<Scheduled> Loop::repeatedly(std::function<void()> call) {
  // An idle handle is called once per iteration and keeps the poll for descriptors from waiting.
  std::unique_ptr<Watch> watch = impl_->watch(std::move(call));
  uv_idle_init(&impl_->uv, &watch->uv.idle);
  uv_idle_start(&watch->uv.idle, Watch::fire<uv_idle_t>);
  return std::make_unique<HeldWatch>(std::move(watch));
}

std::unique_ptr<Scheduled> Loop::on_change(const std::string& directory, std::function<void()> call) {
  std::unique_ptr<Watch> watch = impl_->watch(std::move(call));
  if (uv_fs_event_init(&impl_->uv, &watch->uv.fs_event) != 0) return nullptr;
  uv_fs_event_t* const handle = &watch->uv.fs_event;
  auto held = std::make_unique<HeldWatch>(std::move(watch));  // initialised, so to be closed even if it cannot start
  const auto changed = [](uv_fs_event_t* event, const char*, int, int) { Watch::fire(event); };
  if (uv_fs_event_start(handle, changed, directory.c_str(), 0) != 0) return nullptr;
  return held;
}

std::unique_ptr<Scheduled> Loop::on_readable(int fd, std::function<void()> call) {
  std::unique_ptr<Watch> watch = impl_->watch(std::move(call));
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || uv_poll_init(&impl_->uv, &watch->uv.poll, fd) != 0) return nullptr;
  ::fcntl(fd, F_SETFL, flags);  // uv_poll_init sets O_NONBLOCK
  uv_poll_t* const handle = &watch->uv.poll;
  auto held = std::make_unique<HeldWatch>(std::move(watch));
  const auto readable = [](uv_poll_t* poll, int, int) { Watch::fire(poll); };
  if (uv_poll_start(handle, UV_READABLE, readable) != 0) return nullptr;
  return held;
}

namespace {

// A uv_poll_t whose interest changes.
class PollWatch final : public DescriptorWatch {
 public:
  PollWatch(std::function<void(Readiness)> call, std::size_t& alive)
      : state_(new State{{}, std::move(call), alive}) {}
  PollWatch(const PollWatch&) = delete;
  PollWatch& operator=(const PollWatch&) = delete;
  ~PollWatch() override {
    if (!state_->opened) {
      delete state_;
      return;
    }
    --state_->alive;
    state_->cancelled = true;
    if (!state_->calling) state_->call = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->poll), [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
  }

  bool open(uv_loop_t* loop, int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || uv_poll_init(loop, &state_->poll, fd) != 0) return false;
    ::fcntl(fd, F_SETFL, flags);  // uv_poll_init sets O_NONBLOCK
    state_->poll.data = state_;
    state_->opened = true;
    ++state_->alive;
    return true;
  }
  void want(Readiness readiness) override {
    const int events = (readiness.readable ? UV_READABLE : 0) | (readiness.writable ? UV_WRITABLE : 0);
    if (events == state_->events && !state_->stopped) return;
    state_->events = events;
    apply(*state_);
  }

 private:
  // Lives until libuv has closed the handle.
  struct State {
    uv_poll_t poll;
    std::function<void(Readiness)> call;
    std::size_t& alive;
    int events = 0;
    bool opened = false;
    bool calling = false;
    bool cancelled = false;
    bool stopped = false;  // by libuv, after an error
  };

  static void apply(State& state) {
    state.stopped = false;
    if (state.events == 0)
      uv_poll_stop(&state.poll);
    else
      uv_poll_start(&state.poll, state.events, fire);
  }

  static void fire(uv_poll_t* poll, int status, int events) noexcept {
    auto* state = static_cast<State*>(poll->data);
    const bool failed = status < 0;
    // libuv stops a handle that it reports an error for; the owner may need several reads to come to that error.
    state->stopped = failed;
    state->calling = true;
    state->call({failed || (events & UV_READABLE) != 0, failed || (events & UV_WRITABLE) != 0});
    state->calling = false;
    if (state->cancelled)
      state->call = nullptr;
    else if (state->stopped)
      apply(*state);
  }

  State* state_;
};

// A uv_work_t, owned by libuv until it is through with it and by whoever asked for it.
struct BackgroundWork {
  BackgroundWork(std::function<void()> what, std::function<void()> then) : work(std::move(what)), done(std::move(then)) {}

  uv_work_t request;
  std::function<void()> work;
  std::function<void()> done;
  bool finished = false;
};

class HeldWork final : public Scheduled {
 public:
  HeldWork(std::shared_ptr<BackgroundWork> work, std::size_t& alive) : work_(std::move(work)), alive_(alive) { ++alive_; }
  ~HeldWork() override {
    --alive_;
    if (work_->finished) return;
    work_->done = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&work_->request));  // fails when it runs already
  }
  HeldWork(const HeldWork&) = delete;
  HeldWork& operator=(const HeldWork&) = delete;

 private:
  std::shared_ptr<BackgroundWork> work_;
  std::size_t& alive_;
};

using SharedWork = std::shared_ptr<BackgroundWork>;

void run_work(uv_work_t* request) noexcept { (*static_cast<SharedWork*>(request->data))->work(); }

void finish_work(uv_work_t* request, int) noexcept {
  const std::unique_ptr<SharedWork> held(static_cast<SharedWork*>(request->data));
  const SharedWork work = *held;
  work->finished = true;
  work->work = nullptr;
  if (const std::function<void()> done = std::exchange(work->done, nullptr)) done();
}

}  // namespace

std::unique_ptr<DescriptorWatch> Loop::watch(int fd, std::function<void(Readiness)> call) {
  auto watch = std::make_unique<PollWatch>(std::move(call), impl_->watches_alive);
  if (!watch->open(&impl_->uv, fd)) return nullptr;
  return watch;
}

std::unique_ptr<Scheduled> Loop::in_background(std::function<void()> work, std::function<void()> done) {
  auto shared = std::make_shared<BackgroundWork>(std::move(work), std::move(done));
  shared->request.data = new SharedWork(shared);
  require(uv_queue_work(&impl_->uv, &shared->request, run_work, finish_work) == 0, "cannot queue background work");
  return std::make_unique<HeldWork>(std::move(shared), impl_->watches_alive);
}

std::unique_ptr<Scheduled> Loop::on_signal(int signal, std::function<void()> call) {
  std::unique_ptr<Watch> watch = impl_->watch(std::move(call));
  require(uv_signal_init(&impl_->uv, &watch->uv.signal) == 0, "cannot watch signals");
  uv_signal_t* const handle = &watch->uv.signal;
  auto held = std::make_unique<HeldWatch>(std::move(watch));
  const auto caught = [](uv_signal_t* event, int) { Watch::fire(event); };
  require(uv_signal_start(handle, caught, signal) == 0, "a signal that cannot be watched");
  return held;
}

}  // namespace penstock
