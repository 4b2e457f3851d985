#include "common/http/connection.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storeops::http {
namespace {

namespace asio = boost::asio;
using boost::beast::http::error;
using boost::system::error_code;

constexpr size_t kHeaderRead = 4 << 10;
constexpr size_t kBodyRead = 64 << 10;
constexpr size_t kKeptBuffer = 16 << 10;
// A response of at most so many bytes is sent whatever else is being sent.
constexpr size_t kSmallBody = 64 << 10;
// What arrives of a body up to here is not counted.
constexpr size_t kSmallArrival = 16 << 10;
// What a client must take of a body in chunks within its stall limit, and give of one within the arrival limit.
constexpr size_t kProgress = 16 << 10;
// Of a body in chunks, what the system stores beyond what is on its way to the client.
constexpr int kUnsentBytes = 128 << 10;
// How long a client may take to notice that the connection ends.
constexpr absl::Duration kGoodbye = absl::Seconds(2);
// While draining, how long a new connection may take to send its first request.
constexpr absl::Duration kFirstRequest = absl::Seconds(1);
constexpr absl::Duration kLongest = absl::Hours(24);
constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Text of a header that cannot break out of its line.
void AppendHeader(std::string& head, absl::string_view name, absl::string_view value) {
  absl::StrAppend(&head, name, ": ", value, "\r\n");
  const size_t begin = head.size() - value.size() - name.size() - 4;
  for (size_t i = begin; i < head.size() - 2; ++i) {
    if (head[i] == '\r' || head[i] == '\n' || head[i] == '\0') head[i] = ' ';
  }
}

bool HasHeader(const Response& response, absl::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [name](const auto& header) { return absl::EqualsIgnoreCase(header.first, name); });
}

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

// Of a refused request.
int StatusFor(const error_code& code) {
  if (code == error::body_limit) return 413;
  if (code == error::header_limit) return 431;
  return 400;
}

// The right to answer one request, once.
class Answer {
 public:
  explicit Answer(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  Answer(Answer&&) noexcept = default;
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (connection_ != nullptr) (*this)(Response{.status = 500, .headers = {}, .body = ""});
  }
  void operator()(Response response) {
    if (const auto connection = std::move(connection_)) connection->Respond(std::move(response));
  }

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace

void Connection::Begin() {
  error_code ignored;
  const auto endpoint = socket().remote_endpoint(ignored);
  if (!ignored) {
    peer_address_ = endpoint.address().to_string();
    address_group_ = AddressGroup(peer_address_);
  }
  NextRequest();
}

void Connection::NextRequest() {
  parser_.emplace(options().max_header_bytes, options().max_body_bytes);
  header_checked_ = head_only_ = http_1_0_ = false;
  if (buffer_.size() > 0) {
    state_ = State::kHeader;
    LimitTime(options().header_timeout);
    Parse();
    return;
  }
  state_ = State::kIdle;
  LimitTime(thread_->shared().draining.load(std::memory_order_relaxed) ? kFirstRequest : options().idle_timeout);
  if (buffer_.capacity() > kKeptBuffer) buffer_.shrink_to_fit();
  ReadMore();
}

void Connection::ReadMore() { StartRead(buffer_.prepare(state_ == State::kBody ? kBodyRead : kHeaderRead)); }

void Connection::OnRead(const error_code& error, size_t bytes) {
  if (state_ == State::kClosed) return;
  if (std::exchange(timed_out_, false)) {
    Fail(408, "the request took too long to arrive");
    return;
  }
  if (error) {
    Close();
    return;
  }
  if (state_ == State::kLingering) {
    StartRead(buffer_.prepare(kBodyRead));  // what comes now is of no interest, and is overwritten
    return;
  }
  buffer_.commit(bytes);
  if (state_ == State::kIdle) {
    state_ = State::kHeader;
    LimitTime(options().header_timeout);
  }
  Parse();
}

void Connection::Parse() {
  error_code code;
  buffer_.consume(parser_->put(buffer_.data(), code));
  if (code && code != error::need_more) {
    Fail(StatusFor(code), code.message());
    return;
  }
  if (parser_->is_header_done() && !header_checked_) {
    header_checked_ = true;
    OnHeader();
    if (state_ != State::kBody) return;  // refused, or telling the client to go on
  }
  if (parser_->is_done()) {
    Dispatch();
    return;
  }
  // In a body only lines around chunks are kept until they are whole.
  if (state_ == State::kBody && buffer_.size() > options().max_header_bytes) {
    Fail(431, "a line of a chunked body is too long");
    return;
  }
  if (!CountArriving(parser_->request.body.size())) {
    Fail(503, "too many large requests at once");
    return;
  }
  if (state_ == State::kBody) LimitArrival();
  ReadMore();
}

// Small bodies come and go without a lock; that there are many of them, the number of connections limits.
bool Connection::Count(AddressShares& all, size_t bytes, std::optional<AddressShares::Share>* share) const {
  if (bytes == 0) share->reset();
  if (bytes == 0) return true;
  if (share->has_value()) return (*share)->Resize(static_cast<int64_t>(bytes));
  *share = all.Take(address_group_, static_cast<int64_t>(bytes));
  return share->has_value();
}

// False if all connections together, or those of this address, hold too much.
bool Connection::CountArriving(size_t bytes) {
  return Count(*thread_->shared().arriving_bytes, bytes > kSmallArrival ? bytes : 0, &arriving_);
}

// Of what arrives of a body.
void Connection::LimitArrival() {
  const size_t arrived = parser_->request.body.size();
  if (arrived < arrived_bytes_ + kProgress) return;
  arrived_bytes_ = arrived;
  LimitTime(options().arrival_timeout);
  deadline_ = std::min(deadline_, body_deadline_);
}

void Connection::OnHeader() {
  http_1_0_ = parser_->version == 10;
  head_only_ = parser_->request.method == "HEAD";
  keep_alive_ = parser_->keep_alive();
  int hosts = 0;
  bool expects_continue = false;
  for (const auto& [name, value] : parser_->request.headers) {
    if (name == "host") ++hosts;
    // Framing that this server does not understand would let one request pass as two.
    if (name == "transfer-encoding" && (http_1_0_ || !absl::EqualsIgnoreCase(value, "chunked"))) {
      Fail(http_1_0_ ? 400 : 501, "the only transfer encoding is chunked");
      return;
    }
    if (name == "expect") {
      if (!absl::EqualsIgnoreCase(value, "100-continue")) {
        Fail(417, "the only expectation is 100-continue");
        return;
      }
      expects_continue = !http_1_0_;
    }
  }
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) {
    Fail(400, "a request has one Host header");
    return;
  }
  state_ = State::kBody;
  LimitTime(options().request_timeout);
  body_deadline_ = deadline_;
  arrived_bytes_ = 0;
  LimitTime(std::min(options().arrival_timeout, options().request_timeout));
  if (!expects_continue || parser_->is_done() || buffer_.size() > 0) return;
  sending_continue_ = true;
  state_ = State::kWriting;
  StartWrite({asio::buffer(kContinue.data(), kContinue.size()), asio::const_buffer()});
}

