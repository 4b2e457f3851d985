// Media through the pipeline, on a real database and a real folder.
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/catalog/media/media_content.h"
#include "services/catalog/module.h"
#include "storeops/catalog/v1/media_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/pictures.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using catalog::v1::Media;
using catalog::v1::Product;
using catalog::v1::UploadMediaHeader;
using catalog::v1::UploadMediaRequest;
using catalog::v1::UploadMediaResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kMedia[] = "storeops.catalog.v1.MediaService/";
constexpr char kProducts[] = "storeops.catalog.v1.ProductService/";

std::vector<std::string> Parts(const UploadMediaHeader& header, absl::string_view content, size_t chunk = 65'536) {
  UploadMediaRequest request;
  *request.mutable_header() = header;
  std::vector<std::string> parts = {request.SerializeAsString()};
  for (; !content.empty(); content.remove_prefix(std::min(chunk, content.size()))) {
    request.set_chunk(std::string(content.substr(0, chunk)));
    parts.push_back(request.SerializeAsString());
  }
  return parts;
}

class MediaTest : public ::testing::Test {
 protected:
  absl::StatusOr<UploadMediaResponse> Upload(const std::string& content, const UploadMediaHeader& header = {}) {
    UploadMediaResponse response;
    const absl::Status status =
        process_.CallUpload(absl::StrCat(kMedia, "UploadMedia"), writer_, Parts(header, content), &response);
    if (!status.ok()) return status;
    return response;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = process_.Call(method, writer_, request, &response);
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<Media> Delete(const std::string& name) {
    catalog::v1::DeleteMediaRequest request;
    request.set_name(name);
    return Call<Media>(absl::StrCat(kMedia, "DeleteMedia"), request);
  }
  absl::StatusOr<Media> Get(const std::string& name) {
    catalog::v1::GetMediaRequest request;
    request.set_name(name);
    return Call<Media>(absl::StrCat(kMedia, "GetMedia"), request);
  }
  // From the offset to the end, in as many parts as it takes.
  absl::StatusOr<std::string> Read(const std::string& hash, const std::string& variant, int64_t offset = 0) {
    catalog::v1::ReadMediaContentRequest request;
    request.set_hash(hash);
    request.set_variant(variant);
    request.set_max_bytes(1 << 20);
    std::string content;
    while (true) {
      request.set_offset(offset + static_cast<int64_t>(content.size()));
      const auto response =
          Call<catalog::v1::ReadMediaContentResponse>(absl::StrCat(kMedia, "ReadMediaContent"), request);
      if (!response.ok()) return response.status();
      if (response->data().empty()) return content;
      content += response->data();
    }
  }
  Product ShownProduct(const std::string& sku, const std::vector<std::string>& media) {
    Product product;
    product.set_title("Mug");
    product.add_variants()->set_sku(sku);
    for (const std::string& name : media) product.add_media()->set_media(name);
    return product;
  }
  absl::StatusOr<Product> Create(const Product& product) {
    catalog::v1::CreateProductRequest request;
    *request.mutable_product() = product;
    return Call<Product>(absl::StrCat(kProducts, "CreateProduct"), request);
  }
  template <class Request>
  absl::StatusOr<Product> OnProduct(const std::string& method, const std::string& name) {
    Request request;
    request.set_name(name);
    return Call<Product>(absl::StrCat(kProducts, method), request);
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(site_.folder() + "/blobs")) {
      if (entry.is_regular_file()) files.push_back(entry.path().filename().string());
    }
    return files;
  }
  void RunJobs(absl::Duration later) {
    clock_.Advance(later);
    const auto ran = process_.runtime().periodic().RunDue();
    ASSERT_TRUE(ran.ok()) << ran.status();
  }

  const Site site_;
  FakeClock clock_{absl::Now()};
  ServiceProcess process_{site_, {catalog::CatalogModule()}, {.clock = &clock_}};
  const std::string writer_ =
      "Bearer " + process_.tokens().Mint({"users/7", "Wei", {"catalog.*"}}, absl::Hours(24 * 365));
};

