// Networks and quantization as views of range-v3: pipelines over streams, images and tables.
// Opt-in: nothing else of octet includes it, or range-v3. docs/pipelines.md shows what to write.
#ifndef OCTET_VIEWS_HPP_
#define OCTET_VIEWS_HPP_

#include "octet/core/granular.hpp"
#include "octet/views/quantize.hpp"
#include "octet/views/run.hpp"
#include "octet/views/tensor_span.hpp"
#include "octet/views/top.hpp"
#include "octet/views/windows.hpp"

#endif  // OCTET_VIEWS_HPP_
