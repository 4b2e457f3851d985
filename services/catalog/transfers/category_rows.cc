#include "services/catalog/transfers/category_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/input_text.h"
#include "common/base/message_text.h"
#include "common/base/text.h"
#include "common/base/validation.h"
#include "re2/re2.h"
#include "services/catalog/categories/category_tree.h"
#include "services/catalog/transfers/file_errors.h"
#include "services/catalog/transfers/translation_texts.h"

namespace storeops::catalog {
namespace {

using Kind = CategoryColumnKind;

constexpr size_t kMaxKey = 300;      // characters
constexpr size_t kShownHeader = 60;  // characters of a header
constexpr char kColumns[] =
    "key or path, parent, title, description, language, position, slug, title.zh, description.zh";

struct NamedCategoryColumn {
  absl::string_view header;
  Kind kind;
};
constexpr NamedCategoryColumn kNamedColumns[] = {
    {"key", Kind::kKey},
    {"path", Kind::kPath},
    {"parent", Kind::kParent},
    {"title", Kind::kTitle},
    {"description", Kind::kDescription},
    {"language", Kind::kLanguage},
    {"position", Kind::kPosition},
    {"slug", Kind::kSlug},
};

bool IsCategoryName(absl::string_view text) {
  static const RE2* const kName = new RE2("categories/[0-9]{1,18}");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *kName);
}

std::optional<CategoryColumn> FindColumn(absl::string_view header) {
  for (const NamedCategoryColumn& column : kNamedColumns) {
    if (column.header == header) return CategoryColumn{column.kind, std::string(header), ""};
  }
  absl::string_view language = header;
  Kind kind = Kind::kTranslatedTitle;
  if (!absl::ConsumePrefix(&language, "title.")) {
    if (!absl::ConsumePrefix(&language, "description.")) return std::nullopt;
    kind = Kind::kTranslatedDescription;
  }
  if (language.empty()) return std::nullopt;
  return CategoryColumn{kind, std::string(header), std::string(language)};
}

class FileReader {
 public:
  FileReader(absl::string_view text, const CsvDialect& dialect) : text_(text) { file_.dialect = dialect; }

  CategoryFile Read() {
    auto reader = OpenCsv(
        [this](char* buffer, size_t size) -> absl::StatusOr<size_t> {
          const size_t count = std::min(size, text_.size());
          std::copy_n(text_.data(), count, buffer);
          text_.remove_prefix(count);
          return count;
        },
        &file_.dialect);
    if (!reader.ok()) {
      AddError(1, 1, "", std::string(reader.status().message()));
      return std::move(file_);
    }
    reader_ = *std::move(reader);
    if (!NextRow()) {
      if (file_.errors.empty()) AddError(1, 1, "", "the file is empty");
    } else if (ReadHeader()) {
      while (NextRow()) ReadRow();
    }
    file_.complete = !incomplete_;
    return std::move(file_);
  }

 private:
  void AddError(int64_t line, int64_t column, absl::string_view field, std::string message) {
    v1::ImportError& error = file_.errors.emplace_back();
    error.set_line(line);
    error.set_column(column);
    error.set_field(std::string(field));
    error.set_message(std::move(message));
  }

  // False at the end of what can be read.
  bool NextRow() {
    absl::StatusOr<bool> more = false;
    do {
      more = reader_->Next(&cells_);
    } while (more.ok() && *more && IsBlankRow(cells_));
    if (more.ok()) return *more;
    file_.errors.push_back(FileError(more.status().message()));
    incomplete_ = true;
    return false;
  }

  bool ReadHeader() {
    if (const auto place = reader_->InvalidUtf8()) {
      file_.errors.push_back(BadByteError(*place, file_.dialect));
      return false;
    }
    std::vector<TextPlace> places;
    reader_->GetPlaces(&places);
    const bool plain = file_.dialect.encoding == TextEncoding::kUtf8 && file_.dialect.delimiter == ',';
    for (size_t i = 0; i < cells_.size(); ++i) {
      const absl::string_view header = absl::StripAsciiWhitespace(cells_[i]);
      const auto refuse = [&](absl::string_view what) {
        AddError(places[i].line, places[i].column, TruncateCodePoints(header, kShownHeader),
                 absl::StrCat(what, "; columns are ", kColumns, plain ? "" : "; the file was read as ",
                              plain ? "" : DescribeDialect(file_.dialect)));
      };
      auto column = FindColumn(header);
      if (!column.has_value()) {
        refuse("there is no such column");
      } else if (file_.Find(column->kind, column->language) >= 0) {
        refuse("is there twice");
      } else {
        file_.columns.push_back(*std::move(column));
      }
    }
    const auto has = [&](Kind kind) { return file_.Has(kind); };
    if (has(Kind::kKey) == has(Kind::kPath)) {
      AddError(1, 0, "",
               has(Kind::kKey) ? "\"key\" and \"path\" exclude each other" : "there is no \"key\" or \"path\"");
    }
    if (has(Kind::kKey) && !has(Kind::kTitle)) AddError(1, 0, "", "there is no \"title\"");
    return file_.errors.empty();
  }

