# A room is a folder that is one static library: kiri_room(engine SOURCES ... LINK ...)
# builds host/engine into target `engine`. Headers are included as "engine/gpt.h".
function(kiri_room name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/host)
    target_link_libraries(${name} PUBLIC ${ARG_LINK})
    set_property(GLOBAL APPEND PROPERTY KIRI_ROOMS $<TARGET_FILE:${name}>)
endfunction()

# A plugin: kiri_plugin(pulse pulse.c) builds plugins/pulse.so in the build tree.
function(kiri_plugin name)
    kiri_add_atom(${name} SOURCES ${ARGN}) # as strangers do
    set_target_properties(${name} PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    set_property(GLOBAL APPEND PROPERTY KIRI_PLUGINS ${name})
    install(TARGETS ${name} LIBRARY DESTINATION lib/kiri/atoms)
endfunction()

# A unit test: kiri_test(sdk/tokenize_test LINK kiri-sdk) builds tests/sdk/tokenize_test.c
# and registers it under that name; KIRI_SOURCE_DIR and KIRI_BUILD_DIR are defined in it.
# THREADED labels it for the ThreadSanitizer run, whose build is the target 'threaded'. ALONE runs
# each of its tests, those named in ROOM_TEST(...), in a process of its own, as
# bus/client_test/NAME; main takes the name.
function(kiri_test name)
    cmake_parse_arguments(ARG "THREADED;ALONE" "" "LINK;SOURCES;ARGS" ${ARGN})
    string(REPLACE "/" "." target ${name})
    add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/${name}.c ${ARG_SOURCES})
    target_link_libraries(${target} PRIVATE ${ARG_LINK} PkgConfig::cmocka m)
    target_compile_definitions(${target} PRIVATE
        KIRI_SOURCE_DIR="${CMAKE_SOURCE_DIR}" KIRI_BUILD_DIR="${CMAKE_BINARY_DIR}")
    if(ARG_THREADED)
        add_dependencies(threaded ${target})
    endif()
    set(tests ${name})
    if(ARG_ALONE)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
            ${CMAKE_SOURCE_DIR}/tests/${name}.c)
        file(STRINGS ${CMAKE_SOURCE_DIR}/tests/${name}.c lines REGEX "^ +ROOM_TEST\\(")
        list(TRANSFORM lines REPLACE "^ +ROOM_TEST\\(([a-z_0-9]+)\\).*" "${name}/\\1"
            OUTPUT_VARIABLE tests)
    endif()
    foreach(test IN LISTS tests)
        set(only)
        if(ARG_ALONE)
            get_filename_component(only ${test} NAME)
        endif()
        add_test(NAME ${test} COMMAND ${target} ${ARG_ARGS} ${only})
        set_tests_properties(${test} PROPERTIES TIMEOUT 300)
        if(ARG_THREADED)
            set_tests_properties(${test} PROPERTIES LABELS threaded)
        endif()
        # libnng is not built with ThreadSanitizer: what it does to memory is not judged (its
        # locks still order ours). What it leaks by itself is in lsan.supp.
        if("bus" IN_LIST ARG_LINK OR "kiri-client" IN_LIST ARG_LINK)
            set_tests_properties(${test} PROPERTIES ENVIRONMENT
                "TSAN_OPTIONS=ignore_noninstrumented_modules=1:atexit_sleep_ms=10;\
LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0")
        endif()
    endforeach()
endfunction()
