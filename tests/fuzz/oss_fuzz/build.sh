#!/bin/bash -eu
# Builds octet's fuzz targets as OSS-Fuzz wants them: with $CXX $CXXFLAGS $LIB_FUZZING_ENGINE, into
# $OUT, each with its seeds and options beside it. $SRC/octet is this repository; $SRC/libzip, where
# it is there, libzip's sources: what runs the targets has no shared libzip.
#   build.sh [TARGET...]      all, or these: tflite torch ...
cd "$SRC/octet"
WORK=${WORK:-$SRC/work}
# octet::compiled is built without RTTI, which this one check needs.
export CXXFLAGS="${CXXFLAGS:-} -fno-sanitize=vptr"
zip=()
if [ -d "$SRC/libzip" ]; then
  # As far as TorchScript archives need it: stored and deflated members.
  cmake -S "$SRC/libzip" -B "$WORK/libzip" -G Ninja -DCMAKE_BUILD_TYPE= -DBUILD_SHARED_LIBS=OFF \
      -DENABLE_COMMONCRYPTO=OFF -DENABLE_GNUTLS=OFF -DENABLE_MBEDTLS=OFF -DENABLE_OPENSSL=OFF \
      -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF -DENABLE_ZSTD=OFF -DBUILD_TOOLS=OFF \
      -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF -DBUILD_OSSFUZZ=OFF \
      -DCMAKE_INSTALL_PREFIX="$WORK/zip" -DCMAKE_INSTALL_LIBDIR=lib
  cmake --build "$WORK/libzip" --target install
  z=$("${CC:-cc}" -print-file-name=libz.a)
  zip=("-DOCTET_ZIP_INCLUDE_DIR=$WORK/zip/include" "-DOCTET_ZIP_LIBRARY=$WORK/zip/lib/libzip.a;$z")
fi
# Nothing of a build type: CXXFLAGS say how to optimize.
cmake -S . -B "$WORK/octet" -G Ninja -DCMAKE_CXX_COMPILER="$CXX" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE= \
    -DOCTET_FUZZ=ON -DOCTET_TESTS=OFF -DOCTET_TOOLS=OFF -DOCTET_EXAMPLES=OFF -DOCTET_SANITIZED=ON \
    -DOCTET_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" "${zip[@]}"

targets=("$@")
[ ${#targets[@]} -gt 0 ] ||
  targets=(torch_pickle torch_code torch tflite mxnet onnx octet_file differential)
cmake --build "$WORK/octet" --target "${targets[@]/#/fuzz_}"

python3 tests/fuzz/seeds.py "$WORK/seeds"   # no tool to convert any: .octet has the corpus alone
for t in "${targets[@]}"; do
  cp "$WORK/octet/tests/fuzz/fuzz_$t" "$OUT/"
  mkdir -p "$WORK/seeds/$t"
  [ ! -d "tests/fuzz/corpus/$t" ] || cp tests/fuzz/corpus/"$t"/* "$WORK/seeds/$t"/
  [ -z "$(ls "$WORK/seeds/$t")" ] ||
    (cd "$WORK/seeds/$t" && zip -q -r "$OUT/fuzz_${t}_seed_corpus.zip" .)
  printf '[libfuzzer]\nmax_len = 65536\ntimeout = 20\nmalloc_limit_mb = 1024\n' \
      >"$OUT/fuzz_$t.options"
done
