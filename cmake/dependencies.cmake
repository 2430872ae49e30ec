# Third-party libraries, all from the distribution's packages, as imported targets with SYSTEM includes.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# penstock_pkg(TARGET MODULE): imported target dep_TARGET from a pkg-config module.
function(penstock_pkg name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  add_library(dep_${name} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(dep_${name} INTERFACE PkgConfig::${name})
endfunction()

penstock_pkg(uv libuv)
penstock_pkg(re2 re2)
penstock_pkg(simdjson simdjson)
penstock_pkg(zlib zlib)
penstock_pkg(zstd libzstd)
penstock_pkg(lz4 liblz4)
penstock_pkg(sqlite sqlite3)
penstock_pkg(crypto libcrypto)
penstock_pkg(fmt fmt)
penstock_pkg(spdlog spdlog)
penstock_pkg(snappy snappy)

add_library(dep_isal INTERFACE IMPORTED GLOBAL)
find_library(ISAL_LIBRARY isal REQUIRED)
target_link_libraries(dep_isal INTERFACE ${ISAL_LIBRARY})

find_package(CLI11 REQUIRED)

# LuaJIT: the private build with hooks checked in compiled code (scripts/setup makes it), or the system's as a fallback.
set(PENSTOCK_LUAJIT_PREFIX "${CMAKE_SOURCE_DIR}/build/deps/luajit" CACHE PATH "Prefix of a LuaJIT built with -DLUAJIT_ENABLE_CHECKHOOK")
option(PENSTOCK_SYSTEM_LUAJIT "Use the distribution's LuaJIT: the watchdog can then only report a runaway script and end the process" OFF)
add_library(dep_luajit INTERFACE IMPORTED GLOBAL)
if(PENSTOCK_SYSTEM_LUAJIT)
  pkg_check_modules(luajit REQUIRED IMPORTED_TARGET GLOBAL luajit)
  target_link_libraries(dep_luajit INTERFACE PkgConfig::luajit)
  target_compile_definitions(dep_luajit INTERFACE PENSTOCK_LUAJIT_CHECKHOOK=0)
elseif(EXISTS ${PENSTOCK_LUAJIT_PREFIX}/lib/libluajit-5.1.a)
  target_include_directories(dep_luajit SYSTEM INTERFACE ${PENSTOCK_LUAJIT_PREFIX}/include/luajit-2.1)
  target_link_libraries(dep_luajit INTERFACE ${PENSTOCK_LUAJIT_PREFIX}/lib/libluajit-5.1.a m dl)
  target_compile_definitions(dep_luajit INTERFACE PENSTOCK_LUAJIT_CHECKHOOK=1)
else()
  message(FATAL_ERROR "No LuaJIT with checked hooks at ${PENSTOCK_LUAJIT_PREFIX}: run scripts/setup, or pass -DPENSTOCK_SYSTEM_LUAJIT=ON")
endif()
