#include "services/storeops/import/retail_catalogue.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

using catalog::v1::Product;

std::vector<std::string> Row(absl::string_view line) { return absl::StrSplit(line, ','); }

TEST(RetailCatalogueTest, SaysWhyARowTellsNothing) {
  RetailCatalogue catalogue("GBP");
  const struct {
    const char* row;
    SetAside expected;
  } cases[] = {
      {"536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom", SetAside::kNone},
      {"C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom", SetAside::kCancellation},
      {"A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom", SetAside::kBadDebt},
      {"536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom", SetAside::kStockCorrection},
      {"536589,21777,X,1,2010-12-01 16:50:00,0,,United Kingdom", SetAside::kStockCorrection},
      {"536589,21777,X,-1,2010-12-01 16:50:00,1.00,,United Kingdom", SetAside::kStockCorrection},
      {"536589,,X,1,2010-12-01 16:50:00,1.00,,United Kingdom", SetAside::kMalformed},
      {"536589,1,X,one,2010-12-01 16:50:00,1.00,,United Kingdom", SetAside::kMalformed},
      {"536589,1,X,1,2010-12-01 16:50:00,1.0x,,United Kingdom", SetAside::kMalformed},
      {"536589,1,X", SetAside::kMalformed},
  };
  for (const auto& test : cases) EXPECT_EQ(catalogue.Add(Row(test.row)), test.expected) << test.row;
}

TEST(RetailCatalogueTest, TakesTheCommonTitleAndTheLatestPrice) {
  RetailCatalogue catalogue("GBP");
  catalogue.Add(Row("1,A1,LAMP,1,2011-02-01 10:00:00,3.00,,X"));
  catalogue.Add(Row("2,A1,RED LAMP,1,2011-03-01 10:00:00,2.555,,X"));
  catalogue.Add(Row("3,A1,RED LAMP,1,2011-01-01 10:00:00,9.00,,X"));
  catalogue.Add(Row("C4,A1,wrong,-1,2011-12-01 10:00:00,1.00,,X"));
  const auto products = catalogue.Products();
  ASSERT_EQ(products.size(), 1);
  EXPECT_EQ(products[0].title(), "RED LAMP");
  EXPECT_EQ(FormatMoney(products[0].variants(0).price()), "2.56 GBP");
  EXPECT_EQ(catalogue.CountRoundedPrices(), 1);
}

TEST(RetailCatalogueTest, TheLastOfEquallyLatePricesWins) {
  RetailCatalogue catalogue("GBP");
  catalogue.Add(Row("1,A1,LAMP,1,2011-02-01 10:00:00,3.00,,X"));
  catalogue.Add(Row("1,A1,LAMP,1,2011-02-01 10:00:00,4.00,,X"));
  EXPECT_EQ(FormatMoney(catalogue.Products()[0].variants(0).price()), "4.00 GBP");
}

TEST(RetailCatalogueTest, RemembersWhenAPriceBecameAnother) {
  RetailCatalogue catalogue("GBP");
  for (const char* row :
       {"1,A1,LAMP,1,2011-02-01 10:00:00,3.00,,X", "2,A1,LAMP,1,2011-02-01 11:00:00,2.00,,X",
        "3,A1,LAMP,1,2011-02-01 12:00:00,3.00,,X",                                             // most sales of the day
        "4,A1,LAMP,1,2011-02-02 10:00:00,3.00,,X",                                             // as before
        "5,A1,LAMP,1,2011-02-05 10:00:00,4.00,,X", "6,A1,LAMP,1,2011-02-05 11:00:00,2.50,,X",  // a tie: the lowest
        "7,A1,LAMP,1,2011-01-31 23:59:00,1.00,,X",  // not in the file's order
        "C8,A1,LAMP,-1,2011-02-07 10:00:00,9.00,,X", "9,B1,MUG,1,no date,9.00,,X"}) {
    catalogue.Add(Row(row));
  }
  std::string seen;
  for (const auto& change : catalogue.PriceHistory()) {
    absl::StrAppend(&seen, change.sku(), " ", FormatRfc3339(FromTimestamp(change.time())), " ",
                    FormatMoney(change.price()), "\n");
  }
  EXPECT_EQ(seen,
            "A1 2011-01-31T00:00:00Z 1.00 GBP\n"
            "A1 2011-02-01T00:00:00Z 3.00 GBP\n"
            "A1 2011-02-05T00:00:00Z 2.50 GBP\n");
}

TEST(RetailCatalogueTest, CodesWithoutSalesAreKeptWithoutAPrice) {
  RetailCatalogue catalogue("GBP");
  catalogue.Add(Row("1,A,damages,-5,2011-02-01 10:00:00,0,,X"));
  catalogue.Add(Row("1,a,damages,-5,2011-02-01 10:00:00,0,,X"));
  catalogue.Add(Row("1,a,CAMPER BAG,-5,2011-02-01 10:00:00,0,,X"));
  const auto products = catalogue.Products();
  ASSERT_EQ(products.size(), 2) << "codes that differ in case are two";
  EXPECT_EQ(products[0].title(), "A");
  EXPECT_EQ(products[1].title(), "CAMPER BAG");
  EXPECT_FALSE(products[0].variants(0).has_price());
}

TEST(RetailCatalogueTest, TellsServicesFromGoods) {
  const struct {
    const char* code;
    const char* title;
    bool service;
  } cases[] = {
      {"POST", "POSTAGE", true},
      {"DOT", "DOTCOM POSTAGE", true},
      {"m", "Manual", true},
      {"D", "Discount", true},
      {"S", "SAMPLES", true},
      {"BANK CHARGES", "Bank Charges", true},
      {"gift_0001_20", "Dotcomgiftshop Gift Voucher 20", true},
      {"22016", "Dotcomgiftshop Gift Voucher 100.00", true},
      {"23444", "Next Day Carriage", true},
      {"23574", "PACKING CHARGE", true},
      {"23099", "FRENCH CARRIAGE LANTERN", false},
      {"20847", "ZINC HEART LATTICE CHARGER LARGE", false},
      {"PADS", "PADS TO MATCH ALL CUSHIONS", false},
      {"DCGSSBOY", "BOYS PARTY BAG", false},
      {"85123A", "WHITE HEART", false},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(RetailCatalogue::IsService(test.code, test.title), test.service) << test.code;
  }
}

TEST(RetailCatalogueTest, RefusesAnotherHeader) {
  EXPECT_TRUE(RetailCatalogue::CheckHeader(Row("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,"
                                               "CustomerID,Country"))
                  .ok());
  EXPECT_EQ(RetailCatalogue::CheckHeader(Row("sku,title")).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace storeops
