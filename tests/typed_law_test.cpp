// The rounding that a typed graph takes by its law is the one that the loader gives the same
// operator: every node of every TFLite file at hand.
#include <catch2/catch.hpp>
#include <filesystem>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"
#include "skip.hpp"

namespace {
octet::typed::detail::tensor_info info_of(const octet::tensor& t) {
  octet::typed::detail::tensor_info i{};
  i.type = t.type;
  i.shape = octet::typed::detail::pack(t.shape);
  i.scale = t.scales.empty() ? 0 : t.scales[0];
  i.zero_point = t.zero_points.empty() ? 0 : t.zero_points[0];
  return i;
}
}  // namespace

TEST_CASE("typed laws and the loader choose the same roundings") {
  const std::filesystem::path root = OCTET_MODELS "/tflite";
  if (!std::filesystem::is_directory(root)) {
    octet_test::skip("no shared models");
    return;
  }
  std::size_t nodes = 0, files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".tflite") continue;
    for (octet::law l : {octet::law::tflite_ref, octet::law::tflite_xnnpack}) {
      octet::import::tflite_options o;
      o.arithmetic = l;
      auto g = octet::import::try_tflite(entry.path().string(), o);
      if (!g) continue;  // models_test knows which
      ++files;
      octet::passes::optimize(*g, false);
      for (const octet::node& n : g->nodes) {
        const std::string_view name = n.op->name;
        // Formulas of these are not a question of law: their builders name them.
        if (n.round == octet::rounding::none || name.find("dynamic") != name.npos ||
            name == "qnn.svdf" || name == "qnn.lstm")
          continue;
        const auto x = info_of((*g)[n.in[0]]), w = n.in.size() > 1 && n.in[1] >= 0
                                                       ? info_of((*g)[n.in[1]])
                                                       : octet::typed::detail::tensor_info{};
        const octet::dtype bias =
            n.in.size() > 2 && n.in[2] >= 0 ? (*g)[n.in[2]].type : octet::dtype::boolean;
        const auto c = octet::typed::detail::rounding_by_law(
            l, octet::typed::detail::family_of(n.op), x,
            n.in.size() > 1 && n.in[1] >= 0 ? &w : nullptr, info_of((*g)[n.out[0]]), bias,
            n.attrs.real("alpha"));
        INFO(entry.path().filename().string()
             << " " << octet::name_of(l) << " " << name << ": loader " << octet::name_of(n.round)
             << ", typed " << octet::name_of(c.round));
        REQUIRE(c.known);
        REQUIRE(c.round == n.round);
        ++nodes;
      }
    }
  }
  CHECK(files > 100);
  CHECK(nodes > 1000);
}
