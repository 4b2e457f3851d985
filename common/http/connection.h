// One connection of the server. Internal to common/http.
//
// A connection belongs to one network thread and is touched only there, so it needs no lock; a response given on
// another thread is posted to it. One request at a time: what a client sends ahead waits in the buffer.
#ifndef STOREOPS_COMMON_HTTP_CONNECTION_H_
#define STOREOPS_COMMON_HTTP_CONNECTION_H_

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "common/http/io_thread.h"
#include "common/http/request_parser.h"
#include "common/http/server.h"

namespace storeops::http {

class Connection : public Client, public std::enable_shared_from_this<Connection> {
 public:
  ~Connection() override = default;

  bool gone() const override { return gone_.load(std::memory_order_acquire); }
  void OnGone(absl::AnyInvocable<void()> notify) override { on_gone_ = std::move(notify); }

  // From any thread.
  void Respond(Response response);

  // Before its start; without one it is to be refused.
  void HoldShare(AddressShares::Share share) { share_ = std::move(share); }

  // On the connection's thread only:
  virtual void Start() = 0;
  // When it is closed. False if it never had one.
  bool GiveBackShare();
  // Answers 503 and closes: there are too many connections.
  void Refuse();
  // Looks at time limits and at clients that went.
  void Tick();
  // Lets a request that is under way end, and closes.
  void Drain();
  void Close();

 protected:
  using Buffers = std::array<boost::asio::const_buffer, 2>;
  enum class State { kHandshake, kIdle, kHeader, kBody, kHandling, kWriting, kLingering, kClosed };

  explicit Connection(std::shared_ptr<IoThread> thread) : thread_(std::move(thread)) {}

  // The stream, plain or TLS. Reads end in OnRead, writes in OnWritten, which a write's OnProgress may precede.
  virtual TcpSocket& socket() = 0;
  virtual void StartRead(boost::asio::mutable_buffer into) = 0;
  virtual void StartWrite(const Buffers& from) = 0;
  // Says goodbye; the connection is then read to its end, so that the client gets the last response whole.
  virtual void StartGoodbye() = 0;

  void OnRead(const boost::system::error_code& error, size_t bytes);
  void OnWritten(const boost::system::error_code& error);
  // Of the write that is under way, `bytes` have been taken.
  void OnProgress(size_t bytes);
  // Completes a write that is whole, and reports its progress.
  auto Watched() {
    return [this](const boost::system::error_code& error, size_t bytes) {
      OnProgress(bytes);
      return boost::asio::transfer_all()(error, bytes);
    };
  }
  void Linger();
  void Begin();  // the first request, after the handshake
  void LimitTime(absl::Duration limit);

  State state_ = State::kHandshake;
  const std::shared_ptr<IoThread> thread_;
  std::string certificate_name_;

 private:
  void NextRequest();
  void ReadMore();
  void Parse();
  void OnHeader();
  void LimitArrival();
  bool CountArriving(size_t bytes);
  bool CountOutgoing(size_t bytes);
  bool Count(AddressShares& all, size_t bytes, std::optional<AddressShares::Share>* share) const;
  void Dispatch();
  void Fail(int status, absl::string_view reason);
  void Send(Response response);
  void WriteHead(const Response& response);
  // Bodies in chunks.
  void BeginStream();
  void ReadChunk();
  void SendChunk(absl::StatusOr<std::string> chunk);
  void EndBody();
  void TellGone();

  const Server::Options& options() const { return thread_->options(); }

  std::string peer_address_;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  bool header_checked_ = false;
  bool sending_continue_ = false;
  bool timed_out_ = false;
  bool keep_alive_ = true;
  bool http_1_0_ = false;
  bool head_only_ = false;
  int served_ = 0;
  std::optional<AddressShares::Share> share_;
  std::string address_group_;
  std::optional<AddressShares::Share> arriving_;  // of this request's body, if it is large
  size_t arrived_bytes_ = 0;                      // of it, when progress was last seen
  std::chrono::steady_clock::time_point body_deadline_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::string head_;
  std::string body_;
  std::optional<AddressShares::Share> outgoing_;  // of body_, if it is large
  std::shared_ptr<BodySource> more_;              // of the response that is being sent; null: body_ is all
  int64_t more_bytes_ = 0;                        // that it has yet to give
  size_t taken_bytes_ = 0;  // of the present write, when the client was last seen to make progress
  std::atomic<bool> gone_{false};
  absl::AnyInvocable<void()> on_gone_;
};

std::shared_ptr<Connection> MakePlainConnection(std::shared_ptr<IoThread> thread, TcpSocket socket);
std::shared_ptr<Connection> MakeTlsConnection(std::shared_ptr<IoThread> thread, TcpSocket socket);

}  // namespace storeops::http

#endif  // STOREOPS_COMMON_HTTP_CONNECTION_H_