void Connection::Dispatch() {
  CountArriving(0);
  state_ = State::kHandling;
  deadline_ = std::chrono::steady_clock::time_point::max();
  ++served_;
  Request request = std::exchange(parser_->request, {});
  parser_->request.method = request.method;  // what a refusal needs
  parser_->request.target = request.target;
  request.peer_address = peer_address_;
  request.certificate_name = certificate_name_;
  request.client = shared_from_this();
  thread_->shared().handler(std::move(request), Answer(shared_from_this()));
}

void Connection::Respond(Response response) {
  if (thread_->InThisThread()) {
    Send(std::move(response));
    return;
  }
  thread_->Post(
      [self = shared_from_this(), response = std::move(response)]() mutable { self->Send(std::move(response)); });
}

void Connection::Send(Response response) {
  if (state_ != State::kHandling) return;  // closed meanwhile
  on_gone_ = nullptr;
  if (thread_->shared().draining.load(std::memory_order_relaxed)) keep_alive_ = false;
  if (head_only_ || !HasBody(response.status)) {
    WriteHead(response);
    response = {};
  } else if (!CountOutgoing(response.body.size())) {
    Fail(503, "too many large responses at once");
    return;
  } else {
    WriteHead(response);
  }
  state_ = State::kWriting;
  LimitTime(options().request_timeout);
  body_ = std::move(response.body);
  if (response.more != nullptr) {
    more_ = std::move(response.more);
    BeginStream();
  }
  StartWrite({asio::buffer(head_), asio::buffer(body_)});
}

void Connection::BeginStream() {
  more_bytes_ = more_->bytes();
  taken_bytes_ = 0;
  LimitTime(more_->stall_limit());
  ::setsockopt(socket().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof(kUnsentBytes));
}

void Connection::ReadChunk() {
  std::string().swap(body_);
  CountOutgoing(0);
  LimitTime(options().request_timeout);
  more_->Next([self = shared_from_this()](absl::StatusOr<std::string> chunk) {
    // Always by the queue: sources that answer at once would otherwise call each other deeper and deeper.
    self->thread_->Post([self, chunk = std::move(chunk)]() mutable { self->SendChunk(std::move(chunk)); });
  });
}

void Connection::SendChunk(absl::StatusOr<std::string> chunk) {
  if (state_ != State::kWriting || more_ == nullptr) return;  // closed meanwhile
  if (!chunk.ok() || chunk->empty() || static_cast<int64_t>(chunk->size()) > more_bytes_) {
    Close();
    return;
  }
  body_ = *std::move(chunk);
  // A chunk that was read is sent.
  CountOutgoing(body_.size());
  more_bytes_ -= static_cast<int64_t>(body_.size());
  taken_bytes_ = 0;
  LimitTime(more_->stall_limit());
  StartWrite({asio::buffer(body_), asio::const_buffer()});
}

