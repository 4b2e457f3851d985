// Beast's parser, filling a Request directly. Internal to common/http.
#ifndef STOREOPS_COMMON_HTTP_REQUEST_PARSER_H_
#define STOREOPS_COMMON_HTTP_REQUEST_PARSER_H_

#include <boost/beast/http/basic_parser.hpp>

#include "common/http/server.h"

namespace storeops::http {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(size_t max_header_bytes, size_t max_body_bytes);

  Request request;
  int version = 11;

 private:
  using Error = boost::beast::error_code;
  using Text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version, Error& error) override;
  void on_response_impl(int code, Text reason, int version, Error& error) override;
  void on_field_impl(boost::beast::http::field field, Text name, Text value, Error& error) override;
  void on_header_impl(Error& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error& error) override;
  std::size_t on_body_impl(Text body, Error& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remaining, Text body, Error& error) override;
  void on_finish_impl(Error& error) override;

  bool in_header_ = true;
};

}  // namespace storeops::http

#endif  // STOREOPS_COMMON_HTTP_REQUEST_PARSER_H_
