# Untested.
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout


class Octet(ConanFile):
    name = "octet"
    version = "0.1.0"
    license = "Apache-2.0"
    settings = "os", "compiler", "build_type", "arch"
    exports_sources = ("../../CMakeLists.txt", "../../include/*", "../../cmake/*", "../../LICENSE",
                       "../../THIRD_PARTY_NOTICES.md")
    requires = "highway/1.0.3", "boost/[>=1.74]"

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        tc = CMakeToolchain(self)
        tc.variables["OCTET_DEVELOPER_MODE"] = False
        tc.variables["OCTET_INSTALL"] = True
        tc.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["octet_compiled"]
        self.cpp_info.defines = ["OCTET_EXTERN"]
