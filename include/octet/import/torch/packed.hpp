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
  // Places in the states, which have no names.
  enum linear_place : std::size_t { linear_weight, linear_bias, linear_size };
  enum embedding_place : std::size_t { embedding_version, embedding_weights };
  enum cell_place : std::size_t {
    cell_form,
    cell_biases,
    cell_reals,
    cell_integers,  // [reduce_range]
    cell_layers,    // [on the input, on the state]
    cell_size
  };
  enum first_place : std::size_t {  // of a convolution, version 1
    first_weight,
    first_bias,
    first_stride,
    first_padding,
    first_dilation,
    first_groups,
    first_size
  };
  enum second_place : std::size_t { second_version, second_tensors, second_optional, second_size };
  enum second_tensor : std::size_t { second_configuration, second_weight, second_tensor_count };
  enum third_place : std::size_t { third_version, third_configuration, third_tensors, third_size };
  enum third_tensor : std::size_t { third_none, third_weight, third_bias, third_tensor_count };

  status linear(const state_items& s, const std::string& name) {
    if (s.size() != linear_size || !s[linear_weight].is(kind::tensor))
      return malformed("state of " + name);
    p_.linear = true;
    p_.weight = s[linear_weight].t;
    p_.half = p_.weight->type == scalar::f32;
    return optional_tensor(s[linear_bias], p_.bias);
  }
  /// (1, [weight], [], [bits of an element]).
  status embedding(const state_items& s, const std::string& name) {
    if (s.size() <= embedding_weights || !s[embedding_weights].is_sequence())
      return malformed("state of " + name);
    const state_items& weights = s[embedding_weights].c->items;
    if (weights.size() != 1 || !weights.front().is(kind::tensor))
      return malformed("state of " + name);
    p_.embedding = true;
    p_.weight = weights.front().t;
    return unit{};
  }
  /// (form, [biases], [], [reduce_range], [layer on the input, layer on the state]).
  status recurrent(const state_items& s, const std::string& name) {
    if (s.size() != cell_size || !s[cell_form].is(kind::string) ||
        !s[cell_integers].is_sequence() || !s[cell_layers].is_sequence())
      return malformed("state of " + name);
    const std::string& form = s[cell_form].c->text;
    if (form != "quantized_dynamic" && form != "quantized_fp16")
      return unsupported("parameters of a recurrent layer", form.substr(0, 40),
                         "quantized_dynamic, quantized_fp16");
    const state_items &integers = s[cell_integers].c->items, &layers = s[cell_layers].c->items;
    if (!integers.empty() && integers.front().is(kind::integer))
      p_.reduce_range = integers.front().i != 0;
    const packed_data** const to[] = {&p_.input, &p_.state};
    if (layers.size() != std::size(to)) return malformed("state of " + name);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const value& layer = layers[i];
      if (!layer.is(kind::object)) return malformed("state of " + name);
      auto read = packed_reader(c_).read(*layer.c);
      if (!read) return read.error();
      if (!read->p->linear) return malformed("a layer of " + name);
      *to[i] = read->p;
    }
    return unit{};
  }
  status convolution(const state_items& s, const std::string& name) {
    if (is_version_2(s)) return version_2(s);
    if (is_version_3(s)) return version_3(s);
    if (s.size() == first_size && s[first_weight].is(kind::tensor)) return version_1(s, name);
    return malformed("state of " + name, std::to_string(s.size()) + " elements",
                     "versions 1, 2 and 3");
  }
  static bool is_version_2(const state_items& s) {
    return s.size() == second_size && s[second_version].is(kind::string) &&
           s[second_version].c->text == "2" && s[second_tensors].is(kind::list) &&
           s[second_optional].is(kind::list) &&
           s[second_tensors].c->items.size() == second_tensor_count &&
           s[second_optional].c->items.size() == 1 &&
           s[second_tensors].c->items[second_configuration].is(kind::tensor);
  }
  static bool is_version_3(const state_items& s) {
    return s.size() == third_size && s[third_version].is(kind::integer) &&
           s[third_version].i == 3 && s[third_tensors].is(kind::list) &&
           s[third_tensors].c->items.size() == third_tensor_count;
  }
  status version_1(const state_items& s, const std::string& name) {
    p_.weight = s[first_weight].t;
    if (auto r = optional_tensor(s[first_bias], p_.bias); !r) return r;
    if (auto r = numbers_of(s[first_stride], p_.stride, name); !r) return r;
    if (auto r = numbers_of(s[first_padding], p_.padding, name); !r) return r;
    if (auto r = numbers_of(s[first_dilation], p_.dilation, name); !r) return r;
    p_.spatial = static_cast<std::int32_t>(p_.stride.size());
    return number(s[first_groups], p_.groups, name);
  }
  status version_2(const state_items& s) {
    const state_items& tensors = s[second_tensors].c->items;
    const auto numbers = c_.numbers<std::int16_t>(*tensors[second_configuration].t);
    if (!numbers) return numbers.error();
    if (auto r = configuration({numbers->begin(), numbers->end()}); !r) return r;
    if (auto r = optional_tensor(tensors[second_weight], p_.weight); !r) return r;
    return optional_tensor(s[second_optional].c->items.front(), p_.bias);
  }
  status version_3(const state_items& s) {
    const value& given = s[third_configuration];
    std::vector<std::int64_t> numbers;
    if (given.is(kind::integer))
      numbers.push_back(given.i);
    else if (!read_integers(given, numbers))
      return malformed("packed parameters: a list of integers", std::string(name_of(given.what)));
    if (auto r = configuration(numbers); !r) return r;
    const state_items& tensors = s[third_tensors].c->items;
    if (auto r = optional_tensor(tensors[third_weight], p_.weight); !r) return r;
    return optional_tensor(tensors[third_bias], p_.bias);
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
  status numbers_of(const value& list, std::vector<std::int64_t>& to, const std::string& name) {
    if (!list.is_sequence()) return malformed("state of " + name);
    for (const value& v : list.c->items) {
      to.push_back(0);
      if (auto r = number(v, to.back(), name); !r) return r;
    }
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