  void ReadRow() {
    if (file_.rows.size() == kMaxCategoryRows) {
      if (!std::exchange(too_long_, true)) {
        AddError(reader_->line(), 0, "", absl::StrCat("a file has at most ", kMaxCategoryRows, " rows"));
        incomplete_ = true;
      }
      return;
    }
    if (const auto place = reader_->InvalidUtf8()) {
      file_.errors.push_back(BadByteError(*place, file_.dialect));
      incomplete_ = true;
      return;
    }
    if (cells_.size() != file_.columns.size()) {
      AddError(reader_->line(), 0, "",
               absl::StrCat("the row has ", cells_.size(), " fields, the header ", file_.columns.size()));
      incomplete_ = true;
      return;
    }
    CategoryRow& row = file_.rows.emplace_back();
    row.line = reader_->line();
    reader_->GetPlaces(&row.places);
    const size_t errors_before = file_.errors.size();
    for (size_t i = 0; i < cells_.size(); ++i) CleanCell(static_cast<int>(i), row);
    for (size_t i = 0; i < cells_.size(); ++i) ReadCell(static_cast<int>(i), &row);
    if (!file_.Has(Kind::kTitle) && !row.self.path.empty()) row.category.set_title(row.self.path.back());
    if (file_.errors.size() == errors_before) CheckRow(row);
  }

  void CleanCell(int column, const CategoryRow& row) {
    const Kind kind = file_.columns[column].kind;
    const bool lines = kind == Kind::kDescription || kind == Kind::kTranslatedDescription;
    std::string change = CleanFileText(lines ? TextForm::kLines : TextForm::kLine, &cells_[column]);
    if (change.empty()) return;
    v1::ImportError& warning = file_.warnings.emplace_back(file_.ErrorAt(row, column, std::move(change)));
    warning.set_severity(v1::ImportError::WARNING);
  }

  void Refuse(const CategoryRow& row, int column, std::string message) {
    file_.errors.push_back(file_.ErrorAt(row, column, std::move(message)));
  }

  CategoryReference ReadReference(const CategoryRow& row, int column) {
    CategoryReference reference;
    std::string cell = cells_[column];
    if (std::string problem = NormalizeText(TextForm::kLine, &cell); !problem.empty()) {
      Refuse(row, column, std::move(problem));
      return reference;
    }
    if (CountCodePoints(cell) > kMaxKey && file_.Has(Kind::kKey)) {
      Refuse(row, column, absl::StrCat("is longer than ", kMaxKey, " characters"));
      return reference;
    }
    if (file_.Has(Kind::kKey)) reference.key = cell;
    if (file_.columns[column].kind == Kind::kKey) return reference;
    if (IsCategoryName(cell)) {
      reference.name = std::move(cell);
    } else {
      reference.path = SplitCell(cell, kPathSeparator);
    }
    // In a file with keys a long path is a key at most.
    if (reference.path.size() > kMaxCategoryDepth) {
      if (!file_.Has(Kind::kKey)) {
        Refuse(row, column,
               absl::StrCat("has ", reference.path.size(), " levels; at most ", kMaxCategoryDepth, " are allowed"));
      }
      reference.path.clear();
    }
    return reference;
  }

  void ReadCell(int column, CategoryRow* row) {
    const std::string& cell = cells_[column];
    switch (file_.columns[column].kind) {
      case Kind::kKey:
      case Kind::kPath: {
        const size_t errors_before = file_.errors.size();
        row->self = ReadReference(*row, column);
        if (row->self.empty() && file_.errors.size() == errors_before) Refuse(*row, column, "must not be empty");
        break;
      }
      case Kind::kParent:
        row->parent = ReadReference(*row, column);
        break;
      case Kind::kTitle:
        row->category.set_title(cell);
        break;
      case Kind::kDescription:
        row->category.set_description(cell);
        break;
      case Kind::kLanguage:
        row->category.set_language(cell);
        break;
      case Kind::kPosition: {
        int position = 0;
        if (!cell.empty() && !absl::SimpleAtoi(cell, &position)) {
          Refuse(*row, column, absl::StrCat("\"", TruncateCodePoints(cell, kShownHeader), "\" is not a whole number"));
        }
        row->category.set_position(position);
        break;
      }
      case Kind::kSlug:
        row->category.set_slug(cell);
        break;
      case Kind::kTranslatedTitle:
        if (!cell.empty()) Translation(column, row)->set_title(cell);
        break;
      case Kind::kTranslatedDescription:
        if (!cell.empty()) Translation(column, row)->set_description(cell);
        break;
    }
  }

