// libFuzzer target: the ONNX loader on any bytes, then the plan and a run.
#include "octet/import/onnx.hpp"

#include "run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  octet::import::onnx_options o;
  o.max = octet_fuzz::small_limits();
  octet_fuzz::plan_and_run(
      octet::import::try_onnx(std::as_bytes(std::span(data, size)), "fuzz.onnx", o), "fuzz.onnx");
  return 0;
}
