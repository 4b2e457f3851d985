// Resources with a parent (books on shelves), through the engine and against a real database.
#include <atomic>
#include <set>

#include "common/rpc/method_table.h"
#include "gmock/gmock.h"
#include "testing/v1/library.pb.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using namespace ::testing::v1;  // NOLINT: the messages of one API

constexpr char kShelves[] =
    "CREATE TABLE shelves (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, create_time DATETIME(6) NOT NULL, "
    "update_time DATETIME(6) NOT NULL, delete_time DATETIME(6) NULL, title VARCHAR(100) NOT NULL, "
    "KEY by_title (title, id)) "
    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
constexpr char kBooks[] =
    "CREATE TABLE shelf_books (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, shelf_id BIGINT NOT NULL, "
    "create_time DATETIME(6) NOT NULL, update_time DATETIME(6) NOT NULL, delete_time DATETIME(6) NULL, "
    "title VARCHAR(100) NOT NULL, isbn VARCHAR(20) NOT NULL, tags MEDIUMTEXT NOT NULL, "
    "KEY by_shelf (shelf_id, id), KEY by_shelf_title (shelf_id, title, id), "
    "KEY by_shelf_create_time (shelf_id, create_time, id), KEY by_create_time (create_time, id), "
    "KEY by_title_shelf (title, shelf_id)) "
    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

