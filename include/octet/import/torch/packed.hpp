// Packed parameters: weights, bias, strides and paddings of convolutions and linear layers, in the
// forms that files have given them.
#ifndef OCTET_IMPORT_TORCH_PACKED_HPP_
#define OCTET_IMPORT_TORCH_PACKED_HPP_

#include "octet/import/torch/emit.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Extents, strides and the like beyond this are no real layer's, and sums of them cannot overflow.
inline constexpr std::int64_t largest_packed_number = 1 << 24;

/// Checks what every form must satisfy.
inline result<value> checked(heap& values, packed_data p) {
  const tensor_data* w = p.weight;
  if (p.embedding) {
    if (!w || (w->type != scalar::quint8 && w->type != scalar::quint4x2) || w->rank() != 2 ||
        !w->channel_scales || w->axis != 0 || w->channel_scales->type != scalar::f32 ||
        w->channel_zero_points->type != scalar::f32)
      return unsupported("weights of an embedding", w ? std::string(name_of(w->type)) : "none",
                         "quint8 or quint4x2 with a float scale and zero point for each row");
    return values.packed(std::move(p));
  }
  if (!w || (w->type != scalar::qint8 && w->type != scalar::f32))
    return unsupported("weights of packed parameters", w ? std::string(name_of(w->type)) : "none",
                       "qint8, float32");
  if (p.bias && p.bias->type != scalar::f32)
    return unsupported("bias of packed parameters", std::string(name_of(p.bias->type)), "float32");
  if (p.linear) {
    if (w->rank() != 2) return malformed("rank of linear weights", std::to_string(w->rank()), "2");
    return values.packed(std::move(p));
  }
  const auto n = as_size(p.spatial);
  if (p.transposed && (p.spatial == 3 || w->rank() == 5))
    return unsupported("3-dimensional transposed convolution", {}, "1 and 2 dimensions");
  if (p.stride.size() != n || p.padding.size() != n || p.dilation.size() != n ||
      (p.transposed && p.output_padding.size() != n))
    return malformed("packed parameters: numbers of strides, paddings and dilations");
  for (const auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    for (std::int64_t v : *list)
      if (v < 0 || v > largest_packed_number)
        return malformed("packed parameters: stride, padding or dilation", std::to_string(v));
  if (p.groups < 1 || p.groups > largest_packed_number)
    return malformed("packed parameters: groups", std::to_string(p.groups));
  if (w->rank() != p.spatial + 2)
    return malformed("rank of convolution weights", std::to_string(w->rank()),
                     std::to_string(p.spatial + 2));
  return values.packed(std::move(p));
}

/// From the state of a torchbind object. Convolutions: version 2 ('2', [configuration, weight],
/// [bias]), version 1 (weight, bias, [stride], [padding], [dilation], groups; each number a
/// tensor), version 3 (3, configuration, [none, weight, bias]). Linear: (weight, bias).
class packed_reader {
 public:
  explicit packed_reader(context& c) : c_(c) {}

  result<value> read(const cell& object) {
    const std::string name(last_name(object.text));
    if (object.items.empty() || !object.items[0].is(kind::tuple))
      return malformed("packed parameters without state", name);
    const auto& state = object.items[0].c->items;
    p_.path = object.path;
    status s = unit{};
    if (name == "LinearPackedParamsBase")
      s = linear(state, name);
    else if (name == "EmbeddingPackedParamsBase")
      s = embedding(state, name);
    else if (name == "CellParamsBase") {
      s = recurrent(state, name);
      if (s) return c_.values.packed(std::move(p_));
    } else if (name == "Conv2dPackedParamsBase" || name == "Conv3dPackedParamsBase")
      s = convolution(state, name);
    else
      return unsupported("packed parameters", name,
                         "LinearPackedParamsBase, Conv2dPackedParamsBase, Conv3dPackedParamsBase, "
                         "EmbeddingPackedParamsBase, CellParamsBase");
    if (!s) return s.error();
    return checked(c_.values, std::move(p_));
  }

 private:
  using state_items = std::vector<value>;

  status linear(const state_items& s, const std::string& name) {
    if (s.size() != 2 || !s[0].is(kind::tensor)) return malformed("state of " + name);
    p_.linear = true;
    p_.weight = s[0].t;
    p_.half = p_.weight->type == scalar::f32;
    return optional_tensor(s[1], p_.bias);
  }
  /// (1, [weight], [], [bits of an element]).
  status embedding(const state_items& s, const std::string& name) {
    if (s.size() < 2 || !s[1].is_sequence() || s[1].c->items.size() != 1 ||
        !s[1].c->items[0].is(kind::tensor))
      return malformed("state of " + name);
    p_.embedding = true;
    p_.weight = s[1].c->items[0].t;
    return unit{};
  }
  /// (form, [biases], [], [reduce_range], [layer on the input, layer on the state]).
  status recurrent(const state_items& s, const std::string& name) {
    if (s.size() != 5 || !s[0].is(kind::string) || !s[3].is_sequence() || !s[4].is_sequence() ||
        s[4].c->items.size() != 2)
      return malformed("state of " + name);
    const std::string& form = s[0].c->text;
    if (form != "quantized_dynamic" && form != "quantized_fp16")
      return unsupported("parameters of a recurrent layer", form.substr(0, 40),
                         "quantized_dynamic, quantized_fp16");
    if (!s[3].c->items.empty() && s[3].c->items[0].is(kind::integer))
      p_.reduce_range = s[3].c->items[0].i != 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const value& layer = s[4].c->items[i];
      if (!layer.is(kind::object)) return malformed("state of " + name);
      auto read = packed_reader(c_).read(*layer.c);
      if (!read) return read.error();
      if (!read->p->linear) return malformed("a layer of " + name);
      (i == 0 ? p_.input : p_.state) = read->p;
    }
    return unit{};
  }
  status convolution(const state_items& s, const std::string& name) {
    if (is_version_2(s)) return version_2(s);
    if (s.size() == 3 && s[0].is(kind::integer) && s[0].i == 3 && s[2].is(kind::list) &&
        s[2].c->items.size() == 3)
      return version_3(s);
    if (s.size() == 6 && s[0].is(kind::tensor)) return version_1(s, name);
    return malformed("state of " + name, std::to_string(s.size()) + " elements",
                     "versions 1, 2 and 3");
  }
  static bool is_version_2(const state_items& s) {
    return s.size() == 3 && s[0].is(kind::string) && s[0].c->text == "2" && s[1].is(kind::list) &&
           s[2].is(kind::list) && s[1].c->items.size() == 2 && s[2].c->items.size() == 1 &&
           s[1].c->items[0].is(kind::tensor);
  }
  status version_1(const state_items& s, const std::string& name) {
    p_.weight = s[0].t;
    if (auto r = optional_tensor(s[1], p_.bias); !r) return r;
    std::vector<std::int64_t>* lists[] = {&p_.stride, &p_.padding, &p_.dilation};
    for (std::size_t k = 0; k < 3; ++k) {
      if (!s[2 + k].is_sequence()) return malformed("state of " + name);
      for (const value& v : s[2 + k].c->items) {
        lists[k]->push_back(0);
        if (auto r = number(v, lists[k]->back(), name); !r) return r;
      }
    }
    p_.spatial = static_cast<std::int32_t>(p_.stride.size());
    return number(s[5], p_.groups, name);
  }
  status version_2(const state_items& s) {
    const auto numbers = c_.numbers<std::int16_t>(*s[1].c->items[0].t);
    if (!numbers) return numbers.error();
    if (auto r = configuration({numbers->begin(), numbers->end()}); !r) return r;
    if (auto r = optional_tensor(s[1].c->items[1], p_.weight); !r) return r;
    return optional_tensor(s[2].c->items[0], p_.bias);
  }
  status version_3(const state_items& s) {
    std::vector<std::int64_t> numbers;
    if (s[1].is(kind::integer))
      numbers.push_back(s[1].i);
    else if (!read_integers(s[1], numbers))
      return malformed("packed parameters: a list of integers", std::string(name_of(s[1].what)));
    if (auto r = configuration(numbers); !r) return r;
    if (auto r = optional_tensor(s[2].c->items[1], p_.weight); !r) return r;
    return optional_tensor(s[2].c->items[2], p_.bias);
  }
  /// [spatial, stride.., padding.., dilation.., output_padding.., groups, flags].
  status configuration(const std::vector<std::int64_t>& numbers) {
    const std::int64_t k = numbers.empty() ? 0 : numbers[0];
    if (k < 1 || k > 3 || numbers.size() != as_size(1 + 4 * k + 2))
      return malformed("packed parameters: configuration of " + std::to_string(numbers.size()) +
                       " numbers");
    p_.spatial = static_cast<std::int32_t>(k);
    auto at = numbers.begin() + 1;
    for (auto* list : {&p_.stride, &p_.padding, &p_.dilation, &p_.output_padding}) {
      list->assign(at, at + k);
      at += k;
    }
    p_.groups = *at++;
    p_.transposed = (*at & 1) != 0;
    return unit{};
  }
  static status optional_tensor(const value& v, const tensor_data*& to) {
    if (v.is(kind::tensor))
      to = v.t;
    else if (!v.is(kind::none))
      return malformed("packed parameters: a tensor", std::string(name_of(v.what)));
    return unit{};
  }
  status number(const value& v, std::int64_t& to, const std::string& name) {
    value n = v;
    if (v.is(kind::tensor)) {
      const auto read = c_.scalar_of(*v.t);
      if (!read) return read.error();
      n = *read;
    }
    if (!n.is(kind::integer)) return malformed("state of " + name);
    to = n.i;
    return unit{};
  }

  context& c_;
  packed_data p_;
};

/// Packed parameters, read from their object once.
inline result<packed_data*> packed_argument(emitter& e, arguments& a, std::string_view parameter) {
  const value v = a[parameter];
  if (v.is(kind::packed)) return v.p;
  if (!v.is(kind::object) || !is_packed_class(v.c->text)) {
    a.wrong(parameter, "packed parameters");
    return a.check().error();
  }
  cell& object = *v.c;
  if (const auto it = object.attrs.find("#packed"); it != object.attrs.end()) return it->second.p;
  auto read = packed_reader(e.c).read(object);
  if (!read) return read.error();
  object.attrs["#packed"] = *read;
  return read->p;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_PACKED_HPP_
