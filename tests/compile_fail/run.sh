#!/usr/bin/env bash
# run.sh COMPILER INCLUDE_DIR FILE.cpp PRECOMPILED_DIR [FLAGS]: the file must compile with
# OCTET_GOOD, must not without, and the compiler's text must be short and say what the lines
# "// expect: REGEX" say; a line marked HERE must be named by its number, as at_line<N> or FILE:N.
# Short is 20 lines, or what a line "// at most N lines: REASON" says.
set -uo pipefail
compiler=$1 include=$2 file=$3 precompiled=$4
shift 4
case $compiler in
  *clang*) precompiled=(-include-pch "$precompiled/octet/typed/typed.hpp.gch") ;;
  *) precompiled=(-I "$precompiled" -Winvalid-pch) ;;   # g++ finds NAME.gch where NAME would be
esac
flags=(-std=c++20 -fsyntax-only -DOCTET_EXTERN "${precompiled[@]}" -I "$include" "$@")
name=$(basename "$file")
if ! good=$("$compiler" "${flags[@]}" -DOCTET_GOOD "$file" 2>&1); then
  echo "$name: the correct form does not compile"; head -n 30 <<<"$good"; exit 1
fi
if text=$("$compiler" "${flags[@]}" "$file" 2>&1); then
  echo "$name: the mistake compiles"; exit 1
fi
lines=$(printf '%s\n' "$text" | wc -l)
status=0
# grep -q reads here-strings: it ends at the first match, and what still writes into a pipe then
# dies of it, which pipefail would take for no match.
most=$(sed -n 's|^// at most \([0-9]*\) lines: .*|\1|p' "$file")
if [ "$lines" -gt "${most:-20}" ]; then
  echo "$name: $lines lines, more than ${most:-20}"
  status=1
fi
while IFS= read -r want; do
  grep -qE -- "${want//[lL]/}" <<<"${text//[()lL]/}" || grep -qE -- "$want" <<<"$text" || {
    echo "$name: does not say: $want"
    status=1
  }
done < <(sed -n 's|^// expect: ||p' "$file")
here=$(grep -n -m 1 '// HERE' "$file" | cut -d: -f1)
if [ -n "$here" ]; then
  grep -qE "at_line<$here>|$name:$here" <<<"$text" || {
    echo "$name: does not name line $here"
    status=1
  }
fi
[ $status -eq 0 ] || printf '%s\n' "$text"
exit $status
