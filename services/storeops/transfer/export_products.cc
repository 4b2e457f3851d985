#include "services/storeops/transfer/export_products.h"

#include <cstdio>
#include <map>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/storeops/transfer/new_file.h"
#include "storeops/catalog/v1/transfer_service.pb.h"

namespace storeops {
namespace {

using catalog::v1::ExportProductsRequest;
using catalog::v1::ExportProductsResponse;
using catalog::v1::ExportReport;

constexpr char kExportMethod[] = "storeops.catalog.v1.TransferService/ExportProducts";

const std::map<std::string, catalog::v1::TransferFormat>& Formats() {
  static const auto* formats = new std::map<std::string, catalog::v1::TransferFormat>{
      {"csv", catalog::v1::TRANSFER_FORMAT_CSV},
      {"jsonl", catalog::v1::TRANSFER_FORMAT_JSON_LINES},
      {"shopify", catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV},
      {"google", catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS}};
  return *formats;
}

ExportProductsRequest MakeRequest(const ExportProductsOptions& options) {
  ExportProductsRequest request;
  request.set_format(Formats().at(options.format));
  request.set_filter(options.filter);
  request.mutable_languages()->Assign(options.languages.begin(), options.languages.end());
  request.mutable_fields()->Assign(options.fields.begin(), options.fields.end());
  if (request.format() == catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS) {
    request.mutable_google()->set_link(options.link);
    request.mutable_google()->set_image_link(options.image_link);
    request.mutable_google()->set_title(options.title);
    if (!options.languages.empty()) request.mutable_google()->set_language(options.languages.front());
    request.clear_languages();
  }
  return request;
}

absl::Status Receive(Client& client, const ExportProductsOptions& options, NewFile& file, ExportReport* report) {
  bool complete = false;
  absl::Status written;
  const auto on_message = [&](const std::string& bytes) {
    ExportProductsResponse message;
    written = message.ParseFromString(bytes) ? file.Write(message.chunk()) : absl::DataLossError("cannot be read");
    if (message.has_report()) {
      *report = message.report();
      complete = true;
    }
    return written.ok();
  };
  rpc::PeerCall call;
  call.method = kExportMethod;
  RETURN_IF_ERROR(client.peer().Stream(std::move(call), MakeRequest(options).SerializeAsString(), on_message));
  RETURN_IF_ERROR(written);
  if (!complete) return absl::DataLossError("the export ended before it was complete");
  return file.Finish();
}

void Print(const ExportReport& report) {
  std::fprintf(stderr, "products %s, rows %s\n", absl::StrCat(report.products()).c_str(),
               absl::StrCat(report.rows()).c_str());
  for (const auto& [reason, count] : report.left_out()) {
    std::fprintf(stderr, "left out %s: %s\n", absl::StrCat(count).c_str(), reason.c_str());
  }
  for (const auto& [what, count] : report.incomplete()) {
    std::fprintf(stderr, "without %s: %s\n", what.c_str(), absl::StrCat(count).c_str());
  }
}

}  // namespace

void AddExportProductsOptions(CLI::App& command, ExportProductsOptions& options) {
  std::vector<std::string> formats;
  for (const auto& [name, format] : Formats()) formats.push_back(name);
  command.add_option("file", options.path, "The file to write, or - for stdout")->required();
  command.add_option("--format", options.format, "Of the file")->check(CLI::IsMember(formats))->capture_default_str();
  command.add_option("--filter", options.filter, "Which products, as in ListProducts; default: all");
  command.add_option("--languages", options.languages, "Of translations (csv), or of the texts (google)")->delimiter(',');
  command.add_option("--fields", options.fields, "Columns (csv); default: all")->delimiter(',');
  command.add_option("--link", options.link, "google: address of a product, with {product} or {sku} in it");
  command.add_option("--image-link", options.image_link, "google: address of its image, likewise");
  command.add_option("--title", options.title, "google: of the feed");
}

absl::Status ExportProducts(Client& client, const ExportProductsOptions& options) {
  ASSIGN_OR_RETURN(NewFile file, NewFile::Open(options.path));
  ExportReport report;
  const absl::Status status = Receive(client, options, file, &report);
  if (!status.ok()) {
    file.Discard();
    return status;
  }
  Print(report);
  return absl::OkStatus();
}

}  // namespace storeops
