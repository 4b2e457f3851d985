#include "services/storeops/import/retail_categories.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "storeops/catalog/v1/category_service.pb.h"

namespace storeops {
namespace {

struct Kind {
  absl::string_view title;
  absl::string_view words;  // with blanks between
};

// What a thing is for comes before what it is made of, and what it is before what is on it: a "CHRISTMAS MUG" is for
// Christmas, a "BAG WITH HEARTS" is a bag.
constexpr Kind kKinds[] = {
    {"Christmas & Easter", "CHRISTMAS XMAS ADVENT SANTA REINDEER SNOWMAN SNOWFLAKE BAUBLE EASTER"},
    {"Bags & purses", "BAG HANDBAG PURSE WALLET SHOPPER LUGGAGE SUITCASE RUCKSACK TOTE SATCHEL"},
    {"Jewellery",
     "NECKLACE BRACELET EARRING EARRINGS RING PENDANT BROOCH BANGLE CHARM BEAD JEWELLERY HAIR HAIRCLIP TIARA"},
    {"Candles & lights",
     "CANDLE CANDLEHOLDER LIGHT LAMP LANTERN INCENSE NIGHTLIGHT CHANDELIER LAMPSHADE WICK LIGHTBULB"},
    {"Clocks & mirrors", "CLOCK MIRROR"},
    {"Mugs, cups & tea", "MUG CUP TEA TEACUP TEAPOT TEATIME COFFEE SAUCER"},
    {"Kitchen & dining",
     "KITCHEN CUTLERY BOWL PLATE JUG JAM JAR BAKING TRAY GLASS TUMBLER BOTTLE COASTER NAPKIN DOILY DOILIES PANTRY "
     "LUNCH "
     "DINNER BREAKFAST SPOON FORK KNIFE CAKESTAND CAKE CASE RECIPE APRON OVEN TOWEL EGG DISH MILK FOOD SPICE PAN DINER "
     "CHOPPING COLANDER SIEVE WHISK TABLECLOTH PICNIC COSY BISCUIT SUGAR SALT MEASURING LADLE SCALES"},
    {"Toys & games",
     "TOY GAME PUZZLE JIGSAW DOLL DOLLY DOMINO DOMINOES CHESS SKITTLE BALL BALLOON KITE PLAYING JACK PUPPET TEDDY "
     "RATTLE "
     "CRAYON CHALK SKIPPING MARBLES NAUGHTS CARS MONSTERS DINOSAUR FELTCRAFT PLAYHOUSE"},
    {"Cards, paper & writing",
     "CARD PAPER WRAP TISSUE TISSUES NOTEBOOK PENCIL PEN PAD STICKER TAPE RIBBON RIBBONS GIFT LETTER STATIONERY "
     "ENVELOPE "
     "POSTCARD JOURNAL BOOK ERASER RULER STAMP MAGNET ORGANISER CALENDAR PASSPORT TAG SKETCHBOOK"},
    {"Garden & outdoors",
     "GARDEN PARASOL PLANT WATERING UMBRELLA HERB SEED TROWEL HAMMOCK DECKCHAIR BIRDHOUSE GREENHOUSE GROW PLANTER "
     "ORCHID "
     "GNOME THERMOMETER"},
    {"Party", "PARTY BUNTING BIRTHDAY GARLAND STREAMER CONFETTI WEDDING INVITE INVITES COCKTAIL STRAW"},
    {"Cushions & textiles",
     "CUSHION BLANKET QUILT THROW RUG DOORMAT MAT CURTAIN FABRIC LACE SCARF SLIPPER SOCK GLOVE HAT TOWELS HANKIE "
     "KNITTING "
     "SEWING CROCHET BUTTON WARMER PYJAMA"},
    {"Storage & boxes",
     "BOX BASKET DRAWER TIN STORAGE CABINET SHELF RACK CHEST CRATE TIDY CADDY BIN HANGER HOOK KNOB RAIL HAMPER TRUNK "
     "BUCKET POT HOLDER STAND PEG"},
    {"Pictures & decoration",
     "FRAME PICTURE PHOTO SIGN DECORATION HANGING ORNAMENT WREATH WALL ART VASE FIGURINE PAINTING CANVAS PRINT "
     "BLACKBOARD "
     "CHIME MOBILE STATUE HEART STAR FLOWER BELL CRYSTAL FEATHER DOORSTOP TILE LETTERS ALPHABET FLORAL ROSE"},
    {"Bath & beauty", "BATH BATHROOM SOAP LIP PLASTER COSMETIC TOILET SPA PERFUME MANICURE TOOTHPASTE PLASTERS"},
};
constexpr absl::string_view kOther = "Other goods";

// By word: its kind's place in the table. A word belongs to the first kind that has it.
const absl::flat_hash_map<std::string, size_t>& KindsByWord() {
  static const auto* kinds = [] {
    auto* made = new absl::flat_hash_map<std::string, size_t>;
    for (size_t kind = 0; kind < std::size(kKinds); ++kind) {
      for (const absl::string_view word : absl::StrSplit(kKinds[kind].words, ' ')) {
        for (const absl::string_view ending : {"", "S", "ES"}) made->try_emplace(absl::StrCat(word, ending), kind);
      }
    }
    return made;
  }();
  return *kinds;
}

}  // namespace

absl::string_view RetailCategory(absl::string_view title) {
  size_t best = std::size(kKinds);
  const std::string upper = absl::AsciiStrToUpper(title);
  for (size_t begin = 0; begin < upper.size(); ++begin) {
    size_t end = begin;
    while (end < upper.size() && absl::ascii_isalpha(static_cast<unsigned char>(upper[end]))) ++end;
    const auto kind = KindsByWord().find(absl::string_view(upper).substr(begin, end - begin));
    if (kind != KindsByWord().end()) best = std::min(best, kind->second);
    begin = end;
  }
  return best == std::size(kKinds) ? kOther : kKinds[best].title;
}

absl::StatusOr<int> FileRetailProducts(Client& client, absl::Span<catalog::v1::Product> products) {
  catalog::v1::GetCategoryTreeRequest tree_request;
  tree_request.set_max_depth(1);
  catalog::v1::GetCategoryTreeResponse tree;
  RETURN_IF_ERROR(
      client.Call("storeops.catalog.v1.CategoryService/GetCategoryTree", tree_request, &tree, /*retry=*/true));
  absl::flat_hash_map<std::string, std::string> names;
  for (const auto& root : tree.roots()) names.emplace(root.category().title(), root.category().name());
  int created = 0;
  for (catalog::v1::Product& product : products) {
    if (product.kind() == catalog::v1::Product::SERVICE) continue;
    const std::string title(RetailCategory(product.title()));
    std::string& name = names[title];
    if (name.empty()) {
      catalog::v1::CreateCategoryRequest request;
      request.mutable_category()->set_title(title);
      catalog::v1::Category category;
      RETURN_IF_ERROR(client.Call("storeops.catalog.v1.CategoryService/CreateCategory", request, &category));
      name = category.name();
      ++created;
    }
    product.add_categories(name);
  }
  return created;
}

}  // namespace storeops
