#include "common/search/index.h"

#include <xapian.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/search/columns.h"
#include "common/search/match.h"
#include "common/telemetry/telemetry.h"

namespace storeops::search {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kCursorKey[] = "cursor";
constexpr int kReadAttempts = 4;
constexpr size_t kMaxIdleReaders = 32;
constexpr int kPublishedAtOnce = 64;
constexpr size_t kCountedWords = 200'000;

constexpr int kOpenFlags = Xapian::DB_CREATE_OR_OPEN | Xapian::DB_NO_SYNC | Xapian::DB_BACKEND_GLASS;

absl::Status ErrorOf(absl::StatusCode code, const Xapian::Error& error) {
  return absl::Status(code, absl::StrCat("search index: ", error.get_type(), ": ", error.get_msg()));
}

// The one place where the library's exceptions end. ABORTED: the index changed while it was read. UNAVAILABLE: another
// process has it. DATA_LOSS: it is damaged or gone.
absl::Status Guard(absl::FunctionRef<void()> body) {
  try {
    body();
    return absl::OkStatus();
  } catch (const Xapian::DatabaseModifiedError& error) {
    return ErrorOf(absl::StatusCode::kAborted, error);
  } catch (const Xapian::DatabaseLockError& error) {
    return ErrorOf(absl::StatusCode::kUnavailable, error);
  } catch (const Xapian::DatabaseError& error) {
    return ErrorOf(absl::StatusCode::kDataLoss, error);
  } catch (const Xapian::Error& error) {
    return ErrorOf(absl::StatusCode::kInternal, error);
  }
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::InternalError(absl::StrCat("search index: cannot make ", folder, ": ", error.message()));
  return absl::OkStatus();
}

absl::Status RemoveFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return absl::InternalError(absl::StrCat("search index: cannot remove ", folder, ": ", error.message()));
  return absl::OkStatus();
}

}  // namespace

class Index::Impl {
 public:
  Impl(std::string folder, std::string format) : folder_(std::move(folder)), format_(std::move(format)) {}