class ResourceParentTest : public testing::ResourceFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(database().Execute(Soon(), kShelves).ok());
    ASSERT_TRUE(database().Execute(Soon(), kBooks).ok());
    resource::Hooks of_shelves;
    of_shelves.before_delete = [this](resource::Write& write, const google::protobuf::Message& before) -> absl::Status {
      const std::string& name = static_cast<const Shelf&>(before).name();
      const auto used = books_->HasChildren(write.session(), shelves_->names().IdIn(name));
      if (!used.ok()) return used.status();
      return *used ? PreconditionFailed("SHELF_IN_USE", name, "books stand on it") : absl::OkStatus();
    };
    auto shelves = resource::Resource::Open(store_, tokens_, Shelf::default_instance(), of_shelves);
    ASSERT_TRUE(shelves.ok()) << shelves.status();
    shelves_ = *std::move(shelves);
    auto books = OpenBooks();
    ASSERT_TRUE(books.ok()) << books.status();
    books_ = *std::move(books);
    for (const char* title : {"History", "Poems", "Empty"}) {
      CreateShelfRequest request;
      request.mutable_shelf()->set_title(title);
      Shelf shelf;
      ASSERT_TRUE(shelves_->Create(MakeCall(), request, &shelf).ok());
    }
  }

  absl::StatusOr<std::unique_ptr<resource::Resource>> OpenBooks() {
    resource::Hooks hooks;
    hooks.parent = shelves_->AsParent();
    return resource::Resource::Open(store_, tokens_, ShelfBook::default_instance(), std::move(hooks));
  }

  absl::StatusOr<ShelfBook> Add(const std::string& parent, const std::string& title, const std::string& isbn = "",
                                const rpc::Call& call = MakeCall()) {
    CreateShelfBookRequest request;
    request.set_parent(parent);
    request.mutable_shelf_book()->set_title(title);
    request.mutable_shelf_book()->set_isbn(isbn);
    return Run<ShelfBook>(&resource::Resource::Create, request, call);
  }

  template <class Response>
  absl::StatusOr<Response> Run(absl::Status (resource::Resource::*method)(const rpc::Call&,
                                                                          const google::protobuf::Message&,
                                                                          google::protobuf::Message*),
                               const google::protobuf::Message& request, const rpc::Call& call = MakeCall()) {
    Response response;
    const absl::Status status = (books_.get()->*method)(call, request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<ShelfBook> Read(const std::string& name) {
    GetShelfBookRequest request;
    request.set_name(name);
    return Run<ShelfBook>(&resource::Resource::Get, request);
  }

  absl::StatusOr<ShelfBook> Rename(const std::string& name, const std::string& title, const std::string& etag = "") {
    UpdateShelfBookRequest request;
    request.mutable_shelf_book()->set_name(name);
    request.mutable_shelf_book()->set_etag(etag);
    request.mutable_shelf_book()->set_title(title);
    request.mutable_update_mask()->add_paths("title");
    return Run<ShelfBook>(&resource::Resource::Update, request);
  }

  absl::StatusOr<ShelfBook> Remove(const std::string& name) {
    DeleteShelfBookRequest request;
    request.set_name(name);
    return Run<ShelfBook>(&resource::Resource::Delete, request);
  }

  absl::Status RemoveShelf(const std::string& name) {
    DeleteShelfRequest request;
    request.set_name(name);
    google::protobuf::Empty response;
    return shelves_->Delete(MakeCall(), request, &response);
  }

  absl::StatusOr<ListShelfBooksResponse> ListPage(const ListShelfBooksRequest& request) {
    return Run<ListShelfBooksResponse>(&resource::Resource::List, request);
  }

  // The titles of all pages.
  std::vector<std::string> Titles(const std::string& parent, const std::string& order_by = "",
                                  const std::string& filter = "") {
    ListShelfBooksRequest request;
    request.set_parent(parent);
    request.set_page_size(2);
    request.set_order_by(order_by);
    request.set_filter(filter);
    std::vector<std::string> titles;
    do {
      const auto page = ListPage(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const ShelfBook& book : page->shelf_books()) titles.push_back(book.title());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return titles;
  }

  std::unique_ptr<resource::Resource> shelves_;
  std::unique_ptr<resource::Resource> books_;
};

TEST_F(ResourceParentTest, BindsEveryStandardMethod) {
  rpc::MethodTable table;
  rpc::ServiceBuilder& service = table.AddService("testing.v1.LibraryService");
  shelves_->Bind(service);
  books_->Bind(service);
  for (int i = 0; i < service.descriptor()->method_count(); ++i) {
    const std::string& method = service.descriptor()->method(i)->name();
    EXPECT_TRUE(service.HasHandler(method)) << method;
  }
}

TEST_F(ResourceParentTest, NamesHaveTheParent) {
  const auto first = Add("shelves/1", "Rome");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->name(), "shelves/1/books/1");
  const auto second = Add("shelves/2", "Odes");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->name(), "shelves/2/books/2") << "ids are unique over all parents";
  const auto read = Read("shelves/2/books/2");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->DebugString(), second->DebugString());
  EXPECT_EQ(Read("shelves/1/books/2").status().message(), "shelves/1/books/2 does not exist");
  EXPECT_EQ(testing::FieldsOf(Read("books/2").status()),
            "name: must be a name of the form shelves/{shelf}/books/{book}, got \"books/2\"");
}

TEST_F(ResourceParentTest, TheParentMustExist) {
  EXPECT_EQ(testing::FieldsOf(Add("", "Rome").status()), "parent: is required");
  EXPECT_EQ(testing::FieldsOf(Add("shelf/1", "Rome").status()),
            "parent: must be a name of the form shelves/{shelf}, got \"shelf/1\"");
  EXPECT_THAT(testing::FieldsOf(Add("shelves/-", "Rome").status()), HasSubstr("parent: must be a name"));
  const absl::Status missing = Add("shelves/99", "Rome").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  google::rpc::ResourceInfo info;
  ASSERT_TRUE(GetDetail(missing, &info));
  EXPECT_EQ(info.resource_type(), "testing.storeops/Shelf");
  EXPECT_EQ(info.resource_name(), "shelves/99");
  ASSERT_TRUE(RemoveShelf("shelves/3").ok());
  EXPECT_EQ(Add("shelves/3", "Rome").status().code(), absl::StatusCode::kNotFound) << "deleted";
  EXPECT_EQ(Count("shelf_books"), 0);
}

