# Writes OUTPUT: `const std::vector<storeops::db::Migration>& storeops::migrations::SET()` with the text of FILES.
list(SORT FILES)
set(rows "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
    message(FATAL_ERROR "${name}: migrations are named NNNN_what.sql")
  endif()
  set(number ${CMAKE_MATCH_1})
  set(title ${CMAKE_MATCH_2})
  file(READ ${file} text)
  string(REGEX REPLACE "^0+" "" number ${number})
  string(APPEND rows "      {${number}, \"${title}\", R\"sql(${text})sql\"},\n")
endforeach()
file(WRITE ${OUTPUT}
"#include \"common/db/migrations.h\"

namespace storeops::migrations {

const db::MigrationSet& ${SET}() {
  static const auto* set = new db::MigrationSet{\"${SET}\", {
${rows}  }};
  return *set;
}

}  // namespace storeops::migrations
")
