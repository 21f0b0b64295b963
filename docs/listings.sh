#!/usr/bin/env bash
# The README's programs are files of examples/: below "<!-- examples/NAME.cpp -->" the listing is
# made anew from the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
awk '
  /^<!-- .* -->$/ { file = $2 }
  /^```cpp$/ && file != "" {
    print
    while ((getline line < file) > 0) print line
    close(file)
    listing = 1
    next
  }
  listing && /^```$/ { listing = 0 }
  !/^<!-- / { file = "" }
  !listing' README.md >README.md.new
mv README.md.new README.md
