// libFuzzer target: the MXNet loader on any pair of files, then the plan and a run. The input is
// the symbol's text up to the first zero byte, the parameters after it.
#include "octet/import/mxnet.hpp"

#include <algorithm>

#include "run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto all = std::as_bytes(std::span(data, size));
  const auto text = static_cast<std::size_t>(std::find(data, data + size, 0) - data);
  const auto symbol = all.first(text), params = all.subspan(std::min(size, text + 1));
  octet::import::mxnet_options o;
  o.max = octet_fuzz::small_limits();
  // Symbols record no shapes: those that the seeds have.
  static const octet::dims shapes[] = {{1, 3, 6, 7}, {2, 5}, {1, 2, 3, 4}};
  for (const octet::dims& d : shapes) {
    o.shapes.assign(2, {"", d});
    auto g = octet::import::try_mxnet(symbol, params, "fuzz-symbol.json", o);
    if (!g && g.error().message().find("an input that does not exist") != std::string::npos) {
      o.shapes.resize(1);
      g = octet::import::try_mxnet(symbol, params, "fuzz-symbol.json", o);
    }
    octet_fuzz::plan_and_run(std::move(g), "fuzz-symbol.json");
  }
  return 0;
}
