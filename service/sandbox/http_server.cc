// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/http_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace klarna::sandbox {
namespace {

// Larger than any body that Klarna takes, so that the handler refuses it.
constexpr ev_ssize_t kLargestBody = 16 * 1024 * 1024;
constexpr ev_ssize_t kLargestHead = 64 * 1024;
constexpr size_t kLargestWrite = 1024 * 1024;

std::string MethodName(evhttp_cmd_type method) {
  switch (method) {
    case EVHTTP_REQ_GET:
      return "GET";
    case EVHTTP_REQ_POST:
      return "POST";
    case EVHTTP_REQ_PUT:
      return "PUT";
    case EVHTTP_REQ_PATCH:
      return "PATCH";
    default:
      return "DELETE";
  }
}

Request ReadRequest(evhttp_request* from) {
  Request request;
  request.method = MethodName(evhttp_request_get_command(from));
  const std::string uri = evhttp_request_get_uri(from);
  const size_t question = std::min(uri.find('?'), uri.size());
  request.path = uri.substr(0, question);
  request.query = uri.substr(std::min(question + 1, uri.size()));
  evkeyvalq* headers = evhttp_request_get_input_headers(from);
  for (evkeyval* header = headers->tqh_first; header != nullptr;
       header = header->next.tqe_next) {
    request.headers.push_back({header->key, header->value});
  }
  evbuffer* body = evhttp_request_get_input_buffer(from);
  request.body.resize(evbuffer_get_length(body));
  evbuffer_remove(body, request.body.data(), request.body.size());
  return request;
}

// Linux dissolves a TCP connection with RST where it is connected to nothing;
// a later close has no FIN to send.
void Reset(evutil_socket_t fd) {
  sockaddr nothing{};
  nothing.sa_family = AF_UNSPEC;
  connect(fd, &nothing, sizeof(nothing));
}

// Accepted connections inherit it: no answer waits for an acknowledgement.
void DisableDelay(evutil_socket_t listener) {
  const int on = 1;
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// The bytes of an answer that is not delivered whole: its head and one half of
// its body.
std::string BrokenBytes(const Answer& answer) {
  std::string body = answer.body;
  std::string part;
  if (answer.more) answer.more(&part);
  body += part;
  std::string bytes =
      absl::StrCat("HTTP/1.1 ", answer.status, " Simulated\r\n");
  for (const Header& header : answer.headers) {
    absl::StrAppend(&bytes, header.name, ": ", header.value, "\r\n");
  }
  const std::string half = body.substr(0, body.size() / 2);
  switch (answer.delivery) {
    case Delivery::kTruncated:
      absl::StrAppend(&bytes, "Content-Length: ", body.size(), "\r\n\r\n",
                      half);
      break;
    case Delivery::kUnfinished:
      absl::StrAppend(&bytes, "Transfer-Encoding: chunked\r\n\r\n",
                      absl::Hex(half.size()), "\r\n", half, "\r\n");
      break;
    default:
      absl::StrAppend(&bytes, "Connection: close\r\n\r\n", half);
      break;
  }
  return bytes;
}

}  // namespace

// All that lives on the server's thread.
class HttpServer::Loop {
 public:
  explicit Loop(Handler handler) : handler_(std::move(handler)) {}

  ~Loop() {
    if (thread_.joinable()) {
      stopping_ = true;
      Wake();
      thread_.join();
    }
    // Streams first: their connections' close would look at them.
    while (!streams_.empty()) Forget(*streams_.begin());
    while (!pending_.empty()) GiveUp(*pending_.begin());
    if (http_ != nullptr) evhttp_free(http_);
    if (wake_event_ != nullptr) event_free(wake_event_);
    if (base_ != nullptr) event_base_free(base_);
    if (wake_fd_ >= 0) close(wake_fd_);
  }

