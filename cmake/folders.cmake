# One static library per folder; its name is the folder's path with underscores, and its links are the arrows of the
# architecture (style: "a wrong arrow fails to link").

# Flags for our own code only; third-party headers come in as SYSTEM.
add_library(penstock_flags INTERFACE)
target_include_directories(penstock_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(penstock_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -fno-omit-frame-pointer)
# GCC 12 sees overlapping copies in every optimised `"text" + string` (its bug 105651) and uninitialised members in moved-from
# variants and optionals.
target_compile_options(penstock_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized>)
if(PENSTOCK_WERROR)
  target_compile_options(penstock_flags INTERFACE -Werror)
endif()
if(PENSTOCK_SANITIZE)
  target_compile_options(penstock_flags INTERFACE -fsanitize=${PENSTOCK_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(penstock_flags INTERFACE -fsanitize=${PENSTOCK_SANITIZE})
  if(PENSTOCK_SANITIZE MATCHES "undefined")
    # To see whether an object's type can be read, its run time opens a pipe: a test that runs out of descriptors looks like a bad cast.
    target_compile_options(penstock_flags INTERFACE -fno-sanitize=vptr)
  endif()
endif()
if(PENSTOCK_FUZZ)
  # The fuzzer steers by the coverage of the code under test; programs that fuzz link -fsanitize=fuzzer as well.
  target_compile_options(penstock_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(penstock_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# penstock_folder(NAME [third-party and penstock targets it depends on...])
# Builds every .cc of the current folder (not of its subfolders) into the library NAME.
function(penstock_folder name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC penstock_flags ${ARGN})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE penstock_flags ${ARGN})
  endif()
endfunction()