void Connection::OnProgress(size_t bytes) {
  if (more_ == nullptr || bytes < taken_bytes_ + kProgress) return;
  taken_bytes_ = bytes;
  LimitTime(more_->stall_limit());
}

// Large bodies are not stored until the next response.
void Connection::EndBody() {
  more_ = nullptr;
  if (body_.capacity() > kKeptBuffer) std::string().swap(body_);
  CountOutgoing(0);
}

// The same of what is stored until it is sent.
bool Connection::CountOutgoing(size_t bytes) {
  return Count(*thread_->shared().outgoing_bytes, bytes > kSmallBody ? bytes : 0, &outgoing_);
}

void Connection::WriteHead(const Response& response) {
  head_.clear();
  if (response.status == 200) {
    absl::StrAppend(&head_, "HTTP/1.1 200 OK\r\nDate: ", thread_->HttpDate(), "\r\n");
  } else {
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
    absl::StrAppend(&head_, "HTTP/1.1 ", response.status, " ", absl::string_view(reason.data(), reason.size()),
                    "\r\nDate: ", thread_->HttpDate(), "\r\n");
  }
  for (const auto& [name, value] : response.headers) AppendHeader(head_, name, value);
  // Answers are for those who asked, unless a handler knows better; browsers do not guess what they are.
  if (!HasHeader(response, "cache-control")) head_.append("Cache-Control: no-store\r\n");
  if (!HasHeader(response, "x-content-type-options")) head_.append("X-Content-Type-Options: nosniff\r\n");
  const bool told = head_only_ && HasHeader(response, "content-length");
  const auto more = static_cast<size_t>(response.more == nullptr ? 0 : response.more->bytes());
  if (HasBody(response.status) && !told)
    absl::StrAppend(&head_, "Content-Length: ", response.body.size() + more, "\r\n");
  if (!keep_alive_) {
    head_.append("Connection: close\r\n");
  } else if (http_1_0_) {
    head_.append("Connection: keep-alive\r\n");
  }
  head_.append("\r\n");
}

void Connection::Fail(int status, absl::string_view reason) {
  CountArriving(0);
  if (parser_.has_value()) std::string().swap(parser_->request.body);
  keep_alive_ = false;
  state_ = State::kHandling;
  const bool known = parser_.has_value() && !parser_->request.target.empty();
  if (known && options().refusal != nullptr) {
    Send(options().refusal(parser_->request, status, reason));
  } else {
    Send({.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = absl::StrCat(reason, "\n")});
  }
}

void Connection::Refuse() { Fail(503, "too many connections"); }

bool Connection::GiveBackShare() {
  const bool had = share_.has_value();
  share_.reset();
  return had;
}

void Connection::OnWritten(const error_code& error) {
  if (state_ == State::kClosed) return;
  if (error) {
    Close();
    return;
  }
  if (sending_continue_) {
    sending_continue_ = false;
    state_ = State::kBody;
    ReadMore();
    return;
  }
  if (more_ != nullptr && more_bytes_ > 0) {
    ReadChunk();
    return;
  }
  EndBody();
  if (!keep_alive_) {
    StartGoodbye();
    return;
  }
  NextRequest();
}

void Connection::Linger() {
  state_ = State::kLingering;
  LimitTime(kGoodbye);
  buffer_.clear();
  StartRead(buffer_.prepare(kBodyRead));
}

void Connection::Tick() {
  if (state_ == State::kHandling) {
    // POLLRDHUP sees a client that left even if what it sent before still waits to be read.
    pollfd poll_for{.fd = socket().native_handle(), .events = POLLRDHUP, .revents = 0};
    if (::poll(&poll_for, 1, 0) > 0) TellGone();
    return;
  }
  if (thread_->now() < deadline_) return;
  if (!timed_out_ && (state_ == State::kHeader || state_ == State::kBody)) {
    timed_out_ = true;  // ends the read that is under way, see OnRead
    LimitTime(kGoodbye);
    error_code ignored;
    socket().cancel(ignored);
    return;
  }
  Close();
}

void Connection::LimitTime(absl::Duration limit) {
  deadline_ = thread_->now() + absl::ToChronoNanoseconds(std::min(limit, kLongest));
}

void Connection::TellGone() {
  if (gone_.exchange(true, std::memory_order_acq_rel)) return;
  if (on_gone_ == nullptr) return;
  auto notify = std::move(on_gone_);
  on_gone_ = nullptr;
  notify();
}

void Connection::Drain() {
  if (state_ != State::kIdle) return;
  error_code ignored;
  if (socket().available(ignored) > 0) return;  // a request is here, only not read yet
  if (served_ > 0) {
    Close();
  } else {
    LimitTime(kFirstRequest);
  }
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  CountArriving(0);
  CountOutgoing(0);
  more_ = nullptr;
  const auto self = shared_from_this();
  TellGone();
  error_code ignored;
  socket().close(ignored);
  thread_->Remove(this);
}

}  // namespace storeops::http
