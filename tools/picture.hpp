// A graph as a picture: a box an operator, laid out in layers that wrap into columns like a
// newspaper's, so that long chains fit a screen. And the two charts beside it on a page: time by
// step, arena by step. All as SVG text that needs nothing else.
#ifndef OCTET_TOOLS_PICTURE_HPP_
#define OCTET_TOOLS_PICTURE_HPP_

#include <optional>
#include <string>
#include <vector>

#include "octet/runtime/plan.hpp"

namespace octet::tools {

/// What planning and profiling know of a graph's nodes.
struct planned_facts {
  const plan_data* plan = nullptr;  // null: not planned
  std::vector<double> ms;           // by step; empty: not profiled
};

/// Text for SVG and HTML: markup escaped, control characters and broken UTF-8 shown as \xNN, at
/// most about `most` bytes.
std::string markup_text(std::string_view text, std::size_t most = 200);

/// "conv", "dense", "pool", ...: the class that colours a box; one of a fixed few.
const char* kind_of(const node& n);
/// "conv2d 3x3 / 2"
std::string title_of(const graph& g, const node& n);
/// "32 to 96 channels, relu6": what a box says in words; empty where there is nothing to say.
std::string summary_of(const graph& g, const node& n);
/// "relu6", "clamp -1 to 1"; empty: none.
std::string activation_of(const graph& g, const node& n);

/// Colours of the kinds and all other style of the pictures; for a page's <style>.
extern const char* const picture_style;

/// Boxes that a picture has at most: lines between them are laid out in the square of their number,
/// and nobody reads as many.
constexpr std::size_t most_boxes = std::size_t{1} << 14;

/// A whole SVG document; with `inside` a page that has the style, only its <svg> element.
std::string graph_picture(const graph& g, const planned_facts& f, bool inside = false);
std::string time_picture(const planned_facts& f);
std::string arena_picture(const planned_facts& f);

/// Steps during which a tensor of the arena holds its place, both included; inputs begin at -1,
/// outputs end at the number of steps.
struct tensor_life {
  tensor_id tensor = no_tensor;
  std::ptrdiff_t first = 0, last = 0;
  std::size_t offset = 0, bytes = 0;
};
std::vector<tensor_life> lives_of(const plan_data& d);

}  // namespace octet::tools

#endif  // OCTET_TOOLS_PICTURE_HPP_
