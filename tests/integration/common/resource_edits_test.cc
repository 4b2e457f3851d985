// What methods written by hand make of the engine: one resource edited, many replaced.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using namespace storeops::catalog::v1;  // NOLINT: the messages of one API

using google::protobuf::Message;

class ResourceEditsTest : public testing::ResourceFixture {
 protected:
  // A request with name, etag and request_id stands for a method of one's own.
  absl::StatusOr<Product> Rebrand(const std::string& name, const std::string& brand, const std::string& etag = "",
                                  const rpc::Call& call = MakeCall()) {
    UndeleteProductRequest request;
    request.set_name(name);
    request.set_etag(etag);
    Product response;
    const absl::Status status = products_->Edit(call, request, &response, [&](resource::Write&, Message* product) {
      static_cast<Product&>(*product).set_brand(brand);
      return brand == "refused" ? absl::FailedPreconditionError("refused") : absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

  // Appends to every title in one write, in the order of ids.
  absl::Status RetitleAll(const std::vector<int64_t>& ids, const std::string& suffix) {
    CreateRequest nothing;
    return resource::RunWrite(store_, MakeCall(), &nothing, [&](resource::Write& write) -> absl::Status {
      auto items = products_->Lock(write.session(), ids);
      if (!items.ok()) return items.status();
      std::vector<resource::Replacement> replacements;
      for (auto& item : *items) {
        auto after = std::make_unique<Product>(static_cast<const Product&>(*item.message));
        after->set_title(after->title() + suffix);
        replacements.push_back({std::move(item), std::move(after)});
      }
      return products_->ReplaceMany(write, std::move(replacements)).status();
    });
  }
};

TEST_F(ResourceEditsTest, EditsOneUnderItsEtag) {
  const Product product = *Create(MakeProduct("Mug", "A"));
  const auto edited = Rebrand(product.name(), "Acme", product.etag());
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(edited->brand(), "Acme");
  EXPECT_EQ(Get(product.name())->brand(), "Acme");
  EXPECT_EQ(Rebrand(product.name(), "Other", product.etag()).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Rebrand(product.name(), "refused").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(testing::FieldsOf(Rebrand(product.name(), std::string(200, 'x')).status()),
            "product.brand: must be at most 120 characters, has 200");
  EXPECT_EQ(Get(product.name())->brand(), "Acme");
  EXPECT_EQ(Rebrand(product.name(), "Acme")->etag(), edited->etag()) << "nothing differs";
  ASSERT_TRUE(Delete(product.name()).ok());
  EXPECT_EQ(Rebrand(product.name(), "Other").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Rebrand("products/999999", "Other").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Count("history"), 3);
}

TEST_F(ResourceEditsTest, ReplacesManyWithHistoryAndKeysOrNone) {
  std::vector<int64_t> ids;
  for (int i = 0; i < 300; ++i) {
    Product product = MakeProduct(absl::StrCat("Mug ", i), absl::StrCat("S-", i));
    product.mutable_variants(0)->mutable_price()->set_currency_code("EUR");
    product.mutable_variants(0)->mutable_price()->set_units(i);
    ids.push_back(*products_->ParseName(Create(product)->name(), "name"));
  }
  clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(RetitleAll(ids, "!").ok());
  for (const int64_t id : ids) {
    const Product product = *Get(products_->FormatName(id));
    EXPECT_EQ(product.etag(), "2");
    EXPECT_TRUE(absl::EndsWith(product.title(), "!"));
    EXPECT_GT(product.update_time().seconds(), product.create_time().seconds());
    EXPECT_EQ(product.variants(0).price().units(), std::stoi(product.variants(0).sku().substr(2)));
  }
  EXPECT_EQ(Count("history"), 600);
  EXPECT_EQ(Count("change_log"), 600);
  EXPECT_EQ(Count("resource_keys"), 300);
  // One that becomes too long takes all the others with it.
  ASSERT_TRUE(RetitleAll({ids[7]}, std::string(285, 'x')).ok());
  EXPECT_EQ(testing::FieldsOf(RetitleAll(ids, std::string(20, 'y'))),
            absl::StrCat("products/", ids[7], ".title: must be at most 300 characters, has ", 285 + 20 + 6));
  EXPECT_EQ(Get(products_->FormatName(ids[0]))->title(), "Mug 0!");
}

}  // namespace
}  // namespace storeops