TEST_F(ResourceParentTest, AParentWithChildrenCanRefuseToGo) {
  const auto book = Add("shelves/1", "Rome");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(testing::Reason(RemoveShelf("shelves/1")), "SHELF_IN_USE");
  ASSERT_TRUE(Remove(book->name()).ok());
  EXPECT_TRUE(RemoveShelf("shelves/1").ok());
  UndeleteShelfBookRequest undelete;
  undelete.set_name(book->name());
  EXPECT_EQ(Run<ShelfBook>(&resource::Resource::Undelete, undelete).status().message(), "shelves/1 does not exist");
}

TEST_F(ResourceParentTest, NoChildIsLeftWithoutItsParent) {
  for (int round = 0; round < 10; ++round) {
    CreateShelfRequest request;
    request.mutable_shelf()->set_title("New");
    Shelf shelf;
    ASSERT_TRUE(shelves_->Create(MakeCall(), request, &shelf).ok());
    std::atomic<int> added = 0;
    absl::Status removed;
    testing::InParallel(4, [&](int i) {
      if (i == 0) {
        removed = RemoveShelf(shelf.name());
      } else if (Add(shelf.name(), "Rome").ok()) {
        ++added;
      }
    });
    EXPECT_EQ(removed.ok(), added == 0) << removed << ", " << added << " books";
  }
}

TEST_F(ResourceParentTest, CreatesAtTheSameTimeFailByThemselves) {
  std::atomic<int> created = 0, missing = 0;
  testing::InParallel(16, [&](int i) {
    const auto book = Add(i % 4 == 0 ? "shelves/99" : "shelves/1", absl::StrCat("Book ", i));
    if (book.ok()) ++created;
    if (absl::IsNotFound(book.status())) ++missing;
  });
  EXPECT_EQ(created, 12);
  EXPECT_EQ(missing, 4);
  EXPECT_EQ(Count("shelf_books"), 12);
  EXPECT_EQ(Count("history"), 12 + 3);
}

TEST_F(ResourceParentTest, ListsAreOfOneParentOrOfAll) {
  for (const char* title : {"Rome", "Athens", "Cairo"}) {
    ASSERT_TRUE(Add("shelves/1", title).ok());
    clock_.Advance(absl::Minutes(1));
    ASSERT_TRUE(Add("shelves/2", absl::StrCat("Ode to ", title)).ok());
    clock_.Advance(absl::Minutes(1));
  }
  EXPECT_THAT(Titles("shelves/1"), ElementsAre("Rome", "Athens", "Cairo"));
  EXPECT_THAT(Titles("shelves/1", "title"), ElementsAre("Athens", "Cairo", "Rome"));
  EXPECT_THAT(Titles("shelves/1", "title desc"), ElementsAre("Rome", "Cairo", "Athens"));
  EXPECT_THAT(Titles("shelves/2", "create_time desc"), ElementsAre("Ode to Cairo", "Ode to Athens", "Ode to Rome"));
  EXPECT_THAT(Titles("shelves/2", "create_time, title"), ElementsAre("Ode to Rome", "Ode to Athens", "Ode to Cairo"));
  EXPECT_THAT(Titles("shelves/-"),
              ElementsAre("Rome", "Ode to Rome", "Athens", "Ode to Athens", "Cairo", "Ode to Cairo"));
  EXPECT_THAT(Titles("shelves/-", "create_time desc"),
              ElementsAre("Ode to Cairo", "Cairo", "Ode to Athens", "Athens", "Ode to Rome", "Rome"));
  EXPECT_THAT(Titles("shelves/3"), IsEmpty());
  ListShelfBooksRequest request;
  request.set_parent("shelves/-");
  request.set_order_by("title");
  EXPECT_EQ(testing::FieldsOf(ListPage(request).status()), "order_by: cannot sort by title across parents: name one");
  request.clear_order_by();
  request.set_parent("shelves/99");
  EXPECT_EQ(ListPage(request).status().message(), "shelves/99 does not exist");
  request.clear_parent();
  EXPECT_EQ(testing::FieldsOf(ListPage(request).status()), "parent: is required");
  request.set_parent("shelves/1");
  request.set_page_size(1);
  const auto page = ListPage(request);
  ASSERT_TRUE(page.ok()) << page.status();
  request.set_parent("shelves/2");
  request.set_page_token(page->next_page_token());
  EXPECT_THAT(testing::FieldsOf(ListPage(request).status()), HasSubstr("page_token: belongs to another query"));
}

