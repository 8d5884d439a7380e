# How every translation unit is compiled. No fast-math and no contraction: the same
# source gives the same bits with gcc and clang, -O0 and -O2 (RELIABILITY G3).
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -ffp-contract=off -fno-math-errno -fno-trapping-math
    -fno-omit-frame-pointer)
if(KIRI_WERROR)
    add_compile_options(-Werror)
endif()
if(KIRI_SAN STREQUAL "address")
    # What these three look for, AddressSanitizer sees when it is used; they double the time.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
        -fno-sanitize=null,object-size,pointer-overflow)
    add_link_options(-fsanitize=address,undefined)
elseif(KIRI_SAN STREQUAL "thread")
    add_compile_options(-fsanitize=thread)
    add_link_options(-fsanitize=thread)
elseif(NOT KIRI_SAN STREQUAL "")
    message(FATAL_ERROR "KIRI_SAN is '${KIRI_SAN}': say address, thread or nothing")
endif()
if(KIRI_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "KIRI_FUZZ needs clang: -DCMAKE_C_COMPILER=clang")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
