#include "runtime/script/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace penstock::script {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::int64_t now_ms() { return std::chrono::duration_cast<milliseconds>(Clock::now().time_since_epoch()).count(); }

// What one thread that runs Lua shares with the watchdog. Registered from its first section until the thread ends, so
// that the watchdog never signals a thread that is gone.
class Guard {
 public:
  Guard();
  ~Guard();

  void enter(LuaState& state, milliseconds limit, const FencedCallback* on_fenced) {
    limit_ms_ = limit.count();
    on_fenced_ = on_fenced;
    state_.store(&state, std::memory_order_relaxed);
    // The watchdog reads the rest after it has seen the deadline. Sequentially consistent with its going to rest: it sees
    // the deadline before it rests, or we see it resting and wake it.
    deadline_ms_.store(now_ms() + limit_ms_, std::memory_order_seq_cst);
    wake_watchdog(limit);
  }

  // Under the lock only when the watchdog has taken notice: it may be calling back.
  void leave();

  bool busy() const { return deadline_ms_.load(std::memory_order_seq_cst) != 0; }

  // On the watchdog's thread, with its lock held.
  void look(std::int64_t now);

  // In the signal's handler, on the guard's own thread. The signal may be late: the section it meant may have ended, and
  // another one begun.
  void on_signal() noexcept {
    LuaState* state = state_.load(std::memory_order_relaxed);
    const std::int64_t meant = signalled_deadline_ms_.load(std::memory_order_relaxed);
    if (state && meant != 0 && meant == deadline_ms_.load(std::memory_order_relaxed)) state->request_stop(limit_ms_);
  }

 private:
  static void wake_watchdog(milliseconds limit);

  const pthread_t thread_ = pthread_self();
  std::atomic<LuaState*> state_{nullptr};
  std::atomic<std::int64_t> deadline_ms_{0};            // 0: no section
  std::atomic<std::int64_t> signalled_deadline_ms_{0};  // of the section that was told to stop
  long limit_ms_ = 0;
  const FencedCallback* on_fenced_ = nullptr;
  bool fenced_ = false;  // watchdog's
};

thread_local Guard* current_guard = nullptr;  // for the handler: a plain pointer needs no construction

void on_signal(int) {
  const int saved = errno;
  if (current_guard) current_guard->on_signal();
  errno = saved;
}

// The process-wide thread. Never destroyed: threads may leave sections while the process exits.
class Watchdog {
 public:
  static Watchdog& instance() {
    static Watchdog* const watchdog = new Watchdog();
    return *watchdog;
  }

  void add(Guard* guard) {
    const std::lock_guard lock(mutex_);
    guards_.push_back(guard);
  }

  void remove(Guard* guard) {
    const std::lock_guard lock(mutex_);
    std::erase(guards_, guard);
  }

  std::mutex& mutex() { return mutex_; }

  // Looks at least every tenth of the shortest limit seen; wakes from its rest when a section begins.
  void wake(milliseconds limit) {
    const milliseconds tick = std::clamp(limit / 10, milliseconds(5), milliseconds(100));
    if (tick.count() >= tick_ms_.load(std::memory_order_relaxed) && !resting_.load(std::memory_order_seq_cst)) return;
    const std::lock_guard lock(mutex_);
    tick_ms_.store(std::min<std::int64_t>(tick_ms_.load(std::memory_order_relaxed), tick.count()), std::memory_order_relaxed);
    woken_ = true;
    wake_.notify_one();
  }

 private:
  Watchdog() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(watchdog_signal(), &action, nullptr);
    std::thread([this] { run(); }).detach();
  }

  void run() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    for (;;) {
      rest_while_idle(lock);
      wake_.wait_for(lock, milliseconds(tick_ms_.load(std::memory_order_relaxed)), [this] { return woken_; });
      woken_ = false;
      const std::int64_t now = now_ms();
      for (Guard* guard : guards_) guard->look(now);
    }
  }

  // A process whose Lua is idle is not woken ten times a second. `resting_` goes up before the guards are looked at, and
  // sections set their deadline before they look at it: one of the two sees the other.
  void rest_while_idle(std::unique_lock<std::mutex>& lock) {
    if (busy()) {
      idle_ticks_ = 0;
      return;
    }
    if (++idle_ticks_ < 20) return;
    resting_.store(true, std::memory_order_seq_cst);
    if (!busy()) wake_.wait(lock, [this] { return woken_; });
    resting_.store(false, std::memory_order_seq_cst);
    idle_ticks_ = 0;
  }

  bool busy() const {
    return std::any_of(guards_.begin(), guards_.end(), [](const Guard* guard) { return guard->busy(); });
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Guard*> guards_;
  std::atomic<std::int64_t> tick_ms_{100};
  std::atomic<bool> resting_{false};
  bool woken_ = false;
  int idle_ticks_ = 0;
};

Guard::Guard() {
  current_guard = this;
  Watchdog::instance().add(this);
}

Guard::~Guard() {
  current_guard = nullptr;
  Watchdog::instance().remove(this);
}

void Guard::wake_watchdog(milliseconds limit) {
  Watchdog::instance().wake(limit);
}

void Guard::leave() {
  deadline_ms_.store(0, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  LuaState* state = state_.exchange(nullptr, std::memory_order_relaxed);
  if (state->stop_requested()) {
    const std::lock_guard lock(Watchdog::instance().mutex());
    state->clear_stop();
  }
}

[[noreturn]] void end_process(const std::string& text) {
  const std::string line = "penstock: " + text + "; ending, because this LuaJIT cannot stop compiled code\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(1);
}

std::string fenced_text(long limit_ms) {
  return "Lua code ran longer than " + std::to_string(limit_ms) + " ms and did not stop within " +
         std::to_string(watchdog_grace.count()) + " ms when told to";
}

void Guard::look(std::int64_t now) {
  const std::int64_t deadline = deadline_ms_.load(std::memory_order_acquire);
  if (deadline == 0 || now < deadline) {
    fenced_ = false;
    return;
  }
  if (signalled_deadline_ms_.load(std::memory_order_relaxed) != deadline) {
    signalled_deadline_ms_.store(deadline, std::memory_order_relaxed);
    fenced_ = false;
    pthread_kill(thread_, watchdog_signal());
    return;
  }
  if (fenced_ || now < deadline + watchdog_grace.count()) return;
  fenced_ = true;
  const std::string text = fenced_text(limit_ms_);
  if (!stops_compiled_code()) end_process(text);
  if (on_fenced_ && *on_fenced_) (*on_fenced_)(text);
}

Guard& guard_of_this_thread() {
  thread_local Guard guard;
  return guard;
}

}  // namespace

// Above the ones that the C library keeps for itself (they lie below SIGRTMIN) and the low ones that programs tend to pick.
int watchdog_signal() { return SIGRTMIN + 7; }

TimedSection::TimedSection(LuaState& state, milliseconds limit, const FencedCallback* on_fenced) : state_(state) {
  Guard& guard = guard_of_this_thread();
  outermost_ = !guard.busy();
  if (outermost_) guard.enter(state, std::max(limit, milliseconds(1)), on_fenced);
}

TimedSection::~TimedSection() {
  if (outermost_) guard_of_this_thread().leave();
}

}  // namespace penstock::script