TEST_F(ResourceParentTest, FiltersSelectWithinTheParent) {
  ASSERT_TRUE(Add("shelves/1", "Rome", "isbn-1").ok());
  ASSERT_TRUE(Add("shelves/1", "Athens").ok());
  ASSERT_TRUE(Add("shelves/2", "Rome", "isbn-2").ok());
  EXPECT_THAT(Titles("shelves/1", "", "title = Rome"), SizeIs(1));
  EXPECT_THAT(Titles("shelves/-", "", "title = Rome"), SizeIs(2));
  EXPECT_THAT(Titles("shelves/-", "", "name = \"shelves/1/books/1\""), ElementsAre("Rome"));
  EXPECT_THAT(Titles("shelves/-", "", "name = \"shelves/2/books/1\""), IsEmpty());
  EXPECT_THAT(Titles("shelves/1", "", "name != \"shelves/1/books/1\""), ElementsAre("Athens"));
}

TEST_F(ResourceParentTest, BatchGetReturnsAllInOrderOrNamesTheMissing) {
  ASSERT_TRUE(Add("shelves/1", "Rome").ok());
  ASSERT_TRUE(Add("shelves/2", "Odes").ok());
  BatchGetShelfBooksRequest request;
  const auto get = [&] { return Run<BatchGetShelfBooksResponse>(&resource::Resource::BatchGet, request); };
  request.add_names("shelves/2/books/2");
  request.add_names("shelves/1/books/1");
  request.add_names("shelves/2/books/2");
  const auto got = get();
  ASSERT_TRUE(got.ok()) << got.status();
  ASSERT_EQ(got->shelf_books_size(), 3);
  EXPECT_EQ(got->shelf_books(0).title(), "Odes");
  EXPECT_EQ(got->shelf_books(1).title(), "Rome");
  EXPECT_EQ(got->shelf_books(2).title(), "Odes");
  request.set_parent("shelves/2");
  EXPECT_EQ(testing::FieldsOf(get().status()), "names[1]: must be of the parent shelves/2, got \"shelves/1/books/1\"");
  request.set_parent("shelves/-");
  EXPECT_TRUE(get().ok());
  request.add_names("shelves/1/books/2");
  EXPECT_EQ(get().status().message(), "names[3]: shelves/1/books/2 does not exist");
  request.set_names(3, "books/2");
  EXPECT_THAT(testing::FieldsOf(get().status()), HasSubstr("names[3]: must be a name of the form"));
  request.mutable_names()->Clear();
  for (int i = 0; i <= 1000; ++i) request.add_names("shelves/1/books/1");
  EXPECT_EQ(testing::FieldsOf(get().status()), "names: must have at most 1000 items, has 1001");
}

TEST_F(ResourceParentTest, WritesKeepTheParentAndCheckTheEtag) {
  const auto book = Add("shelves/1", "Rome", "isbn-1");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_TRUE(absl::IsNotFound(Rename("shelves/2/books/1", "Other").status()));
  EXPECT_TRUE(absl::IsNotFound(Remove("shelves/2/books/1").status()));
  const auto renamed = Rename(book->name(), "Roma", book->etag());
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_EQ(renamed->name(), "shelves/1/books/1");
  EXPECT_EQ(renamed->etag(), "2");
  const absl::Status stale = Rename(book->name(), "Other", book->etag()).status();
  EXPECT_EQ(testing::Reason(stale), "ETAG_MISMATCH");
  EXPECT_THAT(stale.message(), HasSubstr("shelves/1/books/1"));
  EXPECT_EQ(Add("shelves/2", "Copy", "isbn-1").status().code(), absl::StatusCode::kAlreadyExists);
  const auto rows = database().Query(Soon(), "SELECT shelf_id, title FROM shelf_books");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->Int(0, 0), 1);
  EXPECT_EQ(rows->Text(0, 1), "Roma");
}