TEST_F(MediaTest, KeepsAPictureWithItsThumbnails) {
  const std::string png = MakePng(1200, 600);
  UploadMediaHeader header;
  header.set_file_name("cup.png");
  header.set_content_type("image/png");
  header.set_alt_text("A cup");
  header.set_size_bytes(static_cast<int64_t>(png.size()));
  header.set_hash(HexEncode(Sha256(png)));
  auto* zh = header.add_translations();
  zh->set_language("zh");
  zh->set_alt_text("一个杯子");
  const auto uploaded = Upload(png, header);
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  const Media& media = uploaded->media();
  EXPECT_FALSE(uploaded->existing());
  EXPECT_EQ(media.content_type(), "image/png");
  EXPECT_EQ(media.width(), 1200);
  EXPECT_EQ(media.height(), 600);
  EXPECT_EQ(media.alt_text(), "A cup");
  EXPECT_EQ(media.language(), "en");
  EXPECT_EQ(media.translations(0).alt_text(), "一个杯子");
  EXPECT_TRUE(Read(media.hash(), "original").value_or("") == png);
  EXPECT_TRUE(Read(media.hash(), "original", 100).value_or("") == png.substr(100));
  ASSERT_EQ(media.variants_size(), 3);
  int side = 160;
  for (const auto& variant : media.variants()) {
    const auto content = Read(media.hash(), variant.variant());
    ASSERT_TRUE(content.ok()) << content.status();
    EXPECT_EQ(static_cast<int64_t>(content->size()), variant.size_bytes());
    EXPECT_EQ(SizeOfPicture(*content), std::make_pair(variant.width(), variant.height()));
    EXPECT_EQ(variant.width(), side);
    EXPECT_EQ(variant.height(), side / 2);
    EXPECT_EQ(variant.variant(), absl::StrCat("s", side));
    side = side == 160 ? 480 : 960;
  }
  EXPECT_EQ(Read(media.hash(), "s1600").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Read(std::string(64, '0'), "original").status().code(), absl::StatusCode::kNotFound);
  const auto got = Get(media.name());
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->SerializeAsString(), media.SerializeAsString());
}

TEST_F(MediaTest, TakesEveryFormat) {
  const std::string png = MakePng(300, 200);
  const struct {
    std::string content;
    const char* type;
  } cases[] = {{png, "image/png"},
               {ConvertPicture(png, ".jpg"), "image/jpeg"},
               {ConvertPicture(png, ".gif"), "image/gif"},
               {ConvertPicture(png, ".webp"), "image/webp"},
               {"%PDF-1.4\n1 0 obj\n%%EOF\n", "application/pdf"}};
  for (const auto& c : cases) {
    const auto uploaded = Upload(c.content);
    ASSERT_TRUE(uploaded.ok()) << c.type << uploaded.status();
    EXPECT_EQ(uploaded->media().content_type(), c.type);
    EXPECT_EQ(uploaded->media().variants_size(), uploaded->media().width() > 0 ? 1 : 0) << c.type;
  }
  const auto turned = Upload(MakeTurnedJpeg(300, 200));
  ASSERT_TRUE(turned.ok()) << turned.status();
  EXPECT_EQ(turned->media().width(), 200);
  EXPECT_EQ(turned->media().height(), 300);
  EXPECT_EQ(turned->media().variants(0).height(), 160);
}

