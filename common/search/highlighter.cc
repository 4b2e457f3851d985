#include "common/search/highlighter.h"

#include <xapian.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/search/fold.h"
#include "common/search/words.h"

namespace storeops::search {
namespace {

constexpr size_t kSourceBytes = 6000;
constexpr size_t kLeadCodePoints = 40;  // shown before the first word found, when a text is cut

struct Span {
  size_t begin;
  size_t end;
};

std::string StemOf(absl::string_view lower) {
  thread_local const Xapian::Stem stem("english");  // has buffers of its own, so one for each thread
  return stem(std::string(lower));
}

uint64_t Pair(uint32_t first, uint32_t second) { return uint64_t{first} << 32 | second; }

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The position `count` code points before `at`.
size_t StepBack(absl::string_view text, size_t at, size_t count) {
  while (at > 0 && count > 0) {
    --at;
    count -= !IsContinuation(text[at]);
  }
  return at;
}

void Mark(std::vector<Span>& spans, size_t begin, size_t end) {
  if (!spans.empty() && begin <= spans.back().end) {
    spans.back().end = std::max(spans.back().end, end);
  } else {
    spans.push_back({begin, end});
  }
}

std::string Render(absl::string_view text, const std::vector<Span>& spans, Span window) {
  std::string html = window.begin > 0 ? "…" : "";
  size_t at = window.begin;
  for (const Span& span : spans) {
    if (span.begin >= window.end) break;
    const size_t end = std::min(span.end, window.end);
    absl::StrAppend(&html, EscapeHtml(text.substr(at, span.begin - at)), "<em>",
                    EscapeHtml(text.substr(span.begin, end - span.begin)), "</em>");
    at = end;
  }
  absl::StrAppend(&html, EscapeHtml(text.substr(at, window.end - at)), window.end < text.size() ? "…" : "");
  return html;
}

}  // namespace

Highlighter::Highlighter(absl::string_view query) {
  const std::string words = StripExcluded(NormalizeQuery(query));
  const bool open_end = ShapeOf(words).open_end;
  std::vector<std::string> stopwords;
  uint32_t run_previous = 0;  // the ideograph just before, if the run goes on
  size_t run_length = 0;
  size_t previous_end = 0;
  auto end_run = [&] {
    if (run_length == 1) singles_.insert(run_previous);
    run_length = 0;
  };
  ForEachWord(words, [&](const Word& word) {
    if (word.ideograph == 0) {
      end_run();
      if (IsStopword(word.lower)) {
        stopwords.emplace_back(word.lower);
        return;
      }
      stems_.insert(StemOf(word.lower));
      if (open_end && word.end == words.size()) prefix_ = std::string(word.lower);
      return;
    }
    if (word.begin != previous_end) end_run();
    if (run_length > 0) pairs_.insert(Pair(run_previous, word.ideograph));
    run_previous = word.ideograph;
    ++run_length;
    previous_end = word.end;
  });
  end_run();
  if (stems_.empty() && pairs_.empty() && singles_.empty()) stems_.insert(stopwords.begin(), stopwords.end());
  for (const std::string& stem : stems_) first_bytes_[static_cast<unsigned char>(stem[0])] = true;
}

bool Highlighter::Matches(absl::string_view lower) const {
  const auto first = static_cast<unsigned char>(lower[0]);
  if (first < 0x80 && !first_bytes_[first]) return false;
  std::string storage;
  lower = Fold(lower, &storage);
  if (lower.empty()) return false;
  if (!first_bytes_[static_cast<unsigned char>(lower[0])]) return false;
  if (!prefix_.empty() && absl::StartsWith(lower, prefix_)) return true;
  return stems_.contains(StemOf(lower));
}

std::optional<std::string> Highlighter::Highlight(absl::string_view text, size_t max_code_points) const {
  size_t source_end = std::min(text.size(), kSourceBytes);
  while (source_end < text.size() && source_end > 0 && IsContinuation(text[source_end])) --source_end;

  std::vector<Span> spans;
  uint32_t previous = 0;
  Span previous_span = {0, 0};
  ForEachWord(text.substr(0, source_end), [&](const Word& word) {
    if (word.ideograph == 0) {
      if (Matches(word.lower)) Mark(spans, word.begin, word.end);
      return;
    }
    if (previous_span.end == word.begin && pairs_.contains(Pair(previous, word.ideograph))) {
      Mark(spans, previous_span.begin, word.end);
    } else if (singles_.contains(word.ideograph)) {
      Mark(spans, word.begin, word.end);
    }
    previous = word.ideograph;
    previous_span = {word.begin, word.end};
  });
  if (spans.empty()) return std::nullopt;

  Span window = {0, text.size()};
  if (TruncateCodePoints(text, max_code_points).size() < text.size()) {
    const size_t lead = std::min(kLeadCodePoints, max_code_points / 4);
    window.begin = StepBack(text, spans[0].begin, lead);
    window.end = window.begin + TruncateCodePoints(text.substr(window.begin), max_code_points).size();
  }
  return Render(text, spans, window);
}

}  // namespace storeops::search
