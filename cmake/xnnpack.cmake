# The target octet_xnnpack: XNNPACK as Debian 12 has it (libxnnpack-dev, libpthreadpool-dev), beside
# which benchmarks and `octet bench-op --vs xnnpack` put octet. Only where it is found, with the
# functions of that version: later ones have others.
if(TARGET octet_xnnpack)
  return()
endif()
find_path(OCTET_XNNPACK_INCLUDE_DIR xnnpack.h)
find_path(OCTET_PTHREADPOOL_INCLUDE_DIR pthreadpool.h)
find_library(OCTET_XNNPACK_LIBRARY XNNPACK)
find_library(OCTET_PTHREADPOOL_LIBRARY pthreadpool)
if(OCTET_XNNPACK_INCLUDE_DIR AND OCTET_PTHREADPOOL_INCLUDE_DIR AND OCTET_XNNPACK_LIBRARY AND
    OCTET_PTHREADPOOL_LIBRARY)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES "${OCTET_XNNPACK_INCLUDE_DIR}" "${OCTET_PTHREADPOOL_INCLUDE_DIR}")
  set(CMAKE_REQUIRED_LIBRARIES "${OCTET_XNNPACK_LIBRARY}" "${OCTET_PTHREADPOOL_LIBRARY}")
  check_cxx_source_compiles("#include <xnnpack.h>
      int main() {
        xnn_operator_t op = nullptr;
        return xnn_create_convolution2d_nhwc_qc8(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1,
                   nullptr, nullptr, nullptr, 0, 1, -1, 1, 0, &op) +
               xnn_setup_convolution2d_nhwc_qc8(op, 1, 1, 1, nullptr, nullptr, nullptr);
      }" OCTET_XNNPACK_IS_KNOWN)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(OCTET_XNNPACK_IS_KNOWN)
    add_library(octet_xnnpack INTERFACE)
    target_include_directories(octet_xnnpack SYSTEM INTERFACE "${OCTET_XNNPACK_INCLUDE_DIR}"
        "${OCTET_PTHREADPOOL_INCLUDE_DIR}")
    target_link_libraries(octet_xnnpack INTERFACE "${OCTET_XNNPACK_LIBRARY}"
        "${OCTET_PTHREADPOOL_LIBRARY}")
  endif()
endif()
