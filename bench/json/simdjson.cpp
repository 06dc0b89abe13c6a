// Measures libsimdjson on a file: how fast it parses, and how fast a tree of owned values (what a suite needs: strings
// that outlive the text, keys in order, numbers as written) can be built from it. See README.md.
#include <simdjson.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

struct Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;
struct Value {
  std::variant<std::monostate, bool, std::string, std::unique_ptr<Array>, std::unique_ptr<Object>> content;
};

static Value build(simdjson::ondemand::value source) {
  Value value;
  switch (source.type()) {
    case simdjson::ondemand::json_type::array: {
      auto items = std::make_unique<Array>();
      for (auto item : source.get_array()) items->push_back(build(item.value()));
      value.content = std::move(items);
      break;
    }
    case simdjson::ondemand::json_type::object: {
      auto members = std::make_unique<Object>();
      for (auto field : source.get_object()) {
        std::string key(std::string_view(field.unescaped_key()));
        members->emplace_back(std::move(key), build(field.value()));
      }
      value.content = std::move(members);
      break;
    }
    case simdjson::ondemand::json_type::number: value.content = std::string(source.raw_json_token()); break;
    case simdjson::ondemand::json_type::string: value.content = std::string(std::string_view(source.get_string())); break;
    case simdjson::ondemand::json_type::boolean: value.content = bool(source.get_bool()); break;
    case simdjson::ondemand::json_type::null: break;
  }
  return value;
}

template <typename Work>
static void report(const char *what, double bytes, Work work) {
  double least = 1e9;
  for (int round = 0; round < 9; round++) {
    auto start = std::chrono::steady_clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%s: %.0f MB/s\n", what, bytes / 1e6 / least);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  auto text = simdjson::padded_string::load(arguments[1]).value();
  simdjson::dom::parser dom;
  report("simdjson, parsed to its tape", double(text.size()), [&] { (void)dom.parse(text).value().type(); });
  simdjson::ondemand::parser parser;
  report("simdjson, built into owned values", double(text.size()), [&] {
    auto document = parser.iterate(text);
    Array items;
    for (auto item : document.get_array()) items.push_back(build(item.value()));
  });
}