  absl::Status Start(uint16_t port) {
    base_ = event_base_new();
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (base_ == nullptr || wake_fd_ < 0) {
      return absl::UnavailableError("sandbox: no event loop can be made");
    }
    wake_event_ = event_new(
        base_, wake_fd_, EV_READ | EV_PERSIST,
        [](evutil_socket_t, short, void* self) {
          static_cast<Loop*>(self)->OnWake();
        },
        this);
    event_add(wake_event_, nullptr);

    http_ = evhttp_new(base_);
    evhttp_set_default_content_type(http_, nullptr);
    evhttp_set_max_body_size(http_, kLargestBody);
    evhttp_set_max_headers_size(http_, kLargestHead);
    evhttp_set_allowed_methods(http_, EVHTTP_REQ_GET | EVHTTP_REQ_POST |
                                          EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
                                          EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD |
                                          EVHTTP_REQ_OPTIONS);
    evhttp_set_gencb(
        http_,
        [](evhttp_request* request, void* self) {
          static_cast<Loop*>(self)->OnRequest(request);
        },
        this);
    evhttp_bound_socket* socket =
        evhttp_bind_socket_with_handle(http_, "127.0.0.1", port);
    if (socket == nullptr) {
      return absl::UnavailableError(absl::StrCat(
          "sandbox: port ", port,
          " of 127.0.0.1 cannot be had; give another one, or 0 for any"));
    }
    DisableDelay(evhttp_bound_socket_get_fd(socket));
    ReadPort(evhttp_bound_socket_get_fd(socket));
    thread_ = std::thread([this] { event_base_dispatch(base_); });
    return absl::OkStatus();
  }

  uint16_t port() const { return port_; }

  void Run(absl::AnyInvocable<void()> task) {
    bool done = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back([&] {
        task();
        const std::lock_guard<std::mutex> done_lock(mutex_);
        done = true;
        task_done_.notify_all();
      });
    }
    Wake();
    std::unique_lock<std::mutex> lock(mutex_);
    task_done_.wait(lock, [&] { return done; });
  }

 private:
  // An answer that waits for its delay.
  struct Pending {
    Loop* loop;
    evhttp_request* request;
    Answer answer;
    event* timer = nullptr;
  };

  // A body on its way, one part at a time.
  struct Stream {
    Loop* loop;
    evhttp_request* request;
    std::function<bool(std::string*)> more;
    evbuffer* buffer;
  };

  void ReadPort(evutil_socket_t fd) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  void Wake() {
    const uint64_t one = 1;
    // A full counter is awake already.
    [[maybe_unused]] const ssize_t n = write(wake_fd_, &one, sizeof(one));
  }

  void OnWake() {
    uint64_t count;
    [[maybe_unused]] const ssize_t n = read(wake_fd_, &count, sizeof(count));
    std::vector<absl::AnyInvocable<void()>> tasks;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
    if (stopping_) event_base_loopbreak(base_);
  }

  void OnRequest(evhttp_request* request) {
    // A page in one write instead of 16 KiB at a time.
    bufferevent_set_max_single_write(
        evhttp_connection_get_bufferevent(
            evhttp_request_get_connection(request)),
        kLargestWrite);
    Answer answer = handler_(ReadRequest(request));
    if (answer.delay <= absl::ZeroDuration() &&
        answer.delivery == Delivery::kWhole) {
      Send(request, std::move(answer));
      return;
    }
    // Connections are not closed from within evhttp's own callback.
    auto* pending = new Pending{this, request, std::move(answer)};
    pending_.insert(pending);
    pending->timer = evtimer_new(
        base_,
        [](evutil_socket_t, short, void* arg) {
          auto* due = static_cast<Pending*>(arg);
          due->loop->OnDue(due);
        },
        pending);
    const timeval delay =
        absl::ToTimeval(std::max(pending->answer.delay, absl::ZeroDuration()));
    evtimer_add(pending->timer, &delay);
  }

  void OnDue(Pending* pending) {
    evhttp_request* request = pending->request;
    Answer answer = std::move(pending->answer);
    Drop(pending);
    if (evhttp_request_get_connection(request) == nullptr) {
      // The caller has left; the request belongs to nobody else.
      evhttp_request_free(request);
    } else if (answer.delivery == Delivery::kWhole) {
      Send(request, std::move(answer));
    } else {
      Break(request, answer);
    }
  }

  void Drop(Pending* pending) {
    event_free(pending->timer);
    pending_.erase(pending);
    delete pending;
  }

  // The request of a connection that is gone belongs to nobody else.
  void GiveUp(Pending* pending) {
    evhttp_request* request = pending->request;
    Drop(pending);
    if (evhttp_request_get_connection(request) == nullptr) {
      evhttp_request_free(request);
    }
  }