TEST_F(ResourceParentTest, BatchesSpanParents) {
  BatchCreateShelfBooksRequest create;
  create.set_parent("shelves/-");
  for (const char* parent : {"shelves/1", "shelves/2"}) {
    auto& one = *create.add_requests();
    one.set_parent(parent);
    one.mutable_shelf_book()->set_title(parent);
  }
  auto created = Run<BatchCreateShelfBooksResponse>(&resource::Resource::BatchCreate, create);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->shelf_books(1).name(), "shelves/2/books/2");
  create.set_parent("shelves/2");
  EXPECT_EQ(testing::FieldsOf(Run<BatchCreateShelfBooksResponse>(&resource::Resource::BatchCreate, create).status()),
            "requests[0].parent: must be empty or the batch's, shelves/2, got \"shelves/1\"");
  create.mutable_requests(0)->clear_parent();
  created = Run<BatchCreateShelfBooksResponse>(&resource::Resource::BatchCreate, create);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_THAT(created->shelf_books(0).name(), StartsWith("shelves/2/books/"));
  create.clear_parent();
  create.mutable_requests(0)->set_parent("shelves/99");
  EXPECT_TRUE(absl::IsNotFound(Run<BatchCreateShelfBooksResponse>(&resource::Resource::BatchCreate, create).status()));
  EXPECT_EQ(Count("shelf_books"), 4) << "all or none";

  BatchUpdateShelfBooksRequest update;
  for (const char* name : {"shelves/1/books/1", "shelves/2/books/2"}) {
    auto& book = *update.add_requests()->mutable_shelf_book();
    book.set_name(name);
    book.set_title("New");
  }
  const auto updated = Run<BatchUpdateShelfBooksResponse>(&resource::Resource::BatchUpdate, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->shelf_books(1).name(), "shelves/2/books/2");
  EXPECT_THAT(Titles("shelves/2", "title"), ElementsAre("New", "shelves/1", "shelves/2"));
  update.mutable_requests(1)->mutable_shelf_book()->set_name("shelves/1/books/2");
  EXPECT_EQ(Run<BatchUpdateShelfBooksResponse>(&resource::Resource::BatchUpdate, update).status().message(),
            "shelves/1/books/2 does not exist");
}

TEST_F(ResourceParentTest, HistoryIsOfTheNameWithItsParent) {
  const auto book = Add("shelves/1", "Rome");
  ASSERT_TRUE(book.ok()) << book.status();
  ASSERT_TRUE(Rename(book->name(), "Roma").ok());
  ASSERT_TRUE(Remove(book->name()).ok());
  UndeleteShelfBookRequest undelete;
  undelete.set_name(book->name());
  const auto undeleted = Run<ShelfBook>(&resource::Resource::Undelete, undelete);
  ASSERT_TRUE(undeleted.ok()) << undeleted.status();
  EXPECT_EQ(undeleted->name(), book->name());
  ListShelfBookHistoryRequest request;
  request.set_name(book->name());
  request.set_page_size(3);
  auto page = Run<ListShelfBookHistoryResponse>(&resource::Resource::ListHistory, request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 3);
  EXPECT_EQ(page->entries(0).subject(), "shelves/1/books/1");
  EXPECT_EQ(page->entries(0).kind(), changes::Change::UNDELETED);
  EXPECT_EQ(page->entries(2).changes(0).new_value(), "\"Roma\"");
  request.set_page_token(page->next_page_token());
  page = Run<ListShelfBookHistoryResponse>(&resource::Resource::ListHistory, request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->next_page_token(), "");
  request.clear_page_token();
  request.set_name("shelves/2/books/1");
  EXPECT_TRUE(absl::IsNotFound(Run<ListShelfBookHistoryResponse>(&resource::Resource::ListHistory, request).status()));
}