TEST_F(MediaTest, RefusesWhatLiesOrIsBrokenAndKeepsNothingOfIt) {
  const std::string png = MakePng(300, 200);
  const std::string jpg = ConvertPicture(png, ".jpg");
  UploadMediaHeader as_jpeg, as_html, small, other_hash, large;
  as_jpeg.set_content_type("image/jpeg");
  as_html.set_file_name("page.html");
  small.set_size_bytes(10);
  other_hash.set_hash(std::string(64, 'a'));
  large.set_size_bytes(int64_t{1} << 40);
  const struct {
    std::string what;
    std::string content;
    UploadMediaHeader header;
    const char* field;
    std::string says;
  } cases[] = {
      {"another type", png, as_jpeg, "header.content_type", "image/png"},
      {"another ending", png, as_html, "header.file_name", "image/png"},
      {"a script in a picture's clothes", "<html><script>alert(1)</script>" + std::string(1000, ' '), as_jpeg, "chunk",
       "text/html"},
      {"a drawing that may carry scripts", "<svg xmlns='http://www.w3.org/2000/svg'/>", {}, "chunk", "image/svg+xml"},
      {"an archive", std::string("PK\3\4") + std::string(600, 'x'), {}, "chunk", "application/zip"},
      {"nothing", "", {}, "chunk", "no content"},
      {"less than was said", png, small, "header.size_bytes", "10"},
      {"other bytes than were said", png, other_hash, "header.hash", HexEncode(Sha256(png))},
      {"more than is taken", png, large, "header.size_bytes", "33554432"},
      {"half a PNG", png.substr(0, png.size() / 2), {}, "chunk", "broken"},
      {"half a JPEG", jpg.substr(0, jpg.size() / 2), {}, "chunk", "broken"},
      {"half a GIF", ConvertPicture(png, ".gif").substr(0, 2000), {}, "chunk", "broken"},
      {"half a WebP", ConvertPicture(png, ".webp").substr(0, 2000), {}, "chunk", "broken"},
      {"the head of a PNG", png.substr(0, 20), {}, "chunk", "broken"},
      {"a PNG of noise", png.substr(0, 60) + std::string(5000, 'x'), {}, "chunk", "broken"},
      {"a bomb", MakePngBomb(50'000, 50'000), {}, "chunk", "50000 x 50000"},
      {"a flat bomb", MakePngBomb(1'000'000, 1), {}, "chunk", "1000000 x 1"},
      {"half a document", "%PDF-1.4\n1 0 obj\n", {}, "chunk", "%%EOF"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto refused = Upload(c.content, c.header);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << refused.status();
    EXPECT_EQ(WrongField(refused.status()), c.field);
    EXPECT_THAT(DescribeStatus(refused.status()), HasSubstr(c.says));
  }
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(MediaTest, RefusesPartsInAnotherOrderAndTooMuch) {
  const std::string method = absl::StrCat(kMedia, "UploadMedia");
  UploadMediaRequest header, chunk;
  header.mutable_header()->set_alt_text("x");
  chunk.set_chunk("GIF89a");
  EXPECT_EQ(WrongField(process_.CallUpload(method, writer_, {})), "header");
  EXPECT_EQ(WrongField(process_.CallUpload(method, writer_, {chunk.SerializeAsString()})), "header");
  EXPECT_EQ(WrongField(process_.CallUpload(
                method, writer_, {header.SerializeAsString(), chunk.SerializeAsString(), header.SerializeAsString()})),
            "chunk");
  header.mutable_header()->set_language("English");
  EXPECT_EQ(WrongField(process_.CallUpload(method, writer_, {header.SerializeAsString()})), "header.language");
  std::string endless(catalog::kMaxMediaBytes + 1, 'x');
  endless.replace(0, 6, "GIF89a");
  EXPECT_EQ(process_.CallUpload(method, writer_, Parts({}, endless, 1 << 20)).code(),
            absl::StatusCode::kResourceExhausted);
  const std::string reader = process_.Bearer("users/8", {"catalog.media.read"});
  EXPECT_EQ(process_.CallUpload(method, reader, Parts({}, "GIF89a")).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(MediaTest, TheSameContentIsKeptOnce) {
  const std::string png = MakePng(300, 200);
  const auto first = Upload(png);
  ASSERT_TRUE(first.ok()) << first.status();
  const size_t files = Files().size();
  const auto second = Upload(png);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->existing());
  EXPECT_EQ(second->media().name(), first->media().name());
  EXPECT_EQ(Files().size(), files);

  const std::string other = MakePng(300, 200, 1);
  std::vector<std::thread> threads;
  absl::Mutex mutex;
  std::vector<std::string> names;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      const auto uploaded = Upload(other);
      EXPECT_TRUE(uploaded.ok()) << uploaded.status();
      absl::MutexLock lock(&mutex);
      if (uploaded.ok()) names.push_back(uploaded->media().name());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(names, ::testing::Each(names.front()));
}

TEST_F(MediaTest, WhatIsSaidAboutItMayChangeItsContentNot) {
  const auto uploaded = Upload(MakePng(300, 200));
  ASSERT_TRUE(uploaded.ok());
  catalog::v1::UpdateMediaRequest request;
  request.mutable_media()->set_name(uploaded->media().name());
  request.mutable_media()->set_alt_text("A tea bowl");
  request.mutable_media()->set_hash(std::string(64, 'b'));
  request.mutable_media()->add_translations()->set_language("zh");
  request.mutable_media()->mutable_translations(0)->set_alt_text("茶碗");
  const auto updated = Call<Media>(absl::StrCat(kMedia, "UpdateMedia"), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->alt_text(), "A tea bowl");
  EXPECT_EQ(updated->translations(0).alt_text(), "茶碗");
  EXPECT_EQ(updated->hash(), uploaded->media().hash());
  request.mutable_media()->add_translations()->CopyFrom(request.media().translations(0));
  EXPECT_EQ(WrongField(Call<Media>(absl::StrCat(kMedia, "UpdateMedia"), request).status()),
            "media.translations[1].language");
}

TEST_F(MediaTest, ProductsShowOnlyMediaThatExistAndHoldThem) {
  const auto a = Upload(MakePng(300, 200, 1)), b = Upload(MakePng(300, 200, 2));
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(WrongField(Create(ShownProduct("A", {a->media().name(), "media/999"})).status()), "product.media[1].media");
  Product wrong_sku = ShownProduct("A", {a->media().name()});
  wrong_sku.mutable_media(0)->add_variant_skus("B");
  EXPECT_EQ(WrongField(Create(wrong_sku).status()), "product.media[0].variant_skus[0]");

  auto product = Create(ShownProduct("A", {a->media().name(), b->media().name()}));
  ASSERT_TRUE(product.ok()) << product.status();
  EXPECT_EQ(product->media_size(), 2);
  EXPECT_EQ(Reason(Delete(a->media().name()).status()), "MEDIA_IN_USE");
  EXPECT_THAT(DescribeStatus(Delete(a->media().name()).status()), HasSubstr(product->name()));

  catalog::v1::UpdateProductRequest update;
  *update.mutable_product() = *product;
  update.mutable_product()->mutable_media()->DeleteSubrange(0, 1);
  update.mutable_update_mask()->add_paths("media");
  ASSERT_TRUE(Call<Product>(absl::StrCat(kProducts, "UpdateProduct"), update).ok());
  EXPECT_TRUE(Delete(a->media().name()).ok());
  EXPECT_EQ(Reason(Delete(b->media().name()).status()), "MEDIA_IN_USE");

  ASSERT_TRUE(OnProduct<catalog::v1::DeleteProductRequest>("DeleteProduct", product->name()).ok());
  EXPECT_TRUE(OnProduct<catalog::v1::UndeleteProductRequest>("UndeleteProduct", product->name()).ok());
  EXPECT_EQ(Reason(Delete(b->media().name()).status()), "MEDIA_IN_USE");
  ASSERT_TRUE(OnProduct<catalog::v1::DeleteProductRequest>("DeleteProduct", product->name()).ok());
  EXPECT_TRUE(Delete(b->media().name()).ok());
  EXPECT_EQ(WrongField(OnProduct<catalog::v1::UndeleteProductRequest>("UndeleteProduct", product->name()).status()),
            "product.media[0].media");
}

TEST_F(MediaTest, CheckListingNamesImagesWhoseContentIsGone) {
  const auto lost = Upload(MakePng(40, 20));
  const auto kept = Upload(MakePng(20, 40));
  ASSERT_TRUE(lost.ok() && kept.ok());
  const auto product = Create(ShownProduct("M-1", {kept->media().name(), lost->media().name()}));
  ASSERT_TRUE(product.ok()) << product.status();
  const auto unreadable = [&] {
    catalog::v1::CheckListingRequest request;
    request.set_name(product->name());
    const auto report = Call<catalog::v1::ListingReport>(absl::StrCat(kProducts, "CheckListing"), request);
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> fields;
    for (const auto& issue : report->issues()) {
      if (issue.code() == catalog::v1::ListingIssue::UNREADABLE_IMAGE) fields.push_back(issue.field());
    }
    return fields;
  };
  EXPECT_THAT(unreadable(), ElementsAre());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(site_.folder() + "/blobs")) {
    if (!entry.is_regular_file() || !absl::StrContains(entry.path().string(), lost->media().hash())) continue;
    std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) / 2);
  }
  EXPECT_THAT(unreadable(), ElementsAre("media[1].media"));
}

