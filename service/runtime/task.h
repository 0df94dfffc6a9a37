// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/runtime/executor.h"

namespace klarna::runtime {

// Coroutines for the story of a call: one executor, no locks, no exceptions.
//
//   Task<absl::StatusOr<Page>> FetchPage(Position position) {
//     OneShot<Answer> answer;
//     auto transfer = transport.Start(request, answer_sink(answer));
//     co_return Decode(co_await answer);
//   }
//
// A Task owns its coroutine and starts when it is awaited. Destroying a Task
// destroys the coroutine where it stands, its locals, and the tasks it awaits:
// that is how a call is cancelled. A running coroutine must not be destroyed,
// so whoever cancels does it from a task of the executor of its own.
template <typename T>
class Task;

namespace internal {

// What Task<T> and Task<void> share: start lazily, resume whoever waits.
class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<Promise> done) noexcept {
      std::coroutine_handle<> next = done.promise().continuation_;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  void unhandled_exception() { std::abort(); }

  std::coroutine_handle<> continuation_;
};

template <typename T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  void return_value(T value) { value_.emplace(std::move(value)); }
  T Take() { return std::move(*value_); }
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void Take() {}
};

}  // namespace internal

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      Reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { Reset(); }

  explicit operator bool() const { return static_cast<bool>(handle_); }

  void Reset() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }

  // Runs it up to its first suspension. For a task that nobody awaits, or not
  // yet.
  void Start() { handle_.resume(); }

  bool done() const { return handle_.done(); }

  auto operator co_await() & noexcept { return Awaiter{handle_, true}; }
  auto operator co_await() && noexcept { return Awaiter{handle_, false}; }

 private:
  // An lvalue is a task that Start() began, perhaps to its end; an rvalue is
  // begun here.
  struct Awaiter {
    Handle handle;
    bool started;
    bool await_ready() noexcept { return started && handle.done(); }
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<> waiter) noexcept {
      handle.promise().continuation_ = waiter;
      return started ? std::noop_coroutine() : std::coroutine_handle<>(handle);
    }
    T await_resume() { return handle.promise().Take(); }
  };

  Handle handle_;
};

template <typename T>
Task<T> internal::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Task<void> internal::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// A value that a callback sets once and one coroutine awaits, in either order.
// Set resumes the waiting coroutine before it returns; Reset makes it usable
// again.
template <typename T>
class OneShot {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  void Set(T value) {
    value_.emplace(std::move(value));
    if (waiter_) std::exchange(waiter_, {}).resume();
  }
  bool is_set() const { return value_.has_value(); }
  void Reset() { value_.reset(); }

  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    waiter_ = waiter;
  }
  T await_resume() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
};

// Runs `task` after `delay` unless it is destroyed before.
class ScopedTimer {
 public:
  ScopedTimer(Executor& executor, absl::Duration delay, Executor::Task task)
      : executor_(executor), id_(executor.RunAfter(delay, std::move(task))) {}
  ~ScopedTimer() { executor_.Cancel(id_); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  Executor& executor_;
  Executor::TimerId id_;
};

// A coroutine that belongs to nobody: it starts at once and frees itself at its
// end. For what has to be finished though its caller has left.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
};

// Suspends the awaiting coroutine for a while.
inline Task<void> Sleep(Executor& executor, absl::Duration delay) {
  OneShot<bool> woken;
  ScopedTimer timer(executor, delay, [&woken] { woken.Set(true); });
  co_await woken;
}

}  // namespace klarna::runtime
