// A user's program: a digit's network must give the framework's ten scores for a blank image,
// whatever way octet was linked.
#include <cstdio>
#include <octet/import/tflite.hpp>
#include <octet/octet.hpp>

#if defined(CONSUMER_SECOND_FILE)
const char* second_file();
#endif

int main(int argc, char** argv) try {
  const octet::plan plan =
      octet::compile(octet::import::tflite(argc > 1 ? argv[1] : "digits.tflite"));
  octet::session session(plan),
      again(octet::compile(plan.source(), {.on = octet::target::reference}));
  for (octet::session* s : {&session, &again}) {
    for (std::int8_t& v : s->input().as<std::int8_t>()) v = -128;
    s->run();
  }
  int same = 0;
  for (std::size_t i = 0; i < 10; ++i)
    same += session.output().as<std::int8_t>()[i] == again.output().as<std::int8_t>()[i];
  std::printf("octet %s, target %s: %d of 10 scores equal the reference\n", OCTET_VERSION_STRING,
              std::string(octet::name_of(plan.on())).c_str(), same);
#if defined(CONSUMER_SECOND_FILE)
  std::printf("second file: target %s\n", second_file());
#endif
  return same == 10 ? 0 : 1;
} catch (const octet::error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
