// A libuv handle and the call that it makes. Internal to this folder: the only place with uv.h.
#pragma once
#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/loop/scheduler.h"

namespace penstock {

// libuv keeps a pointer to a handle until its close callback, so a Watch lives from uv_*_init until then: cancel() asks for
// the close, the callback frees.
class Watch {
 public:
  // `alive` counts the watches that nobody has cancelled; outlives the watch.
  Watch(std::function<void()> call, std::size_t& alive) : call_(std::move(call)), alive_(alive) { uv.handle.data = this; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  uv_any_handle uv;

  // To be said once the handle is initialised: from here it must be closed.
  void opened() {
    uv.handle.data = this;
    ++alive_;
  }
  // Ends the handle, frees the watch in a later iteration, and the call as soon as it is not running.
  void cancel() {
    --alive_;
    cancelled_ = true;
    if (!calling_) call_ = nullptr;
    uv_close(&uv.handle, [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
  }
  // What every callback does. noexcept: nothing may be thrown through libuv's C frames.
  template <class Handle>
  static void fire(Handle* handle) noexcept {
    static_cast<Watch*>(handle->data)->run();
  }

 private:
  void run() noexcept {
    calling_ = true;
    call_();
    calling_ = false;
    if (cancelled_) call_ = nullptr;
  }

  std::function<void()> call_;
  std::size_t& alive_;
  bool calling_ = false;
  bool cancelled_ = false;
};

// The owner's end of a Watch.
class HeldWatch final : public Scheduled {
 public:
  explicit HeldWatch(std::unique_ptr<Watch> watch) : watch_(watch.release()) { watch_->opened(); }
  ~HeldWatch() override { watch_->cancel(); }
  HeldWatch(const HeldWatch&) = delete;
  HeldWatch& operator=(const HeldWatch&) = delete;

 private:
  Watch* watch_;  // frees itself
};

}  // namespace penstock
