#!/usr/bin/env bash
# Programs in README.md and docs/ are files of examples/: below "<!-- examples/NAME.cpp -->" the
# listing is made anew from the file, below "<!-- examples/NAME.cpp#snippet -->" from its part
# between the lines "// snippet" and "// end of snippet".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for page in README.md docs/*.md; do
  awk '
    /^<!-- .* -->$/ { file = $2; part = sub(/#snippet$/, "", file) }
    /^```cpp$/ && file != "" {
      print
      inside = !part
      while ((getline line < file) > 0) {
        if (part && line ~ /^ *\/\/ end of snippet$/) inside = 0
        if (inside) print line
        if (part && line ~ /^ *\/\/ snippet$/) inside = 1
      }
      close(file)
      listing = 1
      next
    }
    listing && /^```$/ { listing = 0 }
    !/^<!-- / { file = "" }
    !listing' "$page" >"$page.new"
  if cmp -s "$page.new" "$page"; then rm "$page.new"; else mv "$page.new" "$page"; fi
done
