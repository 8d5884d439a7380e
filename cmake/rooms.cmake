# A room is a folder that is one static library: kiri_room(engine SOURCES ... LINK ...)
# builds host/engine into target `engine`. Headers are included as "engine/gpt.h".
function(kiri_room name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/host)
    target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# A plugin: kiri_plugin(pulse pulse.c) builds plugins/pulse.so in the build tree.
function(kiri_plugin name)
    add_library(${name} MODULE ${ARGN})
    target_link_libraries(${name} PRIVATE kiri-sdk)
    set_target_properties(${name} PROPERTIES PREFIX ""
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    install(TARGETS ${name} LIBRARY DESTINATION lib/kiri/atoms)
endfunction()

# A unit test: kiri_test(sdk/tokenize_test LINK kiri-sdk) builds tests/sdk/tokenize_test.c
# and registers it under that name; KIRI_SOURCE_DIR and KIRI_BUILD_DIR are defined in it.
# THREADED labels it for the ThreadSanitizer run.
function(kiri_test name)
    cmake_parse_arguments(ARG "THREADED" "" "LINK;SOURCES;ARGS" ${ARGN})
    string(REPLACE "/" "." target ${name})
    add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/${name}.c ${ARG_SOURCES})
    target_link_libraries(${target} PRIVATE ${ARG_LINK} PkgConfig::cmocka m)
    target_compile_definitions(${target} PRIVATE
        KIRI_SOURCE_DIR="${CMAKE_SOURCE_DIR}" KIRI_BUILD_DIR="${CMAKE_BINARY_DIR}")
    add_test(NAME ${name} COMMAND ${target} ${ARG_ARGS})
    set_tests_properties(${name} PROPERTIES TIMEOUT 120)
    if(ARG_THREADED)
        set_tests_properties(${name} PROPERTIES LABELS threaded)
    endif()
endfunction()