TEST_F(ResourceParentTest, ARepeatedRequestIsAnsweredAgain) {
  const auto first = Add("shelves/1", "Rome", "", MakeCall("r-1", "body"));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Add("shelves/1", "Rome", "", MakeCall("r-1", "body"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->DebugString(), first->DebugString());
  EXPECT_EQ(Count("shelf_books"), 1);
}

TEST_F(ResourceParentTest, CodeWritesChildrenToo) {
  std::vector<int64_t> ids = *books_->TakeIds(2, Soon());
  std::vector<resource::UpsertResult> results;
  ShelfBook answer;
  const absl::Status status =
      resource::RunWrite(store_, MakeCall(), &answer, [&](resource::Write& write) -> absl::Status {
        auto book = std::make_unique<ShelfBook>();
        book->set_title("Inserted");
        const auto inserted = books_->Insert(write, std::move(book), 2);
        if (!inserted.ok()) return inserted.status();
        EXPECT_EQ(inserted->parent, 2);
        std::vector<resource::Upsert> upserts(2);
        for (int i = 0; i < 2; ++i) {
          auto one = std::make_unique<ShelfBook>();
          one->set_title("Upserted");
          upserts[i].message = std::move(one);
          upserts[i].id = ids[i];
          upserts[i].parent = i == 0 ? 1 : 99;
        }
        auto written = books_->WriteMany(write, std::move(upserts), /*check_only=*/false);
        if (!written.ok()) return written.status();
        results = *std::move(written);
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_EQ(results[0].kind, resource::UpsertResult::kCreated);
  EXPECT_EQ(testing::FieldsOf(results[1].refusal), "parent: shelves/99 does not exist");
  EXPECT_THAT(Titles("shelves/1"), ElementsAre("Upserted"));
  EXPECT_THAT(Titles("shelves/2"), ElementsAre("Inserted"));
}

TEST_F(ResourceParentTest, TheStartRefusesATableWhoseIndexDoesNotEndInTheOrderOfLists) {
  ASSERT_TRUE(
      database().Execute(Soon(), "ALTER TABLE shelves DROP INDEX by_title, ADD INDEX by_title (title, version)").ok());
  EXPECT_EQ(resource::Resource::Open(store_, tokens_, Shelf::default_instance()).status().message(),
            "testing.v1.Shelf: field title is sortable, but no index of table shelves is on (title, id); "
            "add an index, or state (storeops.options.v1.table).max_rows");
}

TEST_F(ResourceParentTest, TheStartRefusesATableWithoutTheParentsIndexes) {
  ASSERT_TRUE(database()
                  .Execute(Soon(),
                           "ALTER TABLE shelf_books DROP INDEX by_shelf, DROP INDEX by_shelf_title, "
                           "ADD INDEX by_title (title, id)")
                  .ok());
  EXPECT_EQ(OpenBooks().status().message(),
            "testing.v1.ShelfBook: shelf_id is the parent's, but no index of table shelf_books is on (shelf_id, id); "
            "field title is sortable, but no index of table shelf_books is on (shelf_id, title, id); "
            "add an index, or state (storeops.options.v1.table).max_rows");
  ASSERT_TRUE(database()
                  .Execute(Soon(),
                           "ALTER TABLE shelf_books DROP INDEX by_shelf_create_time, "
                           "DROP COLUMN shelf_id")
                  .ok());
  EXPECT_THAT(OpenBooks().status().message(), HasSubstr("shelf_id is missing"));
  EXPECT_THAT(resource::Resource::Open(store_, tokens_, ShelfBook::default_instance()).status().message(),
              HasSubstr("hooks.parent must be set if its pattern, shelves/{shelf}/books/{book}, has a parent"));
}

}  // namespace
}  // namespace storeops
