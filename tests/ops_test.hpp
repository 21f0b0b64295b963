// One node built, verified, run by its reference: in one part and in three, which must agree.
#ifndef OCTET_TESTS_OPS_TEST_HPP_
#define OCTET_TESTS_OPS_TEST_HPP_

#include <catch2/catch.hpp>

#include "octet/octet.hpp"

namespace octet_test {

class one {
 public:
  explicit one(const octet::op_def& op) : op_(op) {}
  octet::attributes attrs;

  template <class T>
  one& input(octet::dims shape, std::vector<T> values, std::vector<double> scales = {},
             std::vector<std::int32_t> zero_points = {}, std::int32_t axis = -1) {
    return input_bits<T>(octet::dtype_of<T>, shape, std::move(values), std::move(scales),
                         std::move(zero_points), axis);
  }
  template <class T>
  one& input_bits(octet::dtype type, octet::dims shape, std::vector<T> values,
                  std::vector<double> scales = {}, std::vector<std::int32_t> zero_points = {},
                  std::int32_t axis = -1) {
    REQUIRE(shape.elements().value == values.size());
    octet::tensor t;
    t.name = "in";
    t.type = type;
    t.shape = shape;
    t.scales = std::move(scales), t.zero_points = std::move(zero_points), t.axis = axis;
    data_.push_back(octet::constant_data::of(std::span<const T>(values)));
    in_.push_back(g_.add(std::move(t)));
    g_.inputs.push_back(in_.back());
    return *this;
  }
  one& output(octet::dtype type, std::vector<double> scales = {},
              std::vector<std::int32_t> zero_points = {}, std::int32_t axis = -1) {
    octet::tensor t;
    t.name = "out";
    t.type = type;
    t.scales = std::move(scales), t.zero_points = std::move(zero_points), t.axis = axis;
    out_.push_back(g_.add(std::move(t)));
    g_.outputs.push_back(out_.back());
    return *this;
  }
  one& attribute(std::string_view key, octet::attributes::value v) {
    attrs.set(key, std::move(v));
    return *this;
  }
  one& round(octet::rounding r) {
    round_ = r;
    return *this;
  }
  const octet::dims& shape(std::size_t i = 0) const { return g_[out_[i]].shape; }

  /// Output 0 (`run` checks that the parts agree); output i with `result`.
  template <class T> std::vector<T> run() {
    const auto s = build();
    INFO((s ? std::string() : s.error().message()));
    REQUIRE(s);
    const auto once = call(1), parts = call(3);
    REQUIRE(once == parts);
    last_ = once;
    return result<T>(0);
  }
  template <class T> std::vector<T> result(std::size_t i) const {
    REQUIRE(octet::size_of(g_[out_[i]].type) == sizeof(T));
    std::vector<T> v(last_[i].size() / sizeof(T));
    if (!v.empty()) std::memcpy(v.data(), last_[i].data(), last_[i].size());
    return v;
  }
  octet::error_info error() {
    const auto s = build();
    REQUIRE_FALSE(s);
    return s.error();
  }

 private:
  octet::status build() {
    g_.nodes.clear();
    octet::node& n = g_.add_node(op_, "", in_, out_, attrs, round_);
    const octet::node_inputs in(g_, n);
    std::vector<octet::dims> shapes(out_.size());
    if (auto s = op_.shape(in.view(), shapes); !s) return s;
    for (std::size_t i = 0; i < out_.size(); ++i) g_[out_[i]].shape = shapes[i];
    step_ = {};
    const octet::node_inputs all(g_, n);
    memory_.align();
    const std::size_t before = memory_.total().value;
    const auto s = octet::detail::prepare_step(op_, all.view(), octet::target::reference,
                                               &octet::detail::no_kernel, 1, memory_, step_);
    // Exactly what the operator says: typed graphs are as large as loaded ones.
    if (s)
      CHECK(memory_.total().value - before ==
            octet::round_up(octet::detail::memory_of_step(op_, all.view(), {}).params,
                            octet::alignment));
    return s;
  }
  std::vector<std::vector<std::byte>> call(std::uint32_t parts) {
    std::vector<std::vector<std::byte>> out;
    std::vector<const void*> from;
    std::vector<void*> to;
    for (const auto& d : data_) from.push_back(d.bytes.data());
    for (octet::tensor_id t : out_)
      out.emplace_back(octet::bytes_of(g_[t].shape.elements(), g_[t].type).value, std::byte{0xA5});
    for (auto& o : out) to.push_back(o.data());
    octet::buffer scratch{octet::Bytes(step_.scratch)};
    for (std::uint32_t p = 0; p < parts; ++p)
      step_.run({step_.params,
                 {from.data(), from.size()},
                 {to.data(), to.size()},
                 scratch.data(),
                 p,
                 parts});
    return out;
  }

  const octet::op_def& op_;
  octet::graph g_;
  std::vector<octet::tensor_id> in_, out_;
  std::vector<octet::constant_data> data_;
  octet::rounding round_ = octet::rounding::none;
  octet::plan_memory memory_;
  octet::step step_;
  std::vector<std::vector<std::byte>> last_;
};

}  // namespace octet_test

#endif  // OCTET_TESTS_OPS_TEST_HPP_
