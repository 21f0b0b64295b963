// Included by the opt-in headers, every time (no include guard): in a file that uses the single
// header they would define octet's types again. single_include/amalgamate.py leaves it out.
#if defined(OCTET_SINGLE_HPP_)
#error \
    "octet: this file includes the single header octet.hpp and also a header of include/octet: \
with octet.hpp use octet_tflite.hpp, octet_torch.hpp, octet_onnx.hpp, octet_mxnet.hpp, \
octet_views.hpp and octet_bench.hpp, which lie beside it, or include <octet/octet.hpp> in its place"
#endif
