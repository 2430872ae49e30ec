# What `cmake --install` and the Debian package bring: the program, its man page and shell completions (which it writes
# itself, so that they cannot lag behind), examples, and the Lua annotations for editors.
include(GNUInstallDirs)

if(TARGET penstock)
  install(TARGETS penstock RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Only release trees are for installing; the others need not run the program to be built.
if(TARGET penstock AND CMAKE_BUILD_TYPE STREQUAL "Release")
  set(generated ${CMAKE_BINARY_DIR}/share)
  file(MAKE_DIRECTORY ${generated})

  # penstock_writes(FILE ARGUMENTS...): FILE is what `penstock ARGUMENTS...` prints.
  function(penstock_writes file)
    add_custom_command(
      OUTPUT ${generated}/${file}
      COMMAND $<TARGET_FILE:penstock> ${ARGN} > ${generated}/${file}
      DEPENDS penstock
      VERBATIM)
    set_property(GLOBAL APPEND PROPERTY penstock_written ${generated}/${file})
  endfunction()

  penstock_writes(penstock.1 man)
  penstock_writes(penstock.bash completion bash)
  penstock_writes(_penstock completion zsh)
  penstock_writes(penstock.fish completion fish)
  add_custom_command(
    OUTPUT ${generated}/penstock.1.gz
    COMMAND gzip -9nkf ${generated}/penstock.1
    DEPENDS ${generated}/penstock.1
    VERBATIM)
  get_property(written GLOBAL PROPERTY penstock_written)
  add_custom_target(documents ALL DEPENDS ${written} ${generated}/penstock.1.gz)

  install(FILES ${generated}/penstock.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${generated}/penstock.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME penstock)
  install(FILES ${generated}/_penstock DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${generated}/penstock.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

install(FILES ${CMAKE_SOURCE_DIR}/packaging/systemd/penstock.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/scripts/stdlib/penstock DESTINATION ${CMAKE_INSTALL_DATADIR}/penstock/lua FILES_MATCHING PATTERN "*.lua")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME penstock)
set(CPACK_PACKAGE_CONTACT "The Penstock authors <penstock@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scriptable runtime for log pipelines")
set(CPACK_PACKAGE_DESCRIPTION "Penstock runs Lua scripts that declare where log events come from, which of them and which of their\
 fields are wanted, and where they go. Parsing, filtering, compression and I/O are native; an event is never acknowledged before\
 it is safe at its destination.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
