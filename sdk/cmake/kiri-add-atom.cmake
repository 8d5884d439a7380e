# kiri_add_atom(NAME SOURCES file... [LINK library...])
#
# Builds the atom NAME.so: linked with kiri::sdk, only `kiri_atom` visible, warnings on. What
# it uses must be there when it is linked, not only when the host opens it; and it may have no
# mutable globals and no constructors (kiri/atom.h, THREADS), or the build says so and fails.
# With a sanitizer, which brings globals of its own, these two are not looked at.
include_guard(GLOBAL)
set_property(GLOBAL PROPERTY kiri_no_globals ${CMAKE_CURRENT_LIST_DIR}/no-globals.cmake)

function(kiri_add_atom name)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;LINK")
    if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
        message(FATAL_ERROR "write kiri_add_atom(${name} SOURCES ${name}.c [LINK library...])")
    endif()
    string(LENGTH "${name}" length)
    if(NOT name MATCHES "^[a-z][a-z0-9-]*$" OR length GREATER 32)
        message(FATAL_ERROR "kiri_add_atom(${name}): the name of an atom is a-z, 0-9 and -, "
            "begins with a letter and has at most 32 bytes")
    endif()
    add_library(${name} MODULE ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE kiri::sdk ${ARG_LINK})
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wconversion -Wshadow)
    set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden)

    get_directory_property(options COMPILE_OPTIONS)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
    if(NOT "${options} ${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}" MATCHES "-fsanitize")
        get_property(script GLOBAL PROPERTY kiri_no_globals)
        target_link_options(${name} PRIVATE LINKER:-z,defs)
        add_custom_command(TARGET ${name} POST_BUILD VERBATIM
            COMMAND ${CMAKE_COMMAND} -DATOM=$<TARGET_FILE:${name}>
                -DREADELF=${CMAKE_READELF} -P ${script})
    endif()
endfunction()
