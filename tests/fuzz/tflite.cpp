// libFuzzer target: the TensorFlow Lite loader on any bytes, then the plan and a run, under either
// law.
#include "octet/import/tflite.hpp"

#include "run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  octet::import::tflite_options o;
  o.max = octet_fuzz::small_limits();
  if (size % 2 != 0) o.arithmetic = octet::law::tflite_xnnpack;
  octet_fuzz::plan_and_run(
      octet::import::try_tflite(std::as_bytes(std::span(data, size)), "fuzz.tflite", o),
      "fuzz.tflite");
  return 0;
}
