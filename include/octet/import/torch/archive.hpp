// A TorchScript archive: members of a ZIP file in memory, read through libzip and checked before
// anything is inflated.
#ifndef OCTET_IMPORT_TORCH_ARCHIVE_HPP_
#define OCTET_IMPORT_TORCH_ARCHIVE_HPP_

#include <zip.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "octet/graph/graph.hpp"
#include "octet/graph/verify.hpp"
#include "octet/import/common/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// An open archive. Refers to the caller's bytes, which must outlive it.
///
/// Sizes come from the central directory: most local headers of these files hold 0. Refused: names
/// that leave the archive, duplicates, encrypted or exotically compressed members, members that
/// overlap (their compressed sizes add up to more than the file), members that inflate to more than
/// `largest_ratio` times their size. libzip checks each member's CRC when it is read to its end.
class archive {
 public:
  static constexpr std::size_t largest_ratio = 200;  // code and pickles of real files stay below 20
  static constexpr std::size_t free_bytes = std::size_t{1}
                                            << 20;  // the ratio is not looked at below this size
  static constexpr std::size_t most_members = std::size_t{1} << 18;

  static result<archive> open(std::span<const std::byte> file, const limits& l) {
    archive a;
    if (auto r = a.open_source(file); !r) return r.error();
    const zip_int64_t count = zip_get_num_entries(a.zip_.get(), 0);
    if (count < 0 || as_size(count) > most_members)
      return too_large("members of the archive", std::to_string(count),
                       std::to_string(most_members));
    std::size_t packed = 0, unpacked = 0;
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t s;
      if (auto r = a.member_stat(i, s); !r) return r.error();
      packed = saturating_add(packed, s.comp_size);
      unpacked = saturating_add(unpacked, s.size);
      if (packed > file.size())
        return malformed("members are larger than the archive, or overlap", s.name);
      if (auto r = within_limit(&limits::constant_bytes, l, "bytes of all members", unpacked); !r)
        return r.error();
      const std::string name = s.name;
      const member m{static_cast<zip_uint64_t>(i), as_size(s.size), {}};
      if (!a.members_.emplace(name, m).second) return malformed("two members have one name", name);
      if (i == 0) a.top_ = name.substr(0, name.find('/') + 1);  // "" where there is no folder
    }
    return a;
  }

  /// The top folder with its slash: the stem of the name given to save, or "archive/".
  const std::string& top() const noexcept { return top_; }
  /// `name` is relative to the top folder.
  bool has(std::string_view name) const {
    return members_.find(top_ + std::string(name)) != members_.end();
  }
  bool has_folder(std::string_view name) const {
    const std::string full = top_ + std::string(name);
    const auto it = members_.lower_bound(full);
    return it != members_.end() && it->first.starts_with(full);
  }
  /// True where any member's name, with or without the top folder, ends so.
  bool has_any(std::string_view ending) const {
    for (const auto& [name, m] : members_)
      if (name.ends_with(ending)) return true;
    return false;
  }
  /// Members whose names, relative to the top folder, begin and end so.
  std::vector<std::string> members(std::string_view begin, std::string_view end) const {
    std::vector<std::string> found;
    const std::string full = top_ + std::string(begin);
    for (auto it = members_.lower_bound(full); it != members_.end(); ++it) {
      if (!it->first.starts_with(full)) break;
      if (it->first.ends_with(end)) found.push_back(it->first.substr(top_.size()));
    }
    return found;
  }
  std::size_t size_of_member(std::string_view name) const {
    const auto it = members_.find(top_ + std::string(name));
    return it == members_.end() ? 0 : it->second.size;
  }

  /// The member's bytes, inflated and 64-byte aligned; read once and kept.
  result<constant_data> read(std::string_view name) {
    const auto it = members_.find(top_ + std::string(name));
    if (it == members_.end())
      return malformed("the archive has no member " + top_ + std::string(name));
    member& m = it->second;
    if (m.data.owner) return m.data;
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> f(
        zip_fopen_index(zip_.get(), m.index, 0), &zip_fclose);
    if (!f) return malformed("member " + it->first, zip_strerror(zip_.get()));
    auto b = std::make_shared<buffer>(Bytes(std::max<std::size_t>(m.size, 1)));
    std::size_t at = 0;
    while (at < m.size) {
      const zip_int64_t n = zip_fread(f.get(), b->data() + at, m.size - at);
      if (n <= 0)
        return malformed("member " + it->first + " is shorter than the archive says, or damaged");
      at += as_size(n);
    }
    char more;  // the end of the member is where its CRC is compared
    if (zip_fread(f.get(), &more, 1) != 0)
      return malformed("member " + it->first +
                       " is longer than the archive says, or its checksum differs");
    const std::span<const std::byte> s{b->data(), m.size};
    m.data = {std::move(b), s};
    return m.data;
  }

 private:
  struct member {
    zip_uint64_t index = 0;
    std::size_t size = 0;
    constant_data data;
  };
  struct close {
    void operator()(zip_t* z) const noexcept { zip_discard(z); }
  };
  status open_source(std::span<const std::byte> file) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
    zip_.reset(source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr);
    status s = unit{};
    if (!zip_) {
      s = malformed("not a ZIP archive", zip_error_strerror(&error),
                    "the file that torch.jit.save writes");
      if (source) zip_source_free(source);
    }
    zip_error_fini(&error);
    return s;
  }
  /// What the central directory says of a member, if that can be trusted so far.
  status member_stat(zip_int64_t i, zip_stat_t& s) {
    if (zip_stat_index(zip_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &s) != 0)
      return malformed("member " + std::to_string(i) + " of the archive", zip_strerror(zip_.get()));
    constexpr zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((s.valid & needed) != needed)
      return malformed("member " + std::to_string(i) + " of the archive has no name or size");
    const std::string name = s.name;
    if (auto bad = check_name(name); !bad.empty()) return malformed("member name", bad);
    if (s.encryption_method != ZIP_EM_NONE && (s.valid & ZIP_STAT_ENCRYPTION_METHOD))
      return unsupported("encrypted member", name);
    if (s.comp_method != ZIP_CM_STORE && s.comp_method != ZIP_CM_DEFLATE)
      return unsupported("compression method of " + name, std::to_string(s.comp_method),
                         "stored, deflated");
    if (s.comp_method == ZIP_CM_STORE && s.comp_size != s.size)
      return malformed("sizes of the stored member " + name,
                       std::to_string(s.comp_size) + " and " + std::to_string(s.size));
    if (s.size > free_bytes && s.size / largest_ratio > s.comp_size)
      return too_large("member " + name + " inflates suspiciously",
                       std::to_string(s.comp_size) + " to " + std::to_string(s.size) + " bytes",
                       "at most " + std::to_string(largest_ratio) + " times its size");
    return unit{};
  }
  static std::string check_name(const std::string& n) {
    if (n.empty() || n.size() > 1024) return "a name of " + std::to_string(n.size()) + " bytes";
    for (char c : n)
      if (static_cast<unsigned char>(c) < 32 || c == '\\' || c == ':' ||
          static_cast<unsigned char>(c) == 127)
        return "a control character, backslash or colon";
    if (n.front() == '/') return "an absolute path: " + n;
    for (std::size_t at = 0; at < n.size();) {
      const std::size_t end = std::min(n.find('/', at), n.size());
      if (n.compare(at, end - at, "..") == 0) return "a path that leaves the archive: " + n;
      at = end + 1;
    }
    return {};
  }

  std::unique_ptr<zip_t, close> zip_;
  std::map<std::string, member> members_;
  std::string top_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ARCHIVE_HPP_
