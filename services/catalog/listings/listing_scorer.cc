#include "services/catalog/listings/listing_scorer.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/catalog/listings/channel_listings.h"

namespace storeops::catalog {
namespace {

using changes::Change;
using v1::Product;

constexpr char kConsumer[] = "listing-scores";
constexpr int kPage = 250;
constexpr absl::Duration kScoreLimit = absl::Seconds(30);
// The report lags behind floods of writes rather than take the machine from the writers: as long as changes come in
// faster than this, a step is followed by a rest of so many times its length. Then it catches up.
constexpr double kFloodChangesPerSecond = 100;
constexpr int kFloodRests = 20;
// Changes are gathered at least so long, so that each transaction carries more.
constexpr absl::Duration kMinRest = absl::Milliseconds(200);

Likenesses LikenessesOf(const Product& product) {
  Likenesses likenesses;
  if (std::string title = TitleLikeness(product.title()); !title.empty()) {
    likenesses.insert({LikenessKind::kTitle, std::move(title)});
  }
  for (const auto& variant : product.variants()) {
    if (!variant.barcode().empty()) likenesses.insert({LikenessKind::kBarcode, variant.barcode()});
  }
  return likenesses;
}

}  // namespace

ListingScorer::ListingScorer(const resource::Store& store, resource::Resource& products, ProductFollower& memory,
                             const ProductTypeService& types, const ChannelService& channels,
                             telemetry::Telemetry* telemetry)
    : store_(store), products_(products), memory_(memory), types_(types), channels_(channels), telemetry_(telemetry) {
  advance_ = changes::ApplyInTransaction(store_.database, kConsumer, store_.feed.source(),
                                         [this](db::Session& session, const changes::Batch& batch) -> absl::Status {
                                           ASSIGN_OR_RETURN(const Products changed, ChangedProducts(batch));
                                           return Score(session, changed);
                                         });
}

void ListingScorer::Start() {
  consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{kConsumer, store_.feed.source(), telemetry_, /*gives_way=*/true},
      changes::MakeLocalFeedSource(store_.feed, {products_.type(), types_.type(), channels_.type()},
                                   changes::Contents::kHeads),
      changes::DatabaseCursor(store_.database, kConsumer, store_.feed.source()),
      [this](const changes::Batch& batch) { return Apply(batch); }, [this] { return Rebuild(); });
  consumer_->Start();
}

void ListingScorer::Stop() {
  if (consumer_ != nullptr) consumer_->Stop();
}

absl::Status ListingScorer::Rest(absl::Time start) {
  const absl::Time now = SteadyNow();
  ASSIGN_OR_RETURN(const int64_t last, store_.feed.LastSequence(now + kScoreLimit));
  const double rate = static_cast<double>(last - last_sequence_) / absl::ToDoubleSeconds(now - last_looked_);
  last_sequence_ = last;
  last_looked_ = now;
  const absl::Duration step = now - start;
  consumer_->Rest(std::max(kMinRest, rate > kFloodChangesPerSecond ? kFloodRests * step : step));
  return absl::OkStatus();
}

absl::Status ListingScorer::Apply(const changes::Batch& batch) {
  RETURN_IF_ERROR(ScoreDependents(batch));
  const absl::Time start = SteadyNow();
  RETURN_IF_ERROR(advance_(batch));
  return Rest(start);
}

absl::Status ListingScorer::Rebuild() {
  changes::Batch done;
  // Read first: what is committed from now on comes through the feed as well.
  ASSIGN_OR_RETURN(done.read_through, store_.feed.LastSequence(SteadyNow() + kScoreLimit));
  RETURN_IF_ERROR(ScorePages([this](int64_t after) -> absl::StatusOr<std::vector<int64_t>> {
    ASSIGN_OR_RETURN(const auto items, products_.Scan(after, kPage, /*deleted_too=*/true, SteadyNow() + kScoreLimit));
    std::vector<int64_t> ids;
    for (const auto& item : items) ids.push_back(item.id);
    return ids;
  }));
  return advance_(done);
}