TEST_F(MediaTest, WhatNobodyUsesIsCleanedUpAfterItsGrace) {
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::ZeroDuration()));  // from here on the job is due each hour
  const auto idle = Upload(MakePng(300, 200, 1)), shown = Upload(MakePng(300, 200, 2)),
             kept = Upload(MakePng(300, 200, 3));
  ASSERT_TRUE(idle.ok() && shown.ok() && kept.ok());
  const auto product = Create(ShownProduct("A", {shown->media().name()}));
  ASSERT_TRUE(product.ok()) << product.status();
  catalog::v1::UpdateMediaRequest keep;
  keep.mutable_media()->set_name(kept->media().name());
  keep.mutable_media()->set_keep(true);
  ASSERT_TRUE(Call<Media>(absl::StrCat(kMedia, "UpdateMedia"), keep).ok());

  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(24 * 29)));
  EXPECT_TRUE(Get(idle->media().name()).ok());
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(25)));
  EXPECT_EQ(Get(idle->media().name()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Get(shown->media().name()).ok());
  EXPECT_TRUE(Get(kept->media().name()).ok());
  EXPECT_EQ(Files().size(), 6u) << "the content stays a day longer";
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(25)));
  EXPECT_EQ(Files().size(), 4u);
  EXPECT_TRUE(Read(shown->media().hash(), "original").ok());

  // No product any more: its time begins.
  ASSERT_TRUE(OnProduct<catalog::v1::DeleteProductRequest>("DeleteProduct", product->name()).ok());
  keep.mutable_media()->set_keep(false);
  keep.mutable_update_mask()->add_paths("keep");
  ASSERT_TRUE(Call<Media>(absl::StrCat(kMedia, "UpdateMedia"), keep).ok());
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(24 * 29)));
  EXPECT_TRUE(Get(shown->media().name()).ok());
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(25)));
  EXPECT_EQ(Get(shown->media().name()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get(kept->media().name()).status().code(), absl::StatusCode::kNotFound);
  catalog::v1::ListMediaHistoryRequest history;
  history.set_name(shown->media().name());
  const auto entries = Call<catalog::v1::ListMediaHistoryResponse>(absl::StrCat(kMedia, "ListMediaHistory"), history);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_GT(entries->entries_size(), 0);
  EXPECT_EQ(entries->entries(0).actor(), "services/catalog");
}

TEST_F(MediaTest, ContentThatIsUploadedAgainAfterItsDeletionStays) {
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::ZeroDuration()));
  const std::string png = MakePng(300, 200);
  const auto first = Upload(png);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Delete(first->media().name()).ok());
  clock_.Advance(absl::Hours(23));
  const auto second = Upload(png);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->existing());
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(48)));
  EXPECT_TRUE(Read(second->media().hash(), "original").value_or("") == png);
}

}  // namespace
}  // namespace storeops::testing