  static void AddHeaders(const Answer& answer, evhttp_request* request) {
    evkeyvalq* headers = evhttp_request_get_output_headers(request);
    for (const Header& header : answer.headers) {
      evhttp_add_header(headers, header.name.c_str(), header.value.c_str());
    }
  }

  void Send(evhttp_request* request, Answer answer) {
    AddHeaders(answer, request);
    if (answer.more) {
      StartStream(request, std::move(answer));
      return;
    }
    evbuffer* buffer = evbuffer_new();
    // The body is handed over, not copied.
    auto* body = new std::string(std::move(answer.body));
    evbuffer_add_reference(
        buffer, body->data(), body->size(),
        [](const void*, size_t, void* owner) {
          delete static_cast<std::string*>(owner);
        },
        body);
    evhttp_send_reply(request, answer.status, nullptr, buffer);
    evbuffer_free(buffer);
  }

  void StartStream(evhttp_request* request, Answer answer) {
    auto* stream =
        new Stream{this, request, std::move(answer.more), evbuffer_new()};
    streams_.insert(stream);
    evhttp_connection_set_closecb(
        evhttp_request_get_connection(request),
        [](evhttp_connection*, void* arg) {
          auto* closed = static_cast<Stream*>(arg);
          evhttp_request* abandoned = closed->request;
          closed->loop->Forget(closed);
          // The connection is gone, so this only frees the request.
          evhttp_send_reply_end(abandoned);
        },
        stream);
    evhttp_send_reply_start(request, answer.status, nullptr);
    SendPart(stream);
  }

  // The next part is made when the one before has left the process.
  void SendPart(Stream* stream) {
    std::string part;
    if (!stream->more(&part)) {
      evhttp_request* request = stream->request;
      Forget(stream);
      evhttp_send_reply_end(request);
      return;
    }
    evbuffer_add(stream->buffer, part.data(), part.size());
    evhttp_send_reply_chunk_with_cb(
        stream->request, stream->buffer,
        [](evhttp_connection*, void* arg) {
          auto* sent = static_cast<Stream*>(arg);
          sent->loop->SendPart(sent);
        },
        stream);
  }

  void Forget(Stream* stream) {
    evhttp_connection* connection =
        evhttp_request_get_connection(stream->request);
    if (connection != nullptr) {
      evhttp_connection_set_closecb(connection, nullptr, nullptr);
    }
    evbuffer_free(stream->buffer);
    streams_.erase(stream);
    delete stream;
  }

  void Break(evhttp_request* request, const Answer& answer) {
    evhttp_connection* connection = evhttp_request_get_connection(request);
    bufferevent* wire = evhttp_connection_get_bufferevent(connection);
    if (answer.delivery == Delivery::kReset) Reset(bufferevent_getfd(wire));
    if (answer.delivery == Delivery::kReset ||
        answer.delivery == Delivery::kNone) {
      evhttp_connection_free(connection);
      return;
    }
    const std::string bytes = BrokenBytes(answer);
    bufferevent_setcb(
        wire, nullptr,
        [](bufferevent*, void* arg) {
          evhttp_connection_free(static_cast<evhttp_connection*>(arg));
        },
        [](bufferevent*, short, void* arg) {
          evhttp_connection_free(static_cast<evhttp_connection*>(arg));
        },
        connection);
    bufferevent_write(wire, bytes.data(), bytes.size());
    bufferevent_enable(wire, EV_WRITE);
  }

  Handler handler_;
  event_base* base_ = nullptr;
  evhttp* http_ = nullptr;
  event* wake_event_ = nullptr;
  int wake_fd_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::unordered_set<Pending*> pending_;
  std::unordered_set<Stream*> streams_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable task_done_;
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(uint16_t port,
                                                              Handler handler) {
  auto loop = std::make_unique<Loop>(std::move(handler));
  const absl::Status status = loop->Start(port);
  if (!status.ok()) return status;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(loop)));
}

HttpServer::HttpServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

HttpServer::~HttpServer() = default;

uint16_t HttpServer::port() const { return loop_->port(); }

void HttpServer::Run(absl::AnyInvocable<void()> task) {
  loop_->Run(std::move(task));
}

}  // namespace klarna::sandbox
