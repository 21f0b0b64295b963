#!/usr/bin/env bash
# Programs in README.md and docs/ are files of examples/: below "<!-- examples/NAME.cpp -->" the
# listing is made anew from the file, below "<!-- FILE#PART -->" from a part of it: what stands
# between the lines "// snippet PART" and "// end of snippet" ("#snippet": "// snippet" alone), or
# "struct PART", without the list of fields that attribute structures have for printing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for page in README.md docs/*.md; do
  awk '
    /^<!-- .* -->$/ {
      file = $2
      part = ""
      if ((hash = index(file, "#")) != 0) {
        part = substr(file, hash + 1)
        file = substr(file, 1, hash - 1)
      }
      start = "// snippet" (part == "snippet" ? "" : " " part)
    }
    /^```cpp$/ && file != "" {
      print
      inside = part == ""
      while ((getline line < file) > 0) {
        bare = line
        sub(/^ */, "", bare)
        if (part != "" && bare == "// end of snippet") inside = 0
        if (part != "" && line == "struct " part " {") inside = structure = 1
        if (structure && line ~ /^  static constexpr auto fields/) inside = 0
        if (structure && line == "};") inside = 1
        if (inside) print line
        if (structure && line == "};") inside = structure = 0
        if (part != "" && bare == start) inside = 1
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