absl::Status ListingScorer::ScoreDependents(const changes::Batch& batch) {
  std::set<std::string> types, channels;
  for (const Change& change : batch.changes) {
    if (change.type() == types_.type()) types.insert(change.subject());
    if (change.type() == channels_.type()) channels.insert(change.subject());
  }
  for (const std::string& type : types) {
    RETURN_IF_ERROR(ScorePages([&](int64_t after) {
      return ReadProductsOfType(store_.database, type, after, kPage, SteadyNow() + kScoreLimit);
    }));
  }
  for (const std::string& channel : channels) {
    RETURN_IF_ERROR(ScorePages([&](int64_t after) {
      return ReadProductsOnChannel(store_.database, ChannelId(channel), after, kPage, SteadyNow() + kScoreLimit);
    }));
  }
  return absl::OkStatus();
}

absl::Status ListingScorer::ScorePages(
    absl::FunctionRef<absl::StatusOr<std::vector<int64_t>>(int64_t after)> next_ids) {
  int64_t after = 0;
  while (true) {
    if (consumer_->Stopping()) return absl::CancelledError("stopping");
    const absl::Time start = SteadyNow();
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids, next_ids(after));
    if (ids.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Products products, ReadProducts(ids));
    RETURN_IF_ERROR(store_.database.Transact(SteadyNow() + kScoreLimit,
                                             [&](db::Session& session) { return Score(session, products); }));
    after = ids.back();
    RETURN_IF_ERROR(Rest(start));
  }
}

absl::StatusOr<ListingScorer::Products> ListingScorer::ChangedProducts(const changes::Batch& batch) {
  ASSIGN_OR_RETURN(const auto snapshot, memory_.SnapshotWith(batch));
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, memory_.IdsIn(batch));
  Products products;
  for (const int64_t id : ids) {
    const ProductSnapshot::Entry* entry = snapshot->Find(id);
    auto& product = products[id];
    if (entry == nullptr || !entry->live()) continue;
    product = std::make_unique<Product>();
    if (!entry->product.ParseTo(product.get())) {
      return STOREOPS_BUG(absl::StrCat("product ", id, " cannot be read"));
    }
  }
  return products;
}

absl::StatusOr<ListingScorer::Products> ListingScorer::ReadProducts(const std::vector<int64_t>& ids) {
  ASSIGN_OR_RETURN(auto items, products_.ReadMany(ids, SteadyNow() + kScoreLimit));
  Products products;
  for (const int64_t id : ids) products[id] = nullptr;
  for (auto& item : items) products[item.id].reset(static_cast<Product*>(item.message.release()));
  return products;
}

absl::Status ListingScorer::Score(db::Session& session, const Products& products) {
  std::vector<int64_t> ids;
  std::map<int64_t, Likenesses> after;
  for (const auto& [id, product] : products) {
    ids.push_back(id);
    after[id] = product == nullptr ? Likenesses() : LikenessesOf(*product);
  }
  ASSIGN_OR_RETURN(const auto before, ReadLikenesses(session, ids));
  RETURN_IF_ERROR(WriteLikenesses(session, before, after));
  // With two holders the first one's likeness may be new, with one the last one's may be over; it stays with three.
  Likenesses touched;
  for (const auto* side : {&before, static_cast<const std::map<int64_t, Likenesses>*>(&after)}) {
    for (const auto& [id, likenesses] : *side) touched.insert(likenesses.begin(), likenesses.end());
  }
  ASSIGN_OR_RETURN(const auto holders, ReadHolders(session, touched));
  std::set<int64_t> neighbours;
  for (const auto& [likeness, held] : holders) {
    if (held.count > 2) continue;
    for (const int64_t id : {held.first, held.last}) {
      if (!products.contains(id)) neighbours.insert(id);
    }
  }
  RETURN_IF_ERROR(WriteIssues(session, products));
  if (neighbours.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Products more, ReadProducts({neighbours.begin(), neighbours.end()}));
  return WriteIssues(session, more);
}

