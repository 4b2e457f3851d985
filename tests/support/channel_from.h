// gRPC channels that come from a chosen one of this machine's addresses.
#ifndef STOREOPS_TESTS_SUPPORT_CHANNEL_FROM_H_
#define STOREOPS_TESTS_SUPPORT_CHANNEL_FROM_H_

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>

namespace storeops::testing {

// To a server on 127.0.0.1, on one connection that is not made again.
inline std::shared_ptr<grpc::Channel> ChannelFrom(const char* from, int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &address.sin_addr);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::fcntl(socket, F_SETFL, O_NONBLOCK), 0);
  return grpc::CreateInsecureChannelFromFd(from, socket);
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_CHANNEL_FROM_H_
