#include "services/storeops/transfer/export_products.h"

#include <cstdio>
#include <map>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/storeops/transfer/new_file.h"
#include "storeops/catalog/v1/transfer_service.pb.h"

namespace storeops {
namespace {

using catalog::v1::ExportProductsRequest;
using catalog::v1::ExportProductsResponse;
using catalog::v1::ExportReport;
using catalog::v1::GoogleFeed;

constexpr char kExportMethod[] = "storeops.catalog.v1.TransferService/ExportProducts";

const std::map<std::string, catalog::v1::TransferFormat>& ExportFormats() {
  static const auto* formats =
      new std::map<std::string, catalog::v1::TransferFormat>{{"csv", catalog::v1::TRANSFER_FORMAT_CSV},
                                                             {"jsonl", catalog::v1::TRANSFER_FORMAT_JSON_LINES},
                                                             {"shopify", catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV},
                                                             {"google", catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS}};
  return *formats;
}

const std::map<std::string, GoogleFeed::Availability>& Availabilities() {
  static const auto* availabilities =
      new std::map<std::string, GoogleFeed::Availability>{{"by_stock", GoogleFeed::AVAILABILITY_UNSPECIFIED},
                                                          {"in_stock", GoogleFeed::IN_STOCK},
                                                          {"out_of_stock", GoogleFeed::OUT_OF_STOCK},
                                                          {"preorder", GoogleFeed::PREORDER},
                                                          {"backorder", GoogleFeed::BACKORDER}};
  return *availabilities;
}

// "2026-12-24", or RFC 3339.
absl::StatusOr<absl::Time> ParseDate(const std::string& text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%Y-%m-%d", text, absl::UTCTimeZone(), &time, &error) ||
      absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return time;
  }
  return absl::InvalidArgumentError(absl::StrCat("--availability-date: \"", text, "\": ", error));
}

absl::StatusOr<GoogleFeed> MakeFeed(const ExportProductsOptions& options) {
  GoogleFeed feed;
  feed.set_link(options.link);
  feed.set_image_link(options.image_link);
  feed.set_title(options.title);
  feed.set_availability(Availabilities().at(options.availability));
  if (!options.availability_date.empty()) {
    ASSIGN_OR_RETURN(const absl::Time date, ParseDate(options.availability_date));
    *feed.mutable_availability_date() = ToTimestamp(date);
  }
  if (!options.languages.empty()) feed.set_language(options.languages.front());
  return feed;
}

absl::StatusOr<ExportProductsRequest> MakeRequest(const ExportProductsOptions& options) {
  ExportProductsRequest request;
  request.set_format(ExportFormats().at(options.format));
  request.set_filter(options.filter);
  request.mutable_languages()->Assign(options.languages.begin(), options.languages.end());
  request.mutable_fields()->Assign(options.fields.begin(), options.fields.end());
  request.set_media_base(options.media_base);
  if (request.format() == catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS) {
    ASSIGN_OR_RETURN(*request.mutable_google(), MakeFeed(options));
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
  ASSIGN_OR_RETURN(const ExportProductsRequest request, MakeRequest(options));
  RETURN_IF_ERROR(client.peer().Stream(std::move(call), request.SerializeAsString(), on_message));
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
  for (const auto& withheld : report.withheld_fields()) {
    std::fprintf(stderr, "left out \"%s\": needs %s; an import of the file leaves it as it is\n",
                 withheld.field().c_str(), withheld.permission().c_str());
  }
}

}  // namespace

void AddExportProductsOptions(CLI::App& command, ExportProductsOptions& options) {
  command.add_option("file", options.path, "The file to write, or - for stdout")->required();
  command.add_option("--format", options.format, "Of the file")
      ->check(CLI::IsMember(ExportFormats()))
      ->capture_default_str();
  command.add_option("--filter", options.filter, "Which products, as in ListProducts; default: all");
  command.add_option("--languages", options.languages, "Of translations (csv), or of the texts (google)")
      ->delimiter(',');
  command.add_option("--fields", options.fields, "Columns (csv); default: all")->delimiter(',');
  command.add_option("--link", options.link, "google: address of a product, with {product} or {sku} in it");
  command.add_option("--image-link", options.image_link, "google: address of its image, likewise");
  command.add_option("--media-base", options.media_base,
                     "google, shopify: where the gateway is reached by everybody, e.g. https://shop.example; products' "
                     "own pictures get addresses below it");
  command
      .add_option("--availability", options.availability,
                  "google: by_stock: in_stock or out_of_stock, of each variant; in_stock, out_of_stock: of every item; "
                  "preorder, backorder: of what is not in stock")
      ->check(CLI::IsMember(Availabilities()))
      ->capture_default_str();
  command.add_option("--availability-date", options.availability_date,
                     "google: with preorder and backorder, when it can be delivered, e.g. 2026-12-24");
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