  absl::Status Open() {
    absl::MutexLock lock(&write_mutex_);
    RETURN_IF_ERROR(MakeFolder(folder_));
    absl::Status opened = OpenWriter();
    if (opened.ok()) {
      std::string format;
      opened = Guard([&] { format = writer_.get_metadata(kFormatKey); });
      if (opened.ok() && format == format_) opened = LoadState();
      if (opened.ok() && format == format_) return opened;
    }
    if (absl::IsUnavailable(opened)) return opened;  // another process has it
    if (!opened.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "search index is damaged and made anew",
                     {{"folder", folder_}, {"error", opened.ToString()}});
    }
    return MakeAnew();
  }

  void Close() {
    absl::MutexLock lock(&write_mutex_);
    CloseWriter();
  }

  std::optional<int64_t> cursor() const {
    absl::MutexLock lock(&state_mutex_);
    return cursor_;
  }

  absl::Status Update(absl::Span<const Document> documents, absl::Span<const uint32_t> removed) {
    absl::MutexLock lock(&write_mutex_);
    return Watched([&] {
      for (uint32_t id : removed) Remove(id);
      for (const Document& document : documents) Put(document);
    });
  }

  absl::Status Commit(std::optional<int64_t> cursor) {
    absl::MutexLock lock(&write_mutex_);
    RETURN_IF_ERROR(Watched([&] {
      if (cursor.has_value()) writer_.set_metadata(kCursorKey, absl::StrCat(*cursor));
      writer_.commit();
    }));
    ++revision_;
    PublishColumns();
    if (cursor.has_value()) {
      absl::MutexLock state_lock(&state_mutex_);
      cursor_ = cursor;
    }
    return absl::OkStatus();
  }

  absl::Status Reset() {
    absl::MutexLock lock(&write_mutex_);
    CloseWriter();
    return MakeAnew();
  }

  absl::StatusOr<Result> Search(const Query& query) {
    for (int attempt = 0; attempt < kReadAttempts && !damaged_; ++attempt) {
      Result result;
      const absl::Status status = WithReader([&](const Xapian::Database& reader) {
        absl::ReaderMutexLock lock(&columns_mutex_);
        result = FindMatches(reader, columns_, query);
      });
      if (status.ok()) return result;
      if (absl::IsAborted(status)) continue;  // more than one commit went by meanwhile
      NoteDamage(status);
      if (!absl::IsDataLoss(status)) return status;
    }
    return UnavailableRetry("The search index is not ready.", absl::Seconds(1));
  }

  absl::StatusOr<std::vector<uint32_t>> Ids(uint32_t first, uint32_t last) {
    for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
      std::vector<uint32_t> ids;
      const absl::Status status = WithReader([&](const Xapian::Database& reader) {
        const Xapian::PostingIterator end = reader.postlist_end("");
        Xapian::PostingIterator id = reader.postlist_begin("");
        for (id.skip_to(first); id != end && *id <= last; ++id) ids.push_back(*id);
      });
      if (status.ok()) return ids;
      NoteDamage(status);
      if (!absl::IsAborted(status)) return status;
    }
    return UnavailableRetry("The search index is not ready.", absl::Seconds(1));
  }

  int64_t document_count() {
    int64_t count = 0;
    const absl::Status status = WithReader([&](const Xapian::Database& reader) { count = reader.get_doccount(); });
    NoteDamage(status);
    return count;
  }

  bool damaged() const { return damaged_; }

 private:
  struct Reader {
    Xapian::Database database;
    int64_t generation;  // of the folder: grows with each Reset
    int64_t revision;
  };

  absl::Status OpenWriter() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    return Guard([&] { writer_ = Xapian::WritableDatabase(folder_, kOpenFlags); });
  }

  void CloseWriter() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    const absl::Status closed = Guard([&] { writer_.close(); });
    if (!closed.ok())
      telemetry::Log(telemetry::LogLevel::kWarning, "search index: close", {{"error", closed.ToString()}});
    writer_ = Xapian::WritableDatabase();
    absl::MutexLock state_lock(&state_mutex_);
    idle_.clear();
  }

  absl::Status MakeAnew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    CloseWriter();
    RETURN_IF_ERROR(RemoveFolder(folder_));
    RETURN_IF_ERROR(MakeFolder(folder_));
    RETURN_IF_ERROR(OpenWriter());
    RETURN_IF_ERROR(Guard([&] {
      writer_.set_metadata(kFormatKey, format_);
      writer_.commit();
    }));
    ++generation_;
    damaged_ = false;
    pending_.clear();
    word_counts_.clear();
    {
      absl::MutexLock columns_lock(&columns_mutex_);
      columns_ = Columns();
    }
    absl::MutexLock state_lock(&state_mutex_);
    cursor_.reset();
    return absl::OkStatus();
  }

  absl::Status LoadState() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    std::string text;
    Columns columns;
    RETURN_IF_ERROR(Guard([&] {
      text = writer_.get_metadata(kCursorKey);
      columns = Columns::Load(writer_);
    }));
    {
      absl::MutexLock columns_lock(&columns_mutex_);
      columns_ = std::move(columns);
    }
    int64_t number = 0;
    absl::MutexLock state_lock(&state_mutex_);
    if (absl::SimpleAtoi(text, &number)) cursor_ = number;
    return absl::OkStatus();
  }

  // The words of a document that spelling help knows it by. False if there is no such document.
  bool SpellingWords(Xapian::docid id, std::vector<std::string>& words) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    if (id > writer_.get_lastdocid()) return false;
    try {
      for (auto term = writer_.termlist_begin(id); term != writer_.termlist_end(id); ++term) {
        if (IsSpellingWord(*term)) words.push_back(*term);
      }
    } catch (const Xapian::DocNotFoundError&) {
      return false;
    }
    return true;
  }

  // Spelling help prefers frequent words, for which a rough count will do: it is written when it has doubled.
  void CountWord(const std::string& word) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    if (word_counts_.size() >= kCountedWords) word_counts_.clear();
    const uint32_t count = ++word_counts_[word];
    if (std::has_single_bit(count)) writer_.add_spelling(word, std::max(count / 2, 1u));
  }

  // Of words that documents lost, those that no document has any more are not to be suggested.
  void ForgetUnused(const std::vector<std::string>& words) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    for (const std::string& word : words) {
      if (writer_.term_exists(word)) continue;
      writer_.remove_spelling(word, std::numeric_limits<Xapian::termcount>::max());
      word_counts_.erase(word);
    }
  }

  void Remove(Xapian::docid id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    std::vector<std::string> words;
    if (!SpellingWords(id, words)) return;
    writer_.delete_document(id);
    ForgetUnused(words);
    pending_.insert_or_assign(id, std::nullopt);
  }

  void Put(const Document& document) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    std::vector<std::string> old_words;
    SpellingWords(document.id, old_words);
    const Xapian::Document made = MakeDocument(document);
    writer_.replace_document(document.id, made);
    for (auto term = made.termlist_begin(); term != made.termlist_end(); ++term) {
      if (IsSpellingWord(*term)) CountWord(*term);
    }
    ForgetUnused(old_words);
    pending_.insert_or_assign(document.id, Document{document.id, {}, document.terms, document.keys, document.facets});
  }

  // Some at a time: searches wait meanwhile.
  void PublishColumns() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    for (auto change = pending_.begin(); change != pending_.end();) {
      absl::MutexLock lock(&columns_mutex_);
      for (int i = 0; i < kPublishedAtOnce && change != pending_.end(); ++i, ++change) {
        if (change->second.has_value()) {
          columns_.Put(*change->second);
        } else {
          columns_.Remove(change->first);
        }
      }
    }
    pending_.clear();
  }

  absl::Status Watched(absl::FunctionRef<void()> body) {
    if (damaged_) return UnavailableRetry("The search index is damaged.", absl::Seconds(1));
    const absl::Status status = Guard(body);
    NoteDamage(status);
    return status;
  }

  void NoteDamage(const absl::Status& status) {
    if (!absl::IsDataLoss(status) || damaged_.exchange(true)) return;
    telemetry::Log(telemetry::LogLevel::kError, "search index is damaged",
                   {{"folder", folder_}, {"error", status.ToString()}});
  }

  // Readers are opened when needed, kept, and brought up to date after a commit only.
  absl::Status WithReader(absl::FunctionRef<void(const Xapian::Database&)> body) {
    const int64_t generation = generation_;
    const int64_t revision = revision_;
    std::optional<Reader> reader = TakeIdle();
    absl::Status status = Guard([&] {
      if (!reader.has_value() || reader->generation != generation) {
        reader = Reader{Xapian::Database(folder_, Xapian::DB_BACKEND_GLASS), generation, revision};
      } else if (reader->revision != revision) {
        reader->database.reopen();
        reader->revision = revision;
      }
      body(reader->database);
    });
    // A reader of a folder that was replaced says nothing about the new one.
    if (absl::IsDataLoss(status) && generation != generation_) return absl::AbortedError("search index was replaced");
    if (absl::IsAborted(status) && reader.has_value()) reader->revision = -1;
    if (status.ok() || absl::IsAborted(status)) Return(std::move(reader));
    return status;
  }

  std::optional<Reader> TakeIdle() {
    absl::MutexLock lock(&state_mutex_);
    if (idle_.empty()) return std::nullopt;
    Reader reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }

  void Return(std::optional<Reader> reader) {
    absl::MutexLock lock(&state_mutex_);
    if (reader.has_value() && idle_.size() < kMaxIdleReaders) idle_.push_back(*std::move(reader));
  }

  const std::string folder_;
  const std::string format_;

  absl::Mutex write_mutex_ ABSL_ACQUIRED_BEFORE(state_mutex_);
  Xapian::WritableDatabase writer_ ABSL_GUARDED_BY(write_mutex_);

  // In how many documents words were put since the index was opened, or since this became too large.
  absl::flat_hash_map<std::string, uint32_t> word_counts_ ABSL_GUARDED_BY(write_mutex_);

  // Documents without their texts, by id; nothing: removed.
  absl::btree_map<uint32_t, std::optional<Document>> pending_ ABSL_GUARDED_BY(write_mutex_);

  absl::Mutex columns_mutex_;
  Columns columns_ ABSL_GUARDED_BY(columns_mutex_);

  std::atomic<int64_t> generation_ = 0;
  std::atomic<int64_t> revision_ = 0;
  std::atomic<bool> damaged_ = false;

  mutable absl::Mutex state_mutex_;
  std::vector<Reader> idle_ ABSL_GUARDED_BY(state_mutex_);
  std::optional<int64_t> cursor_ ABSL_GUARDED_BY(state_mutex_);
};

absl::StatusOr<std::unique_ptr<Index>> Index::Open(const std::string& folder, const std::string& format) {
  auto impl = std::make_unique<Impl>(folder, format);
  RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<Index>(new Index(std::move(impl)));
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::~Index() { impl_->Close(); }
std::optional<int64_t> Index::cursor() const { return impl_->cursor(); }
int64_t Index::document_count() const { return impl_->document_count(); }
absl::StatusOr<std::vector<uint32_t>> Index::Ids(uint32_t first, uint32_t last) { return impl_->Ids(first, last); }
absl::Status Index::Update(absl::Span<const Document> documents, absl::Span<const uint32_t> removed) {
  return impl_->Update(documents, removed);
}
absl::Status Index::Commit(std::optional<int64_t> cursor) { return impl_->Commit(cursor); }
absl::Status Index::Reset() { return impl_->Reset(); }
absl::StatusOr<Result> Index::Search(const Query& query) { return impl_->Search(query); }
bool Index::damaged() const { return impl_->damaged(); }

}  // namespace storeops::search