  v1::Translation* Translation(int column, CategoryRow* row) const {
    return MutableTranslation(file_.columns[column].language, row->category.mutable_translations());
  }

  // Whether this column of a translation is its title, or stands beside one.
  bool HasTitleColumn(int column) const {
    return column >= 0 && file_.Find(Kind::kTranslatedTitle, file_.columns[column].language) >= 0;
  }

  // What the rule for text and the annotations say of the row's own values.
  void CheckRow(CategoryRow& row) {
    std::vector<FieldViolation> violations = NormalizeTexts(&row.category);
    if (violations.empty()) violations = FindViolations(row.category);
    for (const FieldViolation& violation : violations) {
      const int column = file_.FindField(violation.field, row.category);
      // What an existing category may have already.
      if (column < 0 && violation.field == "title" && !row.self.name.empty()) continue;
      if (absl::EndsWith(violation.field, "].title") && !HasTitleColumn(column)) continue;
      const bool named = column >= 0 || violation.field == "title";
      Refuse(row, column >= 0 ? column : file_.Find(Kind::kPath),
             named ? violation.description : absl::StrCat(violation.field, ": ", violation.description));
    }
  }

  absl::string_view text_;  // that was not read yet
  std::unique_ptr<CsvReader> reader_;
  std::vector<std::string> cells_;
  CategoryFile file_;
  bool incomplete_ = false;
  bool too_long_ = false;
};

}  // namespace

int CategoryFile::Find(CategoryColumnKind kind, absl::string_view language) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].kind == kind && columns[i].language == language) return static_cast<int>(i);
  }
  return -1;
}

int CategoryFile::FindField(absl::string_view field, const v1::Category& category) const {
  static constexpr std::pair<absl::string_view, Kind> kFields[] = {
      {"title", Kind::kTitle},       {"description", Kind::kDescription},
      {"language", Kind::kLanguage}, {"position", Kind::kPosition},
      {"slug", Kind::kSlug},         {"parent", Kind::kParent},
  };
  for (const auto& [name, kind] : kFields) {
    if (field == name) return Find(kind);
  }
  size_t index = 0;
  if (!absl::ConsumePrefix(&field, "translations[") || !absl::SimpleAtoi(field.substr(0, field.find(']')), &index) ||
      index >= static_cast<size_t>(category.translations_size())) {
    return -1;
  }
  const std::string& language = category.translations(static_cast<int>(index)).language();
  const int title = Find(Kind::kTranslatedTitle, language), text = Find(Kind::kTranslatedDescription, language);
  if (absl::EndsWith(field, ".description")) return text;
  return title >= 0 ? title : text;
}

v1::ImportError CategoryFile::ErrorAt(const CategoryRow& row, int column, std::string message) const {
  v1::ImportError error;
  error.set_line(row.line);
  if (column >= 0) {
    error.set_line(row.places[column].line);
    error.set_column(row.places[column].column);
    error.set_field(columns[column].header);
  }
  error.set_message(std::move(message));
  return error;
}

CategoryFile ReadCategoryFile(absl::string_view text, const CsvDialect& dialect) {
  return FileReader(text, dialect).Read();
}

std::string FormatCategoryReference(const CategoryPath& path) {
  const std::string text = FormatPath(path);
  return IsCategoryName(text) ? absl::StrCat("\\", text) : text;
}

std::vector<std::string> CategoryHeader(const std::vector<std::string>& languages) {
  std::vector<std::string> header;
  for (const NamedCategoryColumn& column : kNamedColumns) {
    if (column.kind != Kind::kKey) header.emplace_back(column.header);
  }
  for (const std::string& language : languages) {
    header.push_back(absl::StrCat("title.", language));
    header.push_back(absl::StrCat("description.", language));
  }
  return header;
}

void MergeCategory(const CategoryFile& file, const CategoryRow& row, v1::Category* category) {
  const v1::Category& from = row.category;
  if (!from.title().empty()) category->set_title(from.title());
  if (file.Has(Kind::kDescription)) category->set_description(from.description());
  if (file.Has(Kind::kLanguage) && !from.language().empty()) category->set_language(from.language());
  if (file.Has(Kind::kPosition)) category->set_position(from.position());
  if (file.Has(Kind::kSlug)) category->set_slug(from.slug());
  for (const CategoryColumn& column : file.columns) {
    if (column.kind == Kind::kTranslatedTitle) {
      MergeTranslation({column.language, /*title=*/true, /*description=*/false}, from.translations(),
                       category->mutable_translations());
    } else if (column.kind == Kind::kTranslatedDescription) {
      MergeTranslation({column.language, /*title=*/false, /*description=*/true}, from.translations(),
                       category->mutable_translations());
    }
  }
}

}  // namespace storeops::catalog