absl::Status ListingScorer::WriteIssues(db::Session& session, const Products& products) {
  ASSIGN_OR_RETURN(const std::vector<ListingIssues> issues, FindIssues(session, products));
  std::vector<ListingScoreRow> rows;
  std::vector<int64_t> gone;
  size_t i = 0;
  for (const auto& [id, product] : products) {
    const ListingIssues& found = issues[i++];
    if (product == nullptr) {
      gone.push_back(id);
    } else {
      rows.push_back({id, product->state(), ListingScore(found), IssueBits(found)});
    }
  }
  if (!gone.empty()) RETURN_IF_ERROR(RemoveScores(session, gone));
  return WriteScores(session, rows);
}

absl::StatusOr<std::map<std::string, v1::ProductType>> ListingScorer::ReadTypes(db::Session& session,
                                                                                const Products& products) {
  std::map<std::string, v1::ProductType> types;
  for (const auto& [id, product] : products) {
    if (product == nullptr || product->product_type().empty() || types.contains(product->product_type())) continue;
    auto type = types_.Read(session, product->product_type(), "product_type");
    if (absl::IsInvalidArgument(type.status())) continue;  // gone since this product, which is not the newest, had it
    RETURN_IF_ERROR(type.status());
    types[product->product_type()] = *std::move(type);
  }
  return types;
}

absl::StatusOr<std::map<std::string, v1::Channel>> ListingScorer::ReadChannels(const Products& products) {
  std::set<std::string> names;
  for (const auto& [id, product] : products) {
    if (product == nullptr) continue;
    for (std::string& channel : ShownChannels(*product)) names.insert(std::move(channel));
  }
  std::map<std::string, v1::Channel> channels;
  if (names.empty()) return channels;
  ASSIGN_OR_RETURN(auto found, channels_.ReadMany({names.begin(), names.end()}, SteadyNow() + kScoreLimit));
  for (v1::Channel& channel : found) channels[channel.name()] = std::move(channel);
  return channels;
}

absl::StatusOr<std::vector<ListingIssues>> ListingScorer::FindIssues(db::Session& session, const Products& products,
                                                                     const std::set<std::string>& unreadable_media) {
  ASSIGN_OR_RETURN(const auto types, ReadTypes(session, products));
  ASSIGN_OR_RETURN(const auto channels, ReadChannels(products));
  Likenesses likenesses;
  for (const auto& [id, product] : products) {
    if (product != nullptr) likenesses.merge(LikenessesOf(*product));
  }
  ASSIGN_OR_RETURN(const auto holders, ReadHolders(session, likenesses));
  const auto other = [&](const Likeness& likeness, int64_t id) {
    const auto held = holders.find(likeness);
    const int64_t found = held == holders.end() ? 0 : held->second.OtherThan(id);
    return found == 0 ? "" : products_.FormatName(found);
  };
  std::vector<ListingIssues> issues;
  for (const auto& [id, product] : products) {
    issues.emplace_back();
    if (product == nullptr) continue;
    ListingFacts facts;
    facts.images = product->media_size();
    facts.unreadable_media = unreadable_media;
    if (const auto type = types.find(product->product_type()); type != types.end()) facts.type = &type->second;
    for (const std::string& name : ShownChannels(*product)) {
      const auto channel = channels.find(name);
      if (channel == channels.end()) continue;
      facts.languages.insert(facts.languages.end(), channel->second.languages().begin(),
                             channel->second.languages().end());
    }
    facts.similar_product = other({LikenessKind::kTitle, TitleLikeness(product->title())}, id);
    for (const auto& variant : product->variants()) {
      const std::string owner = other({LikenessKind::kBarcode, variant.barcode()}, id);
      if (!owner.empty()) facts.barcode_owners[variant.barcode()] = owner;
    }
    issues.back() = FindListingIssues(*product, facts);
  }
  return issues;
}

absl::StatusOr<ListingIssues> ListingScorer::Check(const Product& product, std::set<std::string> unreadable_media,
                                                   absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t id, products_.ParseName(product.name(), "name"));
  Products products;
  products[id] = std::make_unique<Product>(product);
  ListingIssues issues;
  RETURN_IF_ERROR(store_.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(auto found, FindIssues(session, products, unreadable_media));
    issues = std::move(found.front());
    return absl::OkStatus();
  }));
  return issues;
}

}  // namespace storeops::catalog
