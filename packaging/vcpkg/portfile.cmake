# Untested. Set OCTET_SOURCE_DIR to a checkout; a registry's port would use vcpkg_from_git here.
set(SOURCE_PATH "$ENV{OCTET_SOURCE_DIR}")
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS -DOCTET_DEVELOPER_MODE=OFF
    -DOCTET_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/octet)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
